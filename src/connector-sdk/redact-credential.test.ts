import { describe, expect, test } from "bun:test";
import { createRedactor } from "./redact-credential.ts";

describe("an answer that echoes the request", () => {
  test("loses a bearer token wherever it stands", () => {
    const redact = createRedactor({ scheme: "bearer", fields: { token: "canary-5ecret" } });
    const echoed = { headers: { authorization: "Bearer canary-5ecret" }, "x canary-5ecret": ["canary-5ecret"], n: 1 };
    expect(redact(echoed)).toEqual({ headers: { authorization: "Bearer ••••" }, "x ••••": ["••••"], n: 1 });
  });
  test("loses a password in its HTTP Basic form and keeps the user's name", () => {
    const redact = createRedactor({ scheme: "basic", fields: { username: "ada.lovelace", password: "correct horse" } });
    const basic = Buffer.from("ada.lovelace:correct horse").toString("base64");
    expect(redact(`Basic ${basic} for ada.lovelace`)).toBe("Basic •••• for ada.lovelace");
  });
  test("loses secrets that JSON escapes, and nested ones", () => {
    const redact = createRedactor({ scheme: "custom", fields: { headers: [{ name: "x", value: 'quo"te\\d' }] } });
    expect(redact({ a: 'quo"te\\d' })).toEqual({ a: "••••" });
  });
  test("is the same object when there is nothing to take out", () => {
    const answer = { ok: true };
    expect(createRedactor({ scheme: "bearer", fields: { token: "canary-5ecret" } })(answer)).toBe(answer);
    expect(createRedactor(null)(answer)).toBe(answer);
    expect(createRedactor({ scheme: "bearer", fields: { token: "tru" } })({ a: "true" })).toEqual({ a: "true" });
  });
});
