import { describe, expect, test } from "bun:test";
import { decideAfterFailure, isUsable, refreshTime, type TokenFailureKind } from "./refresh-policy.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

describe("a token is refreshed ahead of time", () => {
  test.each([
    ["an hour", HOUR, 54 * MINUTE],
    ["half an hour", 30 * MINUTE, 25 * MINUTE],
    ["a day", 24 * HOUR, 24 * HOUR * 0.9],
    ["8 hours", 8 * HOUR, 8 * HOUR * 0.9],
    ["a minute", MINUTE, MINUTE / 2],
  ])("that lives %s, before its margin begins", (_, lifetime, latest) => {
    expect(refreshTime(1_000, 1_000 + lifetime, 0)).toBe(1_000 + latest);
    const earliest = refreshTime(1_000, 1_000 + lifetime, 0.999);
    expect(earliest).toBeLessThan(1_000 + latest);
    expect(earliest).toBeGreaterThanOrEqual(1_000 + lifetime * 0.4 - 1);
  });

  test("but not before it was handed out, even if it is expired by then", () => {
    expect(refreshTime(5_000, 5_000, 0.5)).toBe(5_000);
    expect(refreshTime(5_000, 1_000, 0.5)).toBe(5_000);
  });
});

test("a token is not sent in its last moments, and is sent when nobody knows when it ends", () => {
  expect(isUsable(100_000, 89_000)).toBe(true);
  expect(isUsable(100_000, 91_000)).toBe(false);
  expect(isUsable(100_000, 200_000)).toBe(false);
  expect(isUsable(null, 200_000)).toBe(true);
});

describe("after a failed refresh", () => {
  const failure = (kind: TokenFailureKind, retryAfterMs: number | null = null) => ({ kind, retryAfterMs });

  test("only a grant that is gone needs a person, however often it failed otherwise", () => {
    expect(decideAfterFailure(failure("revoked"), 1, 0, 0)).toEqual({ kind: "reconnect" });
    for (const failures of [1, 5, 1_000])
      for (const kind of ["app", "later"] as const)
        expect(decideAfterFailure(failure(kind), failures, 0, 0.5)).toMatchObject({
          kind: "later",
          tellAboutApp: kind === "app",
        });
  });

  test("an error that nobody knows is tried on for about an hour, and then needs a person", () => {
    let waitedMs = 0;
    for (let failures = 1; ; failures += 1) {
      const after = decideAfterFailure(failure("unclear"), failures, 0, 0.5);
      if (after.kind === "reconnect") break;
      expect(after.tellAboutApp).toBe(false);
      waitedMs += after.atMs;
    }
    expect(waitedMs).toBeWithin(HOUR / 2, 2 * HOUR);
  });

  test("waits grow to an hour, are spread, and never undercut what the provider asked for", () => {
    const wait = (failures: number, random: number, retryAfterMs: number | null = null) => {
      const after = decideAfterFailure(failure("later", retryAfterMs), failures, 1_000, random);
      return after.kind === "later" ? after.atMs - 1_000 : null;
    };
    expect([wait(1, 0), wait(1, 1), wait(2, 0), wait(3, 0)]).toEqual([15_000, 30_000, 30_000, 60_000]);
    expect([wait(50, 0), wait(50, 1)]).toEqual([30 * MINUTE, HOUR]);
    expect(wait(1, 0, 2 * HOUR)).toBe(2 * HOUR);
  });
});
