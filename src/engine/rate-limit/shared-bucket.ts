import type { RateLimitReading } from "../../connector-sdk/rate-limit.ts";
import type { BucketSpec } from "../../domain/rate-bucket.ts";
import type { RateStore, TokenLease } from "../../domain/rate-store.ts";
import { FairQueue } from "./fair-queue.ts";

/** How many leases make up a full bucket at least: one replica must not take it whole. */
const MIN_LEASES = 4;

/** This process's part of a bucket that all replicas share, and who waits for it here. */
export class SharedBucket {
  readonly #key: string;
  readonly #store: RateStore;
  #spec: BucketSpec;
  readonly #queue = new FairQueue();
  #tokens = 0;
  #tokensUntil = 0;
  #nextAt = 0;
  #frozenUntil = 0;
  #leasing: Promise<void> | null = null;
  /** While the provider says that less is left than we would give. */
  #slow: { readonly refillPerMs: number; readonly until: number; nextAt: number } | null = null;
  #refusals = 0;
  reading: (RateLimitReading & { readonly at: number }) | null = null;

  constructor(key: string, spec: BucketSpec, store: RateStore) {
    this.#key = key;
    this.#spec = spec;
    this.#store = store;
  }

  /** Tokens leased at a time. */
  get #handful(): number {
    const { refillPerMs, capacity } = this.#spec;
    return Math.max(1, Math.floor(Math.min(refillPerMs * this.#store.leaseMs, capacity / MIN_LEASES)));
  }

  get waiting(): number {
    return this.#queue.length;
  }
  get frozenUntil(): number {
    return this.#frozenUntil;
  }

  /** Makes sure that there is a token here if there is one anywhere, and the ticket is near enough to get it. */
  fill(ticket: string, tenantId: string, now: number): undefined | Promise<void> {
    if (now > this.#tokensUntil) this.#tokens = 0;
    const slow = this.#slowdown(now);
    if (now < this.#frozenUntil || now < this.#nextAt || (slow && now < slow.nextAt)) return undefined;
    const place = this.#queue.place(ticket, tenantId, now);
    if (place < this.#tokens || place >= this.#tokens + this.#handful) return undefined;
    if (this.#leasing) return this.#leasing;
    const lease = this.#store.lease(this.#key, this.#spec, this.#handful, now);
    if (!(lease instanceof Promise)) {
      this.#keep(lease, now);
      return undefined;
    }
    this.#leasing = lease
      .then((leased) => this.#keep(leased, now))
      .finally(() => {
        this.#leasing = null;
      });
    return this.#leasing;
  }

  #keep(lease: TokenLease, now: number): void {
    this.#tokens += lease.tokens;
    this.#tokensUntil = now + this.#store.leaseMs;
    this.#nextAt = lease.tokens > 0 ? 0 : lease.nextAt;
    this.#frozenUntil = Math.max(this.#frozenUntil, lease.frozenUntil);
  }

  /** What could leave at once, as far as this process knows. */
  async left(now: number): Promise<number> {
    if (now < this.#frozenUntil) return 0;
    return this.#tokens + (await this.#store.lease(this.#key, this.#spec, 0, now)).left;
  }

  /** Null when it is the ticket's turn; else when it should come again. Its place is kept. */
  turnAt(ticket: string, tenantId: string, now: number): number | null {
    const place = this.#queue.place(ticket, tenantId, now);
    const ready = now < this.#frozenUntil ? 0 : this.#tokens;
    const slow = this.#slowdown(now);
    if (place < ready && (!slow || (place === 0 && now >= slow.nextAt))) return null;
    const refillPerMs = slow?.refillPerMs ?? this.#spec.refillPerMs;
    const from = Math.max(now, this.#frozenUntil, this.#nextAt, slow?.nextAt ?? 0);
    // The first of those that wait comes when the next token does.
    const at = Math.ceil(from + Math.max(0, place - ready) / refillPerMs);
    this.#queue.comesAt(ticket, at);
    return Math.max(at, now + 1);
  }

  spend(ticket: string, now: number): void {
    this.#queue.leave(ticket, true);
    this.#tokens -= 1;
    const slow = this.#slowdown(now);
    if (slow) slow.nextAt = Math.max(now, slow.nextAt) + 1 / slow.refillPerMs;
  }

  /** It waits elsewhere. */
  stepAside(ticket: string): void {
    this.#queue.leave(ticket, false);
  }

  /** The provider refused a call. Without its word for how long, longer each time. */
  freeze(retryAfterMs: number | null, now: number): void {
    this.#refusals += 1;
    const until = now + (retryAfterMs ?? Math.min(60_000, 1_000 * 2 ** Math.min(this.#refusals - 1, 6)));
    this.#frozenUntil = Math.max(this.#frozenUntil, until);
    this.#tokens = 0;
    // Another replica learns of it with its next lease; if this cannot be written it gets its own refusal.
    this.#store.freeze(this.#key, until, now).catch(() => {});
  }

  succeeded(): void {
    this.#refusals = 0;
  }

  /**
   * What the provider says is left, spread evenly until it is full again. `spec` is by the size that it tells: what a
   * connector declares is what the smallest accounts have.
   */
  read(reading: RateLimitReading, spec: BucketSpec, now: number): void {
    this.reading = { ...reading, at: now };
    this.#spec = spec;
    const { remaining, resetAt } = reading;
    if (resetAt === undefined || resetAt <= now) {
      if (remaining <= 0) this.freeze(null, now);
      return;
    }
    if (remaining <= 0) {
      this.freeze(resetAt - now, now);
      return;
    }
    const refillPerMs = remaining / (resetAt - now);
    const isSlower = refillPerMs < this.#spec.refillPerMs;
    const nextAt = this.#slow?.nextAt ?? now;
    this.#slow = isSlower ? { refillPerMs, until: resetAt, nextAt } : null;
  }

  #slowdown(now: number) {
    if (this.#slow && this.#slow.until <= now) this.#slow = null;
    return this.#slow;
  }
}
