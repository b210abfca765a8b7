import { AppError, type ErrorCode, type FieldError } from "../domain/errors.ts";

/** RFC 9457, with our `code` beside it. `type` is always `about:blank`: `title` is the status, `code` says the rest. */
export interface Problem {
  readonly type: "about:blank";
  readonly title: string;
  readonly status: number;
  /** snake_case; programs decide by it. */
  readonly code: string;
  /** For people: what is wrong and what to do next. */
  readonly detail?: string;
  /** With 422: every complaint with the path that it is about. */
  readonly errors?: readonly FieldError[];
  /** With 500 and 503: what the server's log calls this request. */
  readonly requestId?: string;
  /** From `/hooks/…`: the run that was started all the same. */
  readonly runId?: string;
}

/** The one place where codes become statuses. */
export const STATUS_OF_CODE: Readonly<Record<ErrorCode, number>> = {
  malformed: 400,
  unauthenticated: 401,
  licence_required: 402,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  conflict: 409,
  too_large: 413,
  unsupported_media_type: 415,
  invalid: 422,
  rate_limited: 429,
  unavailable: 503,
};

export const STATUS_TITLES: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  402: "Payment Required",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  409: "Conflict",
  413: "Content Too Large",
  415: "Unsupported Media Type",
  422: "Unprocessable Content",
  429: "Too Many Requests",
  500: "Internal Server Error",
  503: "Service Unavailable",
  504: "Gateway Timeout",
};

/** Told to callers that are turned away without a better idea of when to come back. */
const DEFAULT_RETRY_AFTER_MS = 2_000;

export interface Failure {
  readonly problem: Problem;
  readonly headers: Readonly<Record<string, string>>;
  /** True for what the administrator has to know about: a bug, or a backend that does not work. */
  readonly isOurs: boolean;
}

/**
 * What a caller is told about something that was thrown. An `AppError` speaks for itself; of anything else only the
 * request's id is told, because its message may hold anything.
 */
export function describeFailure(error: unknown, requestId: string): Failure {
  if (!(error instanceof AppError))
    return { problem: makeProblem(500, "internal", undefined, { requestId }), headers: {}, isOurs: true };
  const status = STATUS_OF_CODE[error.code];
  const isOurs = status >= 500;
  const problem = makeProblem(status, error.detailCode ?? error.code, error.message, {
    ...(error.code === "invalid" && { errors: fieldErrors(error) }),
    ...(isOurs && { requestId }),
  });
  return { problem, headers: headersOf(error, status), isOurs };
}

export function makeProblem(
  status: number,
  code: string,
  detail: string | undefined,
  more: Pick<Problem, "errors" | "requestId" | "runId"> = {},
): Problem {
  const title = STATUS_TITLES[status] ?? "Error";
  return { type: "about:blank", title, status, code, ...(detail !== undefined && { detail }), ...more };
}

function fieldErrors({ fields, message }: AppError): readonly FieldError[] {
  return fields.length > 0 ? fields : [{ path: "", message }];
}

function headersOf(error: AppError, status: number): Record<string, string> {
  if (error.allow) return { allow: error.allow.join(", ") };
  if (status === 401) return { "www-authenticate": 'Bearer realm="IntegrationSync"' };
  if (status === 429 || status === 503) {
    const seconds = Math.ceil((error.retryAfterMs ?? DEFAULT_RETRY_AFTER_MS) / 1_000);
    return { "retry-after": String(Math.max(1, seconds)) };
  }
  return {};
}
