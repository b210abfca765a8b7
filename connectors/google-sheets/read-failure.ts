import type { ActionError } from "../../src/connector-sdk/action-error.ts";
import { classifyResponse } from "../../src/connector-sdk/classify-response.ts";
import type { IncomingResponse } from "../../src/connector-sdk/http-exchange.ts";
import { isJsonObject, type Json } from "../../src/connector-sdk/json.ts";
import { readBody } from "../../src/connector-sdk/read-body.ts";

/** Quotas fill up again every minute; Google says to back off and names no time. */
const QUOTA_WAIT_MS = 20_000;

/**
 * What a response of Google means; null for a success.
 *
 * | Google answers                                  | that is                                                       |
 * |-------------------------------------------------|---------------------------------------------------------------|
 * | 429, or 403 with a reason that names a limit    | `rate_limited`                                                |
 * | 403 else, such as PERMISSION_DENIED             | `final`: the account may not do this                          |
 * | 404                                             | `final`; also what the account may not see                    |
 * | others                                          | by their status                                               |
 */
export function classify(response: IncomingResponse, nowMs: number): ActionError | null {
  const base = classifyResponse(response, nowMs);
  if (base === null) return null;
  const { status } = response;
  const reason = readReason(response);
  if (status === 429 || (status === 403 && /rateLimitExceeded|RATE_LIMIT_EXCEEDED|quotaExceeded/i.test(reason)))
    return base.readAs("rate_limited", "rate_limited", base.message, base.retryAfterMs ?? QUOTA_WAIT_MS);
  if (status === 403) return base.readAs("final", "forbidden", base.message);
  if (status === 404)
    return base.readAs("final", "not_found", `${base.message}; it does not exist, or this account may not see it`);
  return base;
}

/** Google's two shapes: `error.errors[].reason` of Drive, `error.status` and `error.details[].reason` of Sheets. */
function readReason(response: IncomingResponse): string {
  const body = readBody(response, "auto");
  const error = isJsonObject(body) ? body.error : null;
  if (!isJsonObject(error ?? null)) return "";
  const { status, errors, details } = error as Record<string, Json>;
  const reasons = [errors, details].flatMap((list) => (Array.isArray(list) ? list : []));
  return [status, ...reasons.map((each) => (isJsonObject(each) ? each.reason : null))].filter(Boolean).join(" ");
}
