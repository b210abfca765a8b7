import type { OAuth2Scheme } from "../../connector-sdk/auth-scheme.ts";
import type { Json } from "../../domain/json.ts";
import type { TokenFailureKind } from "../../domain/refresh-policy.ts";

export interface TokenFailure {
  readonly kind: TokenFailureKind;
  /** For people; holds nothing secret. */
  readonly message: string;
  readonly retryAfterMs: number | null;
  /** The request may have been carried out: a refresh token that is used once may be used up. */
  readonly answerLost: boolean;
}

/** RFC 6749 §5.2, and two of §4.1.2.1 that token endpoints send too. */
const KIND_OF_ERROR: Readonly<Record<string, TokenFailureKind>> = {
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
  { revokedErrors = [] }: Pick<OAuth2Scheme, "revokedErrors">,
  retryAfterMs: number | null = null,
): TokenFailure {
  const failure = (kind: TokenFailureKind): TokenFailure => ({
    kind,
    message: says(body, status),
    retryAfterMs,
    // Whoever answers that it cannot work now may have worked before its answer failed.
    answerLost: status >= 500,
  });
  if (status >= 500 || status === 429 || status === 408) return failure("later");
  const codes = [body?.error, body?.status, body?.code].filter((code) => typeof code === "string");
  if (codes.some((code) => revokedErrors.includes(code))) return failure("revoked");
  const error = typeof body?.error === "string" ? body.error : null;
  // An error that no standard knows was sent about the grant: asking again for ever would tell nobody.
  if (error !== null) return failure(Object.hasOwn(KIND_OF_ERROR, error) ? KIND_OF_ERROR[error]! : "revoked");
  return failure("app");
}

function says(body: { readonly [name: string]: Json } | null, status: number): string {
  const parts = [body?.error, body?.error_description ?? body?.message].filter((part) => typeof part === "string");
  const text = parts.join(": ").slice(0, MAX_DESCRIPTION);
  return text === "" ? `The token endpoint answered ${status}.` : `The token endpoint answered ${text}.`;
}

export function noAnswer(reason: string): TokenFailure {
  return {
    kind: "later",
    message: `The token endpoint did not answer: ${reason}`,
    retryAfterMs: null,
    answerLost: true,
  };
}
