import { type BucketState, FULL, refilled, timeOfTokens, wholeTokens } from "../../domain/rate-bucket.ts";
import type { RateStore } from "../../domain/rate-store.ts";
import { BoundedMap } from "../../platform/bounded-map.ts";

/** One server owns the database, so its memory is what all its work shares: counting costs neither a query nor a commit. */
export function createRateStore(): RateStore {
  // Those not asked for longest are forgotten, and are full again by then.
  const buckets = new BoundedMap<string, BucketState>(50_000);
  return {
    leaseMs: 0,
    lease(key, spec, wanted, now) {
      const state = refilled(buckets.get(key) ?? FULL, spec, now);
      const tokens = Math.min(wanted, wholeTokens(state));
      const left = { ...state, tokens: state.tokens - tokens };
      buckets.set(key, left);
      return {
        tokens,
        left: wholeTokens(left),
        nextAt: timeOfTokens(left, spec, 1, now),
        frozenUntil: left.frozenUntil,
      };
    },
    async freeze(key, until, now) {
      const { frozenUntil } = buckets.get(key) ?? FULL;
      buckets.set(key, { tokens: 0, at: now, frozenUntil: Math.max(frozenUntil, until) });
    },
    async forget(untouchedSince) {
      let forgotten = 0;
      for (const [key, { at, frozenUntil }] of buckets.entries())
        if (Math.max(at, frozenUntil) < untouchedSince) {
          buckets.delete(key);
          forgotten += 1;
        }
      return forgotten;
    },
  };
}
