import type { IncomingResponse } from "../../connector-sdk/http-exchange.ts";
import type { RateStore } from "../../domain/rate-store.ts";
import { BoundedMap } from "../../platform/bounded-map.ts";
import type { Clock } from "../../platform/clock.ts";
import { CallSlots } from "./call-slots.ts";
import { type CallLimit, limitsOfCall, type RateCall, toSpec } from "./limits-of-call.ts";
import { SharedBucket } from "./shared-bucket.ts";

/** May the call leave now? `waits` has kept a place, and says when to ask again with the same ticket. */
export type Turn =
  | { readonly kind: "granted" }
  | { readonly kind: "waits"; readonly at: number; readonly reason: string };

/** What a limit has left, as far as this process knows. */
export interface Standing {
  readonly reading: SharedBucket["reading"];
  readonly waiting: number;
  /** In the past when it is open. */
  readonly frozenUntil: number;
  readonly left: number;
}

export interface CarefulStanding extends Standing {
  readonly title: string;
  readonly requests: number;
  readonly perMs: number;
}

export interface RateLimiterDeps {
  readonly rates: RateStore;
  readonly clock: Clock;
}

/** Shorter waits are slept through here: parking a run costs two commits. */
const SLEEP_MS = 500;
/** How long to wait for one of the connection's calls to end. */
const SLOT_WAIT_MS = 1_000;
/** A connection without declared limits that was refused goes on at this pace, and for so long. */
const CAREFUL_PACE = { requests: 5, perMs: 1_000 };
const CAREFUL = { capacity: 1, refillPerMs: CAREFUL_PACE.requests / CAREFUL_PACE.perMs };
const CAREFUL_TITLE = "What the provider last refused";
const CAREFUL_MS = 10 * 60_000;

/**
 * Keeps calls within the budgets that providers give:
 *
 *   turn ─► all its buckets have a token, and the connection a free slot ─► granted ─► (the call) ─► ended
 *     └───► one has none ─► its place in that bucket's queue is kept ─► waits until `at`, then asks again
 *   refused (a 429) ─► the bucket is frozen; afterwards those that wait leave at its rate, tenants in turn
 */
export class RateLimiter {
  readonly #deps: RateLimiterDeps;
  readonly #buckets = new BoundedMap<string, SharedBucket>(50_000);
  readonly #slots = new CallSlots();
  /** Connections without declared limits that were refused not long ago. */
  readonly #careful = new BoundedMap<string, { readonly bucket: SharedBucket; until: number }>(10_000);

  constructor(deps: RateLimiterDeps) {
    this.#deps = deps;
  }

  now(): number {
    return this.#deps.clock.now();
  }

  /** False for a call that nothing limits, which is most of them without a connection. */
  limits(call: RateCall): boolean {
    return call.connectionId !== null || (call.connector.rateLimits ?? []).length > 0;
  }

  /** `slotMs`: how long the call may take at most. Give the slot back with `ended`. */
  async turn(call: RateCall, ticket: string, slotMs: number): Promise<Turn> {
    const { clock } = this.#deps;
    let sleptMs = 0;
    for (;;) {
      const turn = await this.#ask(call, ticket, slotMs);
      if (turn.kind === "granted") return turn;
      const inMs = Math.max(1, turn.at - clock.now());
      if (sleptMs + inMs > SLEEP_MS) return turn;
      sleptMs += inMs;
      await new Promise<void>((resolve) => void clock.after(inMs, resolve));
    }
  }

  ended({ connectionId }: RateCall, ticket: string): void {
    if (connectionId !== null) this.#slots.give(connectionId, ticket);
  }

  /** The provider said that it is too much. When to come again; null when the call counts against nothing. */
  refused(call: RateCall, ticket: string, retryAfterMs: number | null): number | null {
    const now = this.#deps.clock.now();
    const buckets = this.#narrowest(call);
    for (const bucket of buckets) bucket.freeze(retryAfterMs, now);
    return buckets.reduce<number | null>((latest, bucket) => {
      const at = bucket.turnAt(ticket, call.tenantId, now);
      return at === null ? latest : Math.max(latest ?? 0, at);
    }, null);
  }

  /** A request beyond the call's first. False when it cannot leave before `deadlineAt`. */
  async further(call: RateCall, ticket: string, deadlineAt: number): Promise<boolean> {
    const { clock } = this.#deps;
    for (;;) {
      const turn = await this.#ask({ ...call, connector: { ...call.connector, maxConcurrentCalls: 0 } }, ticket, 0);
      if (turn.kind === "granted") return true;
      if (turn.at >= deadlineAt) {
        this.stepAside(call, ticket);
        return false;
      }
      await new Promise<void>((resolve) => void clock.after(Math.max(1, turn.at - clock.now()), resolve));
    }
  }

  /** Nobody waits with this ticket any longer. */
  stepAside(call: RateCall, ticket: string): void {
    for (const { bucket } of this.#bucketsOf(call)) bucket.stepAside(ticket);
  }

  /** What a response tells about what is left. */
  observe(call: RateCall, response: IncomingResponse): void {
    const now = this.#deps.clock.now();
    for (const each of limitsOfCall(call)) {
      const bucket = this.#bucket(each);
      const reading = each.limit.readHeaders?.(response, now) ?? null;
      if (response.status < 400) bucket.succeeded();
      if (reading !== null) bucket.read(reading, toSpec(each.limit, reading.limit), now);
    }
  }

  /** How one limit stands, as far as this process knows. */
  standing(limit: CallLimit): Promise<Standing> {
    return this.#standingOf(this.#bucket(limit));
  }

  /** The pace that this process keeps with a connection that was refused without a declared limit; null: it is free. */
  async carefulStanding(connectionId: string): Promise<CarefulStanding | null> {
    const bucket = this.#carefulOf(connectionId);
    if (!bucket) return null;
    return { title: CAREFUL_TITLE, ...CAREFUL_PACE, ...(await this.#standingOf(bucket)) };
  }

  async #standingOf(bucket: SharedBucket): Promise<Standing> {
    const { reading, waiting, frozenUntil } = bucket;
    return { reading, waiting, frozenUntil, left: await bucket.left(this.#deps.clock.now()) };
  }

  callsUnderWay(connectionId: string): number {
    return this.#slots.count(connectionId);
  }

  async #ask(call: RateCall, ticket: string, slotMs: number): Promise<Turn> {
    const { clock } = this.#deps;
    const limited = this.#bucketsOf(call);
    for (const { bucket } of limited) {
      const filling = bucket.fill(ticket, call.tenantId, clock.now());
      // Not a turn of the loop where the tokens are in this process: whoever asks later would stand behind us.
      if (filling) await filling;
    }
    const now = clock.now();
    const turns = limited.map(({ bucket, title }) => ({
      bucket,
      title,
      at: bucket.turnAt(ticket, call.tenantId, now),
    }));
    const last = turns.reduce<(typeof turns)[number] | null>(
      (latest, each) => (each.at !== null && each.at > (latest?.at ?? 0) ? each : latest),
      null,
    );
    if (last?.at) {
      // Whoever waits for one bucket stands in no other's way.
      for (const { bucket, at } of turns) if (at === null) bucket.stepAside(ticket);
      return { kind: "waits", at: last.at, reason: `The limit "${last.title}" is used up.` };
    }
    const { connectionId } = call;
    const max = call.connector.maxConcurrentCalls ?? 0;
    if (max > 0 && connectionId !== null && !this.#slots.take(connectionId, ticket, max, now, now + slotMs)) {
      for (const { bucket } of limited) bucket.stepAside(ticket);
      const at = now + SLOT_WAIT_MS;
      return { kind: "waits", at, reason: `The connection has ${max} calls under way, as many as it may have.` };
    }
    for (const { bucket } of limited) bucket.spend(ticket, now);
    return { kind: "granted" };
  }

  #bucketsOf(call: RateCall): readonly { readonly bucket: SharedBucket; readonly title: string }[] {
    const declared = limitsOfCall(call).map((each) => ({ bucket: this.#bucket(each), title: each.limit.title }));
    const careful = declared.length === 0 && call.connectionId !== null ? this.#carefulOf(call.connectionId) : null;
    return careful ? [{ bucket: careful, title: CAREFUL_TITLE }] : declared;
  }

  #carefulOf(connectionId: string): SharedBucket | null {
    const careful = this.#careful.get(connectionId);
    if (careful && careful.until > this.#deps.clock.now()) return careful.bucket;
    if (careful) this.#careful.delete(connectionId);
    return null;
  }

  /** A refusal does not say which budget it is about; the one that the fewest share is the likeliest, and harms the fewest. */
  #narrowest(call: RateCall): readonly SharedBucket[] {
    const limits = limitsOfCall(call);
    const narrowness = ({ limit }: CallLimit) =>
      ({ app: 0, tenant: 2, connection: 4 })[limit.scope] + (limit.method === undefined ? 0 : 1);
    const most = Math.max(...limits.map(narrowness));
    if (limits.length > 0) return limits.filter((each) => narrowness(each) === most).map((each) => this.#bucket(each));
    const { connectionId } = call;
    if (connectionId === null) return [];
    const until = this.#deps.clock.now() + CAREFUL_MS;
    const bucket =
      this.#carefulOf(connectionId) ?? new SharedBucket(`careful ${connectionId}`, CAREFUL, this.#deps.rates);
    this.#careful.set(connectionId, { bucket, until });
    return [bucket];
  }

  #bucket({ key, spec }: CallLimit): SharedBucket {
    const known = this.#buckets.get(key);
    if (known) return known;
    const bucket = new SharedBucket(key, spec, this.#deps.rates);
    this.#buckets.set(key, bucket);
    return bucket;
  }
}
