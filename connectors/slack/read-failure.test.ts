import { expect, test } from "bun:test";
import type { IncomingResponse } from "../../src/connector-sdk/http-exchange.ts";
import { classify } from "./read-failure.ts";

function answer(body: object | string, status = 200, headers: Record<string, string> = {}): IncomingResponse {
  const isText = typeof body === "string";
  const bytes = new TextEncoder().encode(isText ? body : JSON.stringify(body));
  const type = { "content-type": isText ? "text/plain" : "application/json; charset=utf-8" };
  return { status, headers: { ...type, ...headers }, body: bytes, url: "https://slack.com/api/chat.postMessage" };
}

test("ok is a success, and so is the plain text of an upload", () => {
  expect(classify(answer({ ok: true, ts: "1" }), 0)).toBeNull();
  expect(classify(answer("OK - 5"), 0)).toBeNull();
});

test.each([
  ["ratelimited", "rate_limited"],
  ["invalid_auth", "auth"],
  ["account_inactive", "auth"],
  ["token_expired", "auth"],
  ["request_timeout", "retryable"],
  ["service_unavailable", "retryable"],
  ["fatal_error", "unknown"],
  ["channel_not_found", "final"],
  ["an_error_of_tomorrow", "final"],
] as const)("200 with %s is %s", (error, kind) => {
  expect(classify(answer({ ok: false, error }), 0)).toMatchObject({ kind, code: error });
});

test("a limit without Retry-After waits half a minute", () => {
  expect(classify(answer({ ok: false, error: "ratelimited" }), 0)?.retryAfterMs).toBe(30_000);
  const told = answer({ ok: false, error: "ratelimited" }, 200, { "retry-after": "7" });
  expect(classify(told, 0)?.retryAfterMs).toBe(7_000);
});

test("the message says what to do, or what Slack says is wrong", () => {
  const messageOf = (body: object) => classify(answer({ ok: false, ...body }), 0)?.message;
  expect(messageOf({ error: "not_in_channel" })).toBe(
    "Slack refused: not_in_channel; invite the app to the channel first",
  );
  expect(messageOf({ error: "missing_scope", needed: "files:write" })).toContain("the app needs files:write");
  const metadata = { messages: ["[ERROR] must be less than 3001 characters [json-pointer:/blocks/0/text]"] };
  expect(messageOf({ error: "invalid_blocks", response_metadata: metadata })).toContain("/blocks/0/text");
  expect(messageOf({})).toBe("Slack refused: unknown_error");
});

test("other statuses go by the status", () => {
  expect(classify(answer("<html>", 503), 0)).toMatchObject({ kind: "unknown", code: "http_503" });
});
