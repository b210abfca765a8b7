import type { OAuth2Scheme } from "../../connector-sdk/auth-scheme.ts";
import type { ConnectorDefinition } from "../../connector-sdk/connector.ts";
import { AppError } from "../../domain/errors.ts";

/** What people are told when connecting does not work out, and what to do about it. */

export function notRegistered(provider: string): AppError {
  return new AppError(
    "conflict",
    `Nobody has registered an app at the provider yet. Enter its client id and secret on the connector's page, or set ${provider}_CLIENT_ID and ${provider}_CLIENT_SECRET.`,
    { detailCode: "oauth_client_missing" },
  );
}

export function notOurs(): AppError {
  return new AppError(
    "invalid",
    "This answer fits nothing that was begun here: it was used before, it is older than 10 minutes, or it was begun in another session. Start again from the connection's page.",
    { detailCode: "oauth_state" },
  );
}

export function refusedBy({ title }: ConnectorDefinition, error: string, description: string | null): AppError {
  const said = `${error}${description === null ? "" : `: ${description}`}`.slice(0, 300);
  const message =
    error === "access_denied"
      ? `${title} says that access was denied. Nothing was connected; start again when you may allow it.`
      : `${title} refused (${said}). Compare the callback URL and the scopes with what is registered there.`;
  return new AppError("invalid", message, { detailCode: "oauth_refused" });
}

export function notGranted(problem: string, grant?: OAuth2Scheme["grant"]): AppError {
  const check = grant === "assertion" ? "what was entered" : "the client id and secret";
  return new AppError("invalid", `Nothing was connected. ${problem} Check ${check}, then start again.`, {
    detailCode: "oauth_refused",
  });
}
