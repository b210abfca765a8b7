import type { ActionError } from "../../src/connector-sdk/action-error.ts";
import { classifyResponse } from "../../src/connector-sdk/classify-response.ts";
import type { IncomingResponse } from "../../src/connector-sdk/http-exchange.ts";
import { isJsonObject, type Json } from "../../src/connector-sdk/json.ts";
import { readBody } from "../../src/connector-sdk/read-body.ts";

/** What GitHub advises to wait after a secondary limit that does not say how long. */
const SECONDARY_LIMIT_MS = 60_000;

/** What a response of GitHub means; null for a success. */
export function classify(response: IncomingResponse, nowMs: number): ActionError | null {
  return response.status >= 200 && response.status < 300 ? null : readFailure(response, nowMs);
}

/**
 * | GitHub answers                                              | that is                                            |
 * |-------------------------------------------------------------|----------------------------------------------------|
 * | 403 or 429, none of the hour's requests remaining           | `rate_limited` until X-RateLimit-Reset             |
 * | 403 or 429 with Retry-After, or naming the secondary limit  | `rate_limited`: too many at once, or too much      |
 * | 403 else                                                    | `final`: the token lacks a permission              |
 * | 404                                                         | `final`; also what may not be seen                 |
 * | 301, 307, 308 (reads follow them)                           | `final`: the repository has another name now       |
 * | 422                                                         | `final`, with each field's complaint               |
 * | others                                                      | by their status                                    |
 */
export function readFailure(response: IncomingResponse, nowMs: number): ActionError {
  const base = classifyResponse(response, nowMs)!;
  const { status, headers } = response;
  if (status === 403 || status === 429) {
    const waitMs = readWait(response, base.retryAfterMs, nowMs);
    if (waitMs !== null) return base.readAs("rate_limited", "rate_limited", base.message, waitMs);
    const accepted = headers["x-accepted-github-permissions"];
    const hint = accepted === undefined ? "" : ` (needs the permission ${accepted})`;
    return base.readAs("final", "forbidden", `${base.message}${hint}`);
  }
  if (status === 404)
    return base.readAs("final", "not_found", `${base.message}; it does not exist, or this connection may not see it`);
  if (status === 301 || status === 307 || status === 308)
    return base.readAs("final", "moved", "The repository has been renamed or moved; choose it by its new name.");
  if (status === 422) return base.readAs("final", "invalid_request", `${base.message}${readComplaints(response)}`);
  return base;
}

/** How long a refusal over a limit asks to wait; null where it is no such refusal. */
function readWait(response: IncomingResponse, retryAfterMs: number | null, nowMs: number): number | null {
  const { headers } = response;
  const seconds = Number(headers["retry-after"] ?? Number.NaN);
  if (Number.isFinite(seconds)) return seconds * 1000;
  if (headers["x-ratelimit-remaining"] === "0")
    return Math.max(0, Number(headers["x-ratelimit-reset"] ?? 0) * 1000 - nowMs) || SECONDARY_LIMIT_MS;
  const body = readBody(response, "auto");
  const message = isJsonObject(body) ? String(body.message ?? "") : "";
  if (/secondary rate limit|abuse detection/i.test(message)) return SECONDARY_LIMIT_MS;
  return response.status === 429 ? (retryAfterMs ?? SECONDARY_LIMIT_MS) : null;
}

/** `: title is missing, head is invalid`, of the list that a 422 carries. */
function readComplaints(response: IncomingResponse): string {
  const body = readBody(response, "auto");
  const errors: Json = isJsonObject(body) ? (body.errors ?? null) : null;
  if (!Array.isArray(errors)) return "";
  const complaints = errors.slice(0, 5).map((error: Json) => {
    if (!isJsonObject(error)) return String(error);
    return error.message !== undefined && error.message !== null
      ? String(error.message)
      : [error.field, error.code].filter(Boolean).join(": ");
  });
  return complaints.length === 0 ? "" : ` (${complaints.join("; ")})`;
}
