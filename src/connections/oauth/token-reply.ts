import type { Json } from "../../domain/json.ts";
import type { TokenFailure } from "./token-failure.ts";

/** What came of a question to a token endpoint: whatever it answered with success, not yet read, or why nothing. */
export type TokenReply =
  | { readonly kind: "answered"; readonly body: Json }
  | { readonly kind: "failed"; readonly failure: TokenFailure };

export function failed(failure: TokenFailure): TokenReply {
  return { kind: "failed", failure };
}
