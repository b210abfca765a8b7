import { ActionError } from "../../connector-sdk/action-error.ts";
import type { OAuth2Scheme, TokenAnswer } from "../../connector-sdk/auth-scheme.ts";
import { isJsonObject, type Json } from "../../domain/json.ts";
import { describeRefusal, isKnownError, type TokenFailure } from "./token-failure.ts";

/** A token, and until when it is good by our clock; null where the answer does not tell. */
export interface TokenGrant extends Omit<TokenAnswer, "expiresAt"> {
  readonly expiresAt: number | null;
}

/**
 * Reads what a token endpoint answered with 2xx. Times are relative to `askedAt`, when the request was sent: a slow
 * answer must not make a token look younger than it is. Some providers answer failures with 200.
 */
export function readTokenAnswer(
  answer: Json,
  scheme: Pick<OAuth2Scheme, "readToken" | "scopeSeparator" | "tokenErrors">,
  askedAt: number,
): TokenGrant | TokenFailure {
  if (!isJsonObject(answer)) return later("The token endpoint's answer is not a JSON object.");
  const { access_token, error: said } = answer;
  // A connector that reads answers itself need not know every refusal that can come as a success.
  if (access_token === undefined && typeof said === "string" && isKnownError(said, scheme))
    return describeRefusal(answer, 400, scheme);
  let read: TokenAnswer | null;
  try {
    read = scheme.readToken ? scheme.readToken(answer) : readStandard(answer, scheme.scopeSeparator ?? " ");
  } catch (error) {
    if (!(error instanceof ActionError)) throw error;
    const { kind, code, message, retryAfterMs } = error;
    if (kind !== "auth" && kind !== "final") return { kind: "later", message, retryAfterMs };
    // Its code says whose fault it is, as RFC 6749 §5.2 has it: `invalid_client` is the app's, not the grant's.
    return { ...describeRefusal({ error: code }, 400, scheme), message };
  }
  if (!read?.accessToken) {
    if (typeof answer.error === "string") return describeRefusal(answer, 400, scheme);
    return later("The token endpoint's answer has no access token.");
  }
  return { ...read, expiresAt: read.expiresAt ?? relativeExpiry(answer, askedAt) };
}

/** RFC 6749 §5.1. */
function readStandard(answer: { readonly [name: string]: Json }, separator: string): TokenAnswer | null {
  const { access_token, refresh_token, scope } = answer;
  if (typeof access_token !== "string") return null;
  const scopes = typeof scope === "string" ? scope.split(separator.trim() === "" ? /[\s,]+/ : separator) : null;
  return {
    accessToken: access_token,
    ...(typeof refresh_token === "string" && refresh_token !== "" && { refreshToken: refresh_token }),
    ...(scopes && { scopes: scopes.map((each) => each.trim()).filter((each) => each !== "") }),
  };
}

/** Some send the number as text. */
function relativeExpiry({ expires_in }: { readonly [name: string]: Json }, askedAt: number): number | null {
  const seconds = typeof expires_in === "string" ? Number(expires_in) : expires_in;
  if (typeof seconds !== "number" || !Number.isFinite(seconds) || seconds <= 0) return null;
  return askedAt + Math.round(seconds * 1000);
}

function later(message: string): TokenFailure {
  return { kind: "later", message, retryAfterMs: null };
}
