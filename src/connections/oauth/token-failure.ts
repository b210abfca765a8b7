import type { OAuth2Scheme, TokenErrorMeaning } from "../../connector-sdk/auth-scheme.ts";
import type { Json } from "../../domain/json.ts";
import type { TokenFailureKind } from "../../domain/refresh-policy.ts";

export interface TokenFailure {
  readonly kind: TokenFailureKind;
  /** For people. What was sent may be echoed in it until `openTokenEndpoint` has taken it out. */
  readonly message: string;
  readonly retryAfterMs: number | null;
}

/**
 * RFC 6749 §5.2, two of §4.1.2.1 that token endpoints send too, and what OpenID Connect (§3.1.2.6) and RFC 6750 (§3.1)
 * have for a person who must come back.
 */
const KIND_OF_ERROR: Readonly<Record<string, TokenErrorMeaning>> = {
  invalid_grant: "revoked",
  invalid_token: "revoked",
  access_denied: "revoked",
  interaction_required: "revoked",
  login_required: "revoked",
  consent_required: "revoked",
  account_selection_required: "revoked",
  invalid_client: "app",
  unauthorized_client: "app",
  unsupported_grant_type: "app",
  invalid_request: "app",
  invalid_scope: "app",
  temporarily_unavailable: "later",
  server_error: "later",
  slow_down: "later",
};

/** What a token endpoint said when it refused. `body` is whatever came as JSON, or null. */
export function describeRefusal(
  body: { readonly [name: string]: Json } | null,
  status: number,
  { tokenErrors = {} }: Pick<OAuth2Scheme, "tokenErrors">,
  retryAfterMs: number | null = null,
): TokenFailure {
  const failure = (kind: TokenFailureKind): TokenFailure => ({ kind, message: says(body, status), retryAfterMs });
  if (status >= 500 || status === 429 || status === 408) return failure("later");
  const codes = [body?.error, body?.status, body?.code].filter((code) => typeof code === "string");
  const declared = codes.find((code) => Object.hasOwn(tokenErrors, code));
  if (declared !== undefined) return failure(tokenErrors[declared]!);
  const error = typeof body?.error === "string" ? body.error : null;
  if (error === null) return failure("app");
  return failure(Object.hasOwn(KIND_OF_ERROR, error) ? KIND_OF_ERROR[error]! : "unclear");
}

/** Whether the RFC or the scheme says what an error code means. */
export function isKnownError(code: string, { tokenErrors = {} }: Pick<OAuth2Scheme, "tokenErrors">): boolean {
  return Object.hasOwn(tokenErrors, code) || Object.hasOwn(KIND_OF_ERROR, code);
}

function says(body: { readonly [name: string]: Json } | null, status: number): string {
  const parts = [body?.error, body?.error_description ?? body?.message].filter((part) => typeof part === "string");
  const text = parts.join(": ").replace(/\.$/, "");
  return text === "" ? `The token endpoint answered ${status}.` : `The token endpoint answered ${text}.`;
}

/** Nothing came, or nothing that could be read; the request may have been carried out all the same. */
export function noAnswer(reason: string): TokenFailure {
  return { kind: "later", message: `The token endpoint did not answer: ${reason}`, retryAfterMs: null };
}
