/**
 * Every failure a person or an API caller is meant to see is an `AppError`; anything else that is thrown is a bug,
 * is logged with its run and request id, and is shown as "internal". The HTTP status of each code is decided in
 * `src/http/problem.ts` and nowhere else.
 */
export type ErrorCode =
  | "invalid"
  | "malformed"
  | "unauthenticated"
  | "forbidden"
  | "not_found"
  | "method_not_allowed"
  | "conflict"
  | "too_large"
  | "unsupported_media_type"
  | "rate_limited"
  | "licence_required"
  | "unavailable";

/** One complaint about input; `path` is written as in the definition, e.g. `steps[2].branches[0].when`. */
export interface FieldError {
  readonly path: string;
  readonly message: string;
}

export interface AppErrorOptions {
  readonly cause?: unknown;
  /** Complaints field by field; answered as `errors` with status 422. */
  readonly fields?: readonly FieldError[];
  /** When the caller may try again, in milliseconds from now; answered as `Retry-After`. */
  readonly retryAfterMs?: number;
  /** The methods that would be taken; answered as `Allow` with status 405. */
  readonly allow?: readonly string[];
  /** A more specific code for the problem document, e.g. `payload_expired`; the status stays that of `code`. */
  readonly detailCode?: string;
}

export class AppError extends Error {
  readonly code: ErrorCode;
  readonly fields: readonly FieldError[];
  readonly retryAfterMs: number | undefined;
  readonly detailCode: string | undefined;
  readonly allow: readonly string[] | undefined;

  constructor(code: ErrorCode, message: string, options: AppErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "AppError";
    this.code = code;
    this.fields = options.fields ?? [];
    this.retryAfterMs = options.retryAfterMs;
    this.detailCode = options.detailCode;
    this.allow = options.allow;
  }
}
