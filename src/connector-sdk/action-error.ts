import type { Json } from "../domain/json.ts";

/**
 * How the provider, or the way to it, refused:
 * - `retryable`: provably no effect; tried again after backoff;
 * - `rate_limited`: no effect and no attempt used; parked until `retryAfterMs`;
 * - `unknown`: the effect may exist; decided by the action's effect and the step's `onUnknown`;
 * - `final`: refused for good; `onError` decides;
 * - `auth`: the credential was refused.
 */
export type ActionErrorKind = "retryable" | "rate_limited" | "unknown" | "final" | "auth";

export interface ActionErrorOptions {
  /** snake_case, stored as the step's `error.code`. */
  readonly code: string;
  readonly details?: Json;
  readonly retryAfterMs?: number;
  readonly cause?: unknown;
}

export class ActionError extends Error {
  readonly kind: ActionErrorKind;
  readonly code: string;
  readonly details: Json | undefined;
  readonly retryAfterMs: number | null;

  constructor(kind: ActionErrorKind, message: string, options: ActionErrorOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "ActionError";
    this.kind = kind;
    this.code = options.code;
    this.details = options.details;
    this.retryAfterMs = options.retryAfterMs ?? null;
  }
  /** The same refusal, for a connector that understands it better than its status tells. */
  readAs(kind: ActionErrorKind, code: string, message: string, retryAfterMs?: number): ActionError {
    const { details, cause } = this;
    return new ActionError(kind, message, {
      code,
      cause,
      ...(details !== undefined && { details }),
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    });
  }
}
