import { hmacMatches } from "../../src/connector-sdk/hmac-matches.ts";
import { isJsonObject } from "../../src/connector-sdk/json.ts";
import type { AppEvents, AppRevocation } from "../../src/connector-sdk/trigger.ts";
import { accountOfInstallation } from "./installation.ts";
import { readDelivery } from "./read-delivery.ts";

/**
 * The webhook of a GitHub App, which tells when somebody takes their authorization back; nothing has to be chosen for it:
 * https://docs.github.com/en/webhooks/webhook-events-and-payloads#github_app_authorization. Workflows do not start by it:
 * each has a webhook in its own repository. `installation` is about connections of the app by itself: a person's token
 * stays good when the app leaves one of the places where it is installed.
 */
export const appEvents: AppEvents = {
  provider: "GITHUB",
  secrets: [
    {
      name: "WEBHOOK_SECRET",
      title: "Webhook secret",
      description:
        "Optional: any long random text, the same as under Webhook on the app's page. With it, GitHub tells at once when somebody takes access back.",
    },
  ],
  verify: ({ headers, body }, { secrets: [secret = ""] }) =>
    hmacMatches({ secret, content: [body], signature: headers["x-hub-signature-256"], prefix: "sha256=" }),
  toRevocations(delivery) {
    const event = delivery.headers["x-github-event"];
    if (event === "github_app_authorization") return readRevocation(readDelivery(delivery));
    return event === "installation" ? readEndOfInstallation(readDelivery(delivery)) : [];
  },
};

/** When it was, it does not tell: GitHub is asked for another token. */
function readEndOfInstallation(payload: ReturnType<typeof readDelivery>): readonly AppRevocation[] {
  const { action, installation } = payload ?? {};
  if ((action !== "deleted" && action !== "suspend") || !isJsonObject(installation)) return [];
  return [
    {
      accountId: accountOfInstallation(installation.id),
      at: null,
      concerns: () => null,
      reason: "GitHub says that the app is not installed there any more.",
    },
  ];
}

/** It tells neither when nor of which app's token: GitHub is asked. */
function readRevocation(payload: ReturnType<typeof readDelivery>): readonly AppRevocation[] {
  const { action, sender } = payload ?? {};
  if (action !== "revoked" || !isJsonObject(sender) || typeof sender.id !== "number") return [];
  return [
    {
      accountId: String(sender.id),
      at: null,
      concerns: () => null,
      reason: "GitHub says that the authorization was taken back.",
    },
  ];
}
