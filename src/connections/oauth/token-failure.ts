import type { OAuth2Scheme, TokenErrorMeaning } from "../../connector-sdk/auth-scheme.ts";
import type { Json } from "../../domain/json.ts";
import type { TokenFailureKind } from "../../domain/refresh-policy.ts";

export interface TokenFailure {
  readonly kind: TokenFailureKind;
  /** For people; holds nothing secret. */
  readonly message: string;
  readonly retryAfterMs: number | null;
}

/** RFC 6749 §5.2, and two of §4.1.2.1 that token endpoints send too. */
const KIND_OF_ERROR: Readonly<Record<string, TokenErrorMeaning>> = {
  invalid_grant: "revoked",
  invalid_client: "app",
  unauthorized_client: "app",
  unsupported_grant_type: "app",
  invalid_request: "app",
  invalid_scope: "app",
  temporarily_unavailable: "later",
  server_error: "later",
  slow_down: "later",
};
const MAX_DESCRIPTION = 300;

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
  // An error that no standard knows was sent about the grant: asking again for ever would tell nobody.
  if (error !== null) return failure(Object.hasOwn(KIND_OF_ERROR, error) ? KIND_OF_ERROR[error]! : "revoked");
  return failure("app");
}

/** Whether the RFC or the scheme says what an error code means. */
export function isKnownError(code: string, { tokenErrors = {} }: Pick<OAuth2Scheme, "tokenErrors">): boolean {
  return Object.hasOwn(tokenErrors, code) || Object.hasOwn(KIND_OF_ERROR, code);
}

function says(body: { readonly [name: string]: Json } | null, status: number): string {
  const parts = [body?.error, body?.error_description ?? body?.message].filter((part) => typeof part === "string");
  const text = parts.join(": ").slice(0, MAX_DESCRIPTION).replace(/\.$/, "");
  return text === "" ? `The token endpoint answered ${status}.` : `The token endpoint answered ${text}.`;
}

/** Nothing came, or nothing that could be read; the request may have been carried out all the same. */
export function noAnswer(reason: string): TokenFailure {
  return { kind: "later", message: `The token endpoint did not answer: ${reason}`, retryAfterMs: null };
}
