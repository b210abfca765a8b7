import type { ActionError } from "../../src/connector-sdk/action-error.ts";
import { classifyResponse } from "../../src/connector-sdk/classify-response.ts";
import type { IncomingResponse } from "../../src/connector-sdk/http-exchange.ts";
import { isJsonObject } from "../../src/connector-sdk/json.ts";
import { readBody } from "../../src/connector-sdk/read-body.ts";

/** Requests come back one by one over 24 hours. */
const LIMIT_WAIT_MS = 15 * 60_000;
const BUSY_WAIT_MS = 5_000;

/** Refused before anything happened, for reasons that pass. */
const PASSING = new Set(["UNABLE_TO_LOCK_ROW", "SERVER_UNAVAILABLE", "CONCURRENT_PER_ORG_LONG_TXN"]);

/**
 * What a response of Salesforce means; null for a success. Failures come as `[{ errorCode, message, fields }]`.
 *
 * | Salesforce answers                          | that is                                                            |
 * |---------------------------------------------|--------------------------------------------------------------------|
 * | REQUEST_LIMIT_EXCEEDED, whatever the status | `rate_limited`                                                     |
 * | UNABLE_TO_LOCK_ROW, SERVER_UNAVAILABLE      | `retryable`: nothing was done                                      |
 * | 401, such as INVALID_SESSION_ID             | `auth`                                                             |
 * | 403 with the text Bad_OAuth_Token           | `auth`: the identity endpoints have no 401                         |
 * | other 4xx                                   | `final`, under Salesforce's own code in lower case, with its fields |
 * | others                                      | by their status                                                    |
 */
export function classify(response: IncomingResponse, nowMs: number): ActionError | null {
  const base = classifyResponse(response, nowMs);
  if (base === null) return null;
  const failure = readFirst(response);
  if (failure === null) return isBadToken(response) ? base.readAs("auth", "bad_oauth_token", base.message) : base;
  const { errorCode, message } = failure;
  if (errorCode === "REQUEST_LIMIT_EXCEEDED")
    return base.readAs("rate_limited", "rate_limited", message, LIMIT_WAIT_MS);
  if (PASSING.has(errorCode)) return base.readAs("retryable", errorCode.toLowerCase(), message, BUSY_WAIT_MS);
  return base.kind === "final" ? base.readAs("final", errorCode.toLowerCase(), message) : base;
}

/** https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_using_openid.htm */
function isBadToken(response: IncomingResponse): boolean {
  return response.status === 403 && /^(?:Bad|Missing)_OAuth_Token/.test(String(readBody(response, "text")));
}

function readFirst(response: IncomingResponse): { readonly errorCode: string; readonly message: string } | null {
  const body = readBody(response, "auto");
  const first = Array.isArray(body) ? body[0] : null;
  if (!isJsonObject(first ?? null)) return null;
  const { errorCode, message, fields } = first as Record<string, unknown>;
  if (typeof errorCode !== "string") return null;
  const named = Array.isArray(fields) && fields.length > 0 ? ` (${fields.join(", ")})` : "";
  return { errorCode, message: `Salesforce: ${String(message)}${named}` };
}
