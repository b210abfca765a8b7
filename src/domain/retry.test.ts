import { describe, expect, test } from "bun:test";
import { backoffMs, decideRetry, type FailedAttempt } from "./retry.ts";

const policy = { maxAttempts: 3, initialDelayMs: 1_000, maxDelayMs: 10_000 };
const failed = (patch: Partial<FailedAttempt>): FailedAttempt => ({
  failure: "retryable",
  effect: "unsafe",
  keyExpired: false,
  attempt: 1,
  policy,
  onUnknown: "review",
  retryAfterMs: null,
  interrupted: false,
  ...patch,
});
const decide = (patch: Partial<FailedAttempt>) => decideRetry(failed(patch), 50_000, 0.5);

describe("after a failed attempt", () => {
  test("a refusal for good fails whatever the effect", () => {
    expect(decide({ failure: "final", effect: "safe" })).toEqual({ kind: "fail" });
  });
  test("a failure without effect is tried again after backoff, until the attempts are used up", () => {
    expect(decide({})).toEqual({ kind: "retry", atMs: 50_500 });
    expect(decide({ attempt: 2 })).toEqual({ kind: "retry", atMs: 51_000 });
    expect(decide({ attempt: 3 })).toEqual({ kind: "fail" });
  });
  test.each(["safe", "upsert", "keyed"] as const)("an unknown outcome of a %s action is tried again", (effect) => {
    expect(decide({ failure: "unknown", effect }).kind).toBe("retry");
  });
  test("an unknown outcome of an unsafe action is for a person, unless the step says otherwise", () => {
    expect(decide({ failure: "unknown" })).toEqual({ kind: "review" });
    expect(decide({ failure: "unknown", onUnknown: "fail" })).toEqual({ kind: "fail" });
    expect(decide({ failure: "unknown", onUnknown: "retry" }).kind).toBe("retry");
  });
  test("a key that the provider has forgotten protects no longer", () => {
    expect(decide({ failure: "unknown", effect: "keyed", keyExpired: true })).toEqual({ kind: "review" });
  });
  test("a crash uses up no attempt and waits for nothing", () => {
    expect(decide({ failure: "unknown", effect: "safe", attempt: 9, interrupted: true })).toEqual({
      kind: "retry",
      atMs: 50_000,
    });
    expect(decide({ failure: "unknown", interrupted: true })).toEqual({ kind: "review" });
  });
});

describe("backoff", () => {
  test("doubles up to the maximum and is spread over the whole range", () => {
    expect([1, 2, 3, 4, 5, 60].map((attempt) => backoffMs(policy, attempt, null, 1))).toEqual([
      1_000, 2_000, 4_000, 8_000, 10_000, 10_000,
    ]);
    expect(backoffMs(policy, 3, null, 0)).toBe(0);
  });
  test("never comes before what the provider asked for", () => {
    expect(backoffMs(policy, 1, 30_000, 0)).toBe(30_000);
    expect(backoffMs(policy, 1, 30_000, 0.9)).toBeGreaterThan(30_000);
  });
});
