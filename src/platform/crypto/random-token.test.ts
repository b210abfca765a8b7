import { expect, test } from "bun:test";
import { randomToken } from "./random-token.ts";

test("a token carries the asked number of random bytes as base64url", () => {
  expect(randomToken(32)).toMatch(/^[A-Za-z0-9_-]{43}$/);
  expect(Buffer.from(randomToken(16), "base64url")).toHaveLength(16);
  expect(new Set(Array.from({ length: 1_000 }, () => randomToken(16))).size).toBe(1_000);
});
