import { ActionError, type ActionErrorKind } from "../../src/connector-sdk/action-error.ts";
import { classifyResponse } from "../../src/connector-sdk/classify-response.ts";
import type { IncomingResponse } from "../../src/connector-sdk/http-exchange.ts";
import { isJsonObject, type Json, type JsonObject } from "../../src/connector-sdk/json.ts";
import { readBody } from "../../src/connector-sdk/read-body.ts";
import { readRetryAfterMs } from "../../src/connector-sdk/retry-after.ts";

/** Slack's own advice where it does not say how long: its budgets are by the minute. */
const LIMIT_MS = 30_000;

/**
 * What a response of Slack means: most failures come as 200 with `{ ok: false, error }`. Codes are Slack's own. Errors
 * that are not listed are final.
 */
const KINDS: Readonly<Record<string, ActionErrorKind>> = {
  ratelimited: "rate_limited",
  rate_limited: "rate_limited",
  not_authed: "auth",
  invalid_auth: "auth",
  account_inactive: "auth",
  token_expired: "auth",
  token_revoked: "auth",
  // Refused before anything was done.
  request_timeout: "retryable",
  service_unavailable: "retryable",
  team_added_to_org: "retryable",
  // "It's possible some aspect of the operation succeeded before the error was raised."
  internal_error: "unknown",
  fatal_error: "unknown",
};

export function kindOfError(code: string): ActionErrorKind {
  return Object.hasOwn(KINDS, code) ? KINDS[code]! : "final";
}

/** What to do about the errors that people meet. */
const ADVICE: Readonly<Record<string, string>> = {
  channel_not_found: "the channel does not exist, or it is private and the app is not in it",
  not_in_channel: "invite the app to the channel first",
  is_archived: "the channel is archived",
  message_not_found: "there is no message with this time stamp in the channel",
  cant_update_message: "the app may change its own messages only",
  cant_delete_message: "the app may delete its own messages only",
  msg_too_long: "the text is too long; Slack takes 40,000 characters",
  restricted_action: "a setting of the workspace forbids it",
  name_taken: "a channel with this name exists, archived ones included",
  users_not_found: "nobody in the workspace has this e-mail address",
  user_not_found: "there is no such person in the workspace",
  time_in_past: "the time lies in the past",
  time_too_far: "the time lies more than 120 days ahead",
};

export function classify(response: IncomingResponse, nowMs: number): ActionError | null {
  const failure = classifyResponse(response, nowMs);
  if (failure !== null) return failure;
  const body = readBody(response, "auto");
  // The upload's own server answers in plain text.
  if (!isJsonObject(body) || body.ok !== false) return null;
  return readFailure(body, response, nowMs);
}

function readFailure(body: JsonObject, { status, headers }: IncomingResponse, nowMs: number): ActionError {
  // A code is shown and counted in many places, so only what looks like one becomes one.
  const code = typeof body.error === "string" && /^[a-z0-9_]{1,64}$/.test(body.error) ? body.error : "unknown_error";
  const kind = kindOfError(code);
  const { needed, provided, response_metadata } = body;
  const details = { status, body: { error: body.error, needed, provided, response_metadata } };
  return new ActionError(kind, describe(code, body), {
    code,
    details: JSON.parse(JSON.stringify(details)) as Json,
    ...(kind === "rate_limited" && { retryAfterMs: readRetryAfterMs(headers, nowMs) ?? LIMIT_MS }),
  });
}

function describe(code: string, { needed, response_metadata }: JsonObject): string {
  if (code === "missing_scope")
    return `Slack refused: missing_scope; the app needs ${needed ?? "another scope"}. Add it to the app and reconnect.`;
  const advice = Object.hasOwn(ADVICE, code) ? ADVICE[code]! : readMessages(response_metadata);
  return advice === null ? `Slack refused: ${code}` : `Slack refused: ${code}; ${advice}`;
}

/** What is wrong with which block or argument. */
function readMessages(metadata: Json | undefined): string | null {
  if (!isJsonObject(metadata) || !Array.isArray(metadata.messages) || metadata.messages.length === 0) return null;
  return metadata.messages.slice(0, 3).join("; ");
}
