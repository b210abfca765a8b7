import type { Effect, OnUnknown, RetryPolicy } from "./workflow.ts";

/**
 * How an attempt ended without success:
 * - `retryable`: provably no effect (refused connection, 503 with Retry-After);
 * - `unknown`: the effect may exist (timeout, 408 or 5xx after the bytes were sent, a crash);
 * - `final`: the provider refused for good.
 */
export type FailureKind = "retryable" | "unknown" | "final";

export interface FailedAttempt {
  readonly failure: FailureKind;
  readonly effect: Effect;
  /** The provider has forgotten the idempotency key (`keyTtlMs` has passed since the first attempt started). */
  readonly keyExpired: boolean;
  readonly attempt: number;
  readonly policy: RetryPolicy;
  readonly onUnknown: OnUnknown;
  /** What the provider asked for, in milliseconds from now. */
  readonly retryAfterMs: number | null;
  /** A crash is not the step's fault: it does not use up `maxAttempts` (the poison rule bounds it). */
  readonly interrupted: boolean;
}

export type RetryDecision =
  | { readonly kind: "retry"; readonly atMs: number }
  | { readonly kind: "fail" }
  | { readonly kind: "review" };

/** What to do after a failed attempt. Pure: `random` is a number in [0, 1), times are epoch milliseconds. */
export function decideRetry(failed: FailedAttempt, nowMs: number, random: number): RetryDecision {
  if (failed.failure === "final") return { kind: "fail" };
  if (failed.failure === "unknown" && !isRepeatable(failed.effect, failed.keyExpired)) {
    if (failed.onUnknown === "review") return { kind: "review" };
    if (failed.onUnknown === "fail") return { kind: "fail" };
  }
  if (failed.interrupted) return { kind: "retry", atMs: nowMs };
  if (failed.attempt >= failed.policy.maxAttempts) return { kind: "fail" };
  return { kind: "retry", atMs: nowMs + backoffMs(failed.policy, failed.attempt, failed.retryAfterMs, random) };
}

/** Doing it again cannot do it twice: a read, an upsert, or a key that the provider still remembers. */
function isRepeatable(effect: Effect, keyExpired: boolean): boolean {
  return effect === "safe" || effect === "upsert" || (effect === "keyed" && !keyExpired);
}

/**
 * Exponential backoff with full jitter, so that many runs that failed together do not come back together
 * (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/). `Retry-After` is a floor.
 */
export function backoffMs(policy: RetryPolicy, attempt: number, retryAfterMs: number | null, random: number): number {
  const ceilingMs = Math.min(policy.maxDelayMs, policy.initialDelayMs * 2 ** Math.min(attempt - 1, 40));
  const jitteredMs = Math.round(ceilingMs * random);
  return retryAfterMs === null ? jitteredMs : retryAfterMs + Math.round(Math.min(ceilingMs, 1_000) * random);
}
