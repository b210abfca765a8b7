/** A token bucket: so many calls at once after a pause, then evenly. Pure; whoever keeps it says what time it is. */
export interface BucketSpec {
  readonly capacity: number;
  /** Tokens that come back in a millisecond. */
  readonly refillPerMs: number;
}

export interface BucketState {
  readonly tokens: number;
  /** When `tokens` was right. */
  readonly at: number;
  /** Nothing leaves and nothing comes back before. */
  readonly frozenUntil: number;
}

export const FULL: BucketState = { tokens: Number.POSITIVE_INFINITY, at: 0, frozenUntil: 0 };

/** What is in the bucket now. */
export function refilled({ tokens, at, frozenUntil }: BucketState, spec: BucketSpec, now: number): BucketState {
  if (now < frozenUntil) return { tokens: 0, at: frozenUntil, frozenUntil };
  const grown = tokens + Math.max(0, now - Math.max(at, frozenUntil)) * spec.refillPerMs;
  return { tokens: Math.min(spec.capacity, grown), at: Math.max(at, now), frozenUntil };
}

/** Arithmetic on thirds must not hold a token back for ever. */
const ROUNDING = 1e-9;

export function wholeTokens({ tokens }: BucketState): number {
  return Math.floor(tokens + ROUNDING);
}

/** When there will be so many tokens. */
export function timeOfTokens(state: BucketState, spec: BucketSpec, count: number, now: number): number {
  const { tokens, at, frozenUntil } = refilled(state, spec, now);
  if (tokens + ROUNDING >= count) return now;
  return Math.ceil(Math.max(at, frozenUntil) + (count - tokens) / spec.refillPerMs);
}
