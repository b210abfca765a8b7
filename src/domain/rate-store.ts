import type { BucketSpec } from "./rate-bucket.ts";

/** Tokens that this process may spend, and no other. */
export interface TokenLease {
  readonly tokens: number;
  /** Whole tokens that others may still take. */
  readonly left: number;
  /** When the bucket's next token is there; now when some are left. */
  readonly nextAt: number;
  /** In the past when it is not frozen. */
  readonly frozenUntil: number;
}

/**
 * Where the budgets that providers give are counted for all replicas. Nothing of it is durable: after a crash a bucket
 * may be fuller than it was, and a provider that minds answers 429.
 */
export interface RateStore {
  /** For how long leased tokens may be kept; 0: this process is alone, and takes one when it needs one. */
  readonly leaseMs: number;
  /** Takes at most `wanted` whole tokens; a bucket never seen is full. */
  lease(key: string, spec: BucketSpec, wanted: number, now: number): TokenLease | Promise<TokenLease>;
  /** Empties the bucket; nothing leaves it before then, and afterwards no more than its rate. */
  freeze(key: string, until: number, now: number): Promise<void>;
  /** Forgets the buckets that nobody has touched, and that were not frozen, since then. Gives how many. */
  forget(untouchedSince: number): Promise<number>;
}
