import type { ActionContext } from "../../src/connector-sdk/action.ts";
import { ActionError } from "../../src/connector-sdk/action-error.ts";
import type { Json } from "../../src/domain/json.ts";
import type { Effect } from "../../src/domain/workflow.ts";

/** How often each kind of trouble happens, out of 100 calls. */
export interface FaultRates {
  readonly refused: number;
  readonly rateLimited: number;
  readonly lostAnswer: number;
  readonly lostRequest: number;
  readonly serverError: number;
}

/**
 * The other side. It outlives every crash of ours, does what it is asked, and forgets nothing: which effects it has
 * done under which key, and how often it was asked.
 */
export class FakeProvider {
  /** Effects really done, by idempotency key. For `keyed` actions a second call under a key does nothing more. */
  readonly done = new Map<string, { effect: Effect; times: number }>();
  calls = 0;
  readonly #random: () => number;
  readonly #rates: FaultRates;

  constructor(random: () => number, rates: FaultRates) {
    this.#random = random;
    this.#rates = rates;
  }

  /** Throws as a connector would for what the engine can see of the fault. */
  call(effect: Effect, context: ActionContext): Json {
    this.calls += 1;
    const { refused, rateLimited, lostRequest, lostAnswer, serverError } = this.#rates;
    let dice = this.#random() * 100;
    const hits = (rate: number) => {
      dice -= rate;
      return dice < 0;
    };
    if (hits(refused)) throw new ActionError("retryable", "connection refused", { code: "refused" });
    if (hits(rateLimited))
      throw new ActionError("rate_limited", "slow down", { code: "http_429", retryAfterMs: 2_000 });
    if (hits(lostRequest)) throw new ActionError("unknown", "the request got lost", { code: "timeout" });
    this.#perform(effect, context.idempotencyKey);
    if (hits(lostAnswer)) throw new ActionError("unknown", "the answer got lost", { code: "timeout" });
    if (hits(serverError)) throw new ActionError("unknown", "500 after the work was done", { code: "http_500" });
    return { ok: true, key: context.idempotencyKey };
  }

  #perform(effect: Effect, key: string): void {
    const before = this.done.get(key);
    if (!before) this.done.set(key, { effect, times: 1 });
    else if (effect !== "keyed") before.times += 1;
  }
}
