import { describe, expect, test } from "bun:test";
import { createExcerptRedactor, createRedactor } from "./redact-credential.ts";

describe("an answer that echoes the request", () => {
  test("loses a bearer token wherever it stands", () => {
    const redact = createRedactor([{ scheme: "bearer", fields: { token: "canary-5ecret" } }]);
    const echoed = { headers: { authorization: "Bearer canary-5ecret" }, "x canary-5ecret": ["canary-5ecret"], n: 1 };
    expect(redact(echoed)).toEqual({ headers: { authorization: "Bearer ••••" }, "x ••••": ["••••"], n: 1 });
  });
  test("loses a password in its HTTP Basic form and keeps the user's name", () => {
    const redact = createRedactor([
      { scheme: "basic", fields: { username: "ada.lovelace", password: "correct horse" } },
    ]);
    const basic = Buffer.from("ada.lovelace:correct horse").toString("base64");
    expect(redact(`Basic ${basic} for ada.lovelace`)).toBe("Basic •••• for ada.lovelace");
  });
  test("loses a secret as it stands in an address", () => {
    const redact = createRedactor([{ scheme: "key", fields: { key: "a+b/c==d e" } }]);
    expect(redact({ url: "https://acme.example/?key=a%2Bb%2Fc%3D%3Dd%20e&x=1" })).toEqual({
      url: "https://acme.example/?key=••••&x=1",
    });
  });
  test("loses secrets that JSON escapes, and nested ones", () => {
    const redact = createRedactor([{ scheme: "custom", fields: { headers: [{ name: "x", value: 'quo"te\\d' }] } }]);
    expect(redact({ a: 'quo"te\\d' })).toEqual({ a: "••••" });
  });
  test("of a credential that says which of its fields are secret keeps the others, such as an address", () => {
    const fields = { accessToken: "canary-5ecret", instanceUrl: "https://acme.example" };
    const redact = createRedactor([{ scheme: "oauth", fields, secretFields: ["accessToken"] }]);
    expect(redact("https://acme.example/x?t=canary-5ecret")).toBe("https://acme.example/x?t=••••");
  });
  test("loses the token from before a renewal and the one after it", () => {
    const credentials = ["canary-before", "canary-after1"].map((token) => ({ scheme: "bearer", fields: { token } }));
    expect(createRedactor(credentials)("canary-before, canary-after1")).toBe("••••, ••••");
  });
  test("is the same object when there is nothing to take out", () => {
    const answer = { ok: true };
    expect(createRedactor([{ scheme: "bearer", fields: { token: "canary-5ecret" } }])(answer)).toBe(answer);
    expect(createRedactor([])(answer)).toBe(answer);
    expect(createRedactor([{ scheme: "bearer", fields: { token: "tru" } }])({ a: "true" })).toEqual({ a: "true" });
  });
});

test("an excerpt whose cut went through an echoed secret does not show its beginning", () => {
  const token = "canary-5ecret-of-32-characters-x";
  const redact = createExcerptRedactor([{ scheme: "bearer", fields: { token } }]);
  for (let length = 6; length <= token.length; length += 1) {
    const begun = token.slice(0, length);
    expect(redact(`sent ${begun}`)).toBe("sent ••••");
    expect(redact({ body: [`sent ${begun}… (9000 bytes)`] })).toEqual({ body: ["sent ••••… (9000 bytes)"] });
  }
  expect(redact(`${token} was sent`)).toBe("•••• was sent");
  expect(redact("nothing… (9000 bytes)")).toBe("nothing… (9000 bytes)");
});
