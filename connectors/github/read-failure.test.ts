import { expect, test } from "bun:test";
import type { IncomingResponse } from "../../src/connector-sdk/http-exchange.ts";
import { classify } from "./read-failure.ts";

const NOW = Date.parse("2026-05-31T12:00:00Z");

function answer(status: number, body: object, headers: Record<string, string> = {}): IncomingResponse {
  const bytes = new TextEncoder().encode(JSON.stringify(body));
  const type = { "content-type": "application/json; charset=utf-8" };
  return { status, headers: { ...type, ...headers }, body: bytes, url: "https://api.github.com/user" };
}

test("2xx is a success", () => {
  expect(classify(answer(201, {}), NOW)).toBeNull();
});

test.each([403, 429])("%d with none of the hour's requests left waits until they are back", (status) => {
  const headers = { "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(NOW / 1000 + 90) };
  expect(classify(answer(status, { message: "API rate limit exceeded" }, headers), NOW)).toMatchObject({
    kind: "rate_limited",
    retryAfterMs: 90_000,
  });
});

test("a secondary limit waits as long as it says, or a minute", () => {
  const message = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.";
  const remaining = { "x-ratelimit-remaining": "4999", "x-ratelimit-reset": String(NOW / 1000 + 3000) };
  expect(classify(answer(403, { message }, { ...remaining, "retry-after": "30" }), NOW)).toMatchObject({
    kind: "rate_limited",
    retryAfterMs: 30_000,
  });
  expect(classify(answer(403, { message }, remaining), NOW)).toMatchObject({
    kind: "rate_limited",
    retryAfterMs: 60_000,
  });
});

test("403 else is a missing permission, which it names", () => {
  const headers = { "x-accepted-github-permissions": "issues=write", "x-ratelimit-remaining": "4999" };
  const failure = classify(answer(403, { message: "Resource not accessible by integration" }, headers), NOW);
  expect(failure).toMatchObject({ kind: "final", code: "forbidden" });
  expect(failure?.message).toContain("issues=write");
});

test.each([
  [401, "auth", "http_401"],
  [404, "final", "not_found"],
  [409, "final", "http_409"],
  [502, "unknown", "http_502"],
] as const)("%d is %s", (status, kind, code) => {
  expect(classify(answer(status, { message: "no" }), NOW)).toMatchObject({ kind, code });
});

test.each([301, 307, 308])("%d is a repository with another name", (status) => {
  const headers = { location: "https://api.github.com/repositories/1296269/issues" };
  expect(classify(answer(status, { message: "Moved Permanently" }, headers), NOW)).toMatchObject({
    kind: "final",
    code: "moved",
  });
});

test("422 says which field is wrong", () => {
  const body = {
    message: "Validation Failed",
    errors: [
      { resource: "Issue", field: "title", code: "missing_field" },
      { resource: "PullRequest", code: "custom", message: "A pull request already exists for octo-org:fix." },
    ],
  };
  expect(classify(answer(422, body), NOW)?.message).toBe(
    "api.github.com answered 422: Validation Failed (title: missing_field; A pull request already exists for octo-org:fix.)",
  );
});
