import { describe, expect, test } from "bun:test";
import { classifyResponse } from "./classify-response.ts";
import type { IncomingResponse } from "./http-exchange.ts";

const NOW = Date.parse("2026-05-31T12:00:00Z");

function answer(
  status: number,
  body: string | Uint8Array = "",
  headers: Record<string, string> = {},
): IncomingResponse {
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
  return { status, headers, body: bytes, url: "https://api.example.com/v1/leads?token=s3cret" };
}
const json = { "content-type": "application/json" };

test.each([200, 201, 204, 299])("%d is a success", (status) => {
  expect(classifyResponse(answer(status), NOW)).toBeNull();
});

test.each([
  [302, "final"],
  [400, "final"],
  [401, "auth"],
  [403, "final"],
  [404, "final"],
  [408, "unknown"],
  [409, "final"],
  [422, "final"],
  [429, "rate_limited"],
  [500, "unknown"],
  [502, "unknown"],
  [503, "unknown"],
  [504, "unknown"],
] as const)("%d is %s", (status, kind) => {
  expect(classifyResponse(answer(status), NOW)).toMatchObject({ kind, code: `http_${status}`, retryAfterMs: null });
});

test("503 with Retry-After did nothing and may be tried again", () => {
  const error = classifyResponse(answer(503, "", { "retry-after": "7" }), NOW);
  expect(error).toMatchObject({ kind: "retryable", retryAfterMs: 7_000 });
});

test("429 says when to come back, in whichever header the provider uses", () => {
  const reset = String(NOW / 1000 + 30);
  expect(classifyResponse(answer(429, "", { "retry-after": "7" }), NOW)?.retryAfterMs).toBe(7_000);
  expect(classifyResponse(answer(429, "", { "x-ratelimit-reset": reset }), NOW)?.retryAfterMs).toBe(30_000);
});

describe("the message", () => {
  test.each([
    ['{"message":"no such lead"}', "no such lead"],
    ['{"error":{"type":"x","message":"no such lead"}}', "no such lead"],
    ['{"error":"invalid_grant","error_description":"token revoked"}', "token revoked"],
    ['{"errors":[{"detail":"no such lead"}]}', "no such lead"],
    ['{"title":"Not Found","status":404}', "Not Found"],
  ])("quotes %s", (body, reason) => {
    expect(classifyResponse(answer(404, body, json), NOW)?.message).toBe(`api.example.com answered 404: ${reason}`);
  });

  test.each([
    ["markup", "<html>oops</html>", { "content-type": "text/html" }],
    ["nothing", "", {}],
    ["what is nested too deep", '{"error":{"error":{"error":{"error":"x"}}}}', json],
  ])("quotes no %s, and never the path or query", (_, body, headers) => {
    expect(classifyResponse(answer(404, body, headers), NOW)?.message).toBe("api.example.com answered 404");
  });

  test("explains a redirect", () => {
    const error = classifyResponse(answer(301, "", { location: "https://elsewhere.example/?code=s3cret" }), NOW);
    expect(error?.message).toContain("follow redirects");
    expect(error?.message).not.toContain("s3cret");
  });
});

describe("the details", () => {
  test("hold status, headers without the sensitive ones, and the parsed body", () => {
    const headers = { ...json, "x-request-id": "r1", "set-cookie": "sid=s3cret", "x-auth-token": "s3cret" };
    expect(classifyResponse(answer(422, '{"field":"email"}', headers), NOW)?.details).toEqual({
      status: 422,
      headers: { ...json, "x-request-id": "r1" },
      body: { field: "email" },
    });
  });

  test("cut headers and body short, the body between two characters", () => {
    const headers = Object.fromEntries(Array.from({ length: 50 }, (_, at) => [`x-${at}`, "v".repeat(1000)]));
    const details = classifyResponse(answer(500, "é".repeat(10_000), headers), NOW)?.details as {
      headers: Record<string, string>;
      body: string;
    };
    expect(Object.keys(details.headers)).toHaveLength(32);
    expect(details.headers["x-0"]).toHaveLength(256);
    expect(Buffer.byteLength(details.body)).toBeLessThanOrEqual(8192);
    expect(details.body).toMatch(/^é{4000,}… \(20000 bytes\)$/);
  });

  test("cut large JSON as text", () => {
    const body = JSON.stringify({ message: "m".repeat(20_000) });
    const details = classifyResponse(answer(400, body, json), NOW)?.details as { body: string };
    expect(details.body).toStartWith('{"message":"mmm');
    expect(Buffer.byteLength(details.body)).toBeLessThanOrEqual(8192);
  });

  test("of bytes hold only type and size", () => {
    const error = classifyResponse(answer(500, new Uint8Array([0, 255, 1]), { "content-type": "image/png" }), NOW);
    expect(error?.details).toMatchObject({ body: { contentType: "image/png", size: 3 } });
  });
});
