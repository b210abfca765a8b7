import { isJsonObject, type Json, type JsonObject } from "../domain/json.ts";
import { isSensitiveHeader } from "../platform/http-content/mask-headers.ts";
import { ActionError, type ActionErrorKind } from "./action-error.ts";
import type { IncomingResponse } from "./http-exchange.ts";
import { readBody, readText } from "./read-body.ts";
import { readRetryAfterMs } from "./retry-after.ts";

const MAX_BODY_BYTES = 8 * 1024;
const MAX_HEADERS = 32;
const MAX_HEADER_CHARACTERS = 256;
const MAX_REASON_CHARACTERS = 300;

/**
 * What a response means for the step, or null when it is a success (2xx). Codes are `http_<status>`; `details` hold
 * the status and a bounded excerpt of headers (without sensitive ones) and body.
 *
 * | status                       | kind                                                                           |
 * |------------------------------|--------------------------------------------------------------------------------|
 * | 429                          | `rate_limited`: refused before anything happened                               |
 * | 503 with Retry-After         | `retryable`: says itself that it did nothing                                   |
 * | 401                          | `auth`                                                                         |
 * | 408, other 5xx               | `unknown`: a gateway may have given up on a server that did act                |
 * | other 4xx, 3xx not followed  | `final`                                                                        |
 */
export function classifyResponse(response: IncomingResponse, nowMs: number): ActionError | null {
  const { status, headers } = response;
  if (status >= 200 && status < 300) return null;
  const retryAfterMs = readRetryAfterMs(headers, nowMs);
  const body = excerptBody(response);
  return new ActionError(kindOf(status, headers["retry-after"] !== undefined), describe(response, body), {
    code: `http_${status}`,
    details: { status, headers: excerptHeaders(headers), body },
    ...((status === 429 || status === 503) && retryAfterMs !== null && { retryAfterMs }),
  });
}

function kindOf(status: number, saysRetryAfter: boolean): ActionErrorKind {
  if (status === 429) return "rate_limited";
  if (status === 401) return "auth";
  if (status === 503 && saysRetryAfter) return "retryable";
  return status === 408 || status >= 500 ? "unknown" : "final";
}

function describe({ status, headers, url }: IncomingResponse, body: Json): string {
  // Only the host: paths and queries may hold secrets, and messages are shown in many places.
  const host = URL.parse(url)?.host ?? "The server";
  if (status >= 300 && status < 400 && headers.location !== undefined)
    return `${host} answered ${status} and redirects elsewhere; follow redirects or use the new address`;
  const reason = findReason(body);
  return reason === null ? `${host} answered ${status}` : `${host} answered ${status}: ${reason}`;
}

/** Where APIs put a sentence for people; among them RFC 9457 (`detail`, `title`) and RFC 6749 (`error_description`). */
const REASON_KEYS = ["message", "error_description", "detail", "title", "error", "errors"] as const;

function findReason(body: Json, depth = 0): string | null {
  if (typeof body === "string") {
    const line = body.trim().split("\n", 1)[0] ?? "";
    // An error page's markup tells a person nothing.
    return line === "" || line.startsWith("<") ? null : line.slice(0, MAX_REASON_CHARACTERS);
  }
  if (depth === 3) return null;
  if (Array.isArray(body)) return findReason(body[0] ?? null, depth + 1);
  if (!isJsonObject(body)) return null;
  for (const key of REASON_KEYS) {
    const reason = findReason(body[key] ?? null, depth + 1);
    if (reason !== null) return reason;
  }
  return null;
}

function excerptHeaders(headers: Readonly<Record<string, string>>): JsonObject {
  const shown = Object.entries(headers).filter(([name]) => name !== "__proto__" && !isSensitiveHeader(name));
  return Object.fromEntries(
    shown.slice(0, MAX_HEADERS).map(([name, value]) => [name, value.slice(0, MAX_HEADER_CHARACTERS)]),
  );
}

/** Whole if it is small, else the beginning of its text; of what is not text only type and size. */
function excerptBody(response: IncomingResponse): Json {
  const { byteLength } = response.body;
  if (byteLength === 0) return null;
  const text = readText(response);
  if (text === null) return { contentType: response.headers["content-type"] ?? null, size: byteLength };
  if (byteLength <= MAX_BODY_BYTES) return readBody(response, "auto");
  const mark = `… (${byteLength} bytes)`;
  const room = MAX_BODY_BYTES - Buffer.byteLength(mark);
  // Streaming leaves a character that the cut went through out, instead of putting U+FFFD.
  return new TextDecoder().decode(Buffer.from(text).subarray(0, room), { stream: true }) + mark;
}
