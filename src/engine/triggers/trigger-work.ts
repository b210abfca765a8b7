import type { Clock } from "../../platform/clock.ts";

interface Place {
  readonly tenantId: string;
  readonly workflowId: string;
}

interface TriggerWorkOptions<Item extends Place> {
  readonly clock: Clock;
  /** The earliest due, at most so many. */
  due(limit: number): Promise<readonly Item[]>;
  nextDueAt(): Promise<number | null>;
  /** Must move the item on, or it is due again at once. A rejection leaves it for the next look. */
  work(item: Item): Promise<void>;
}

/** Calls to providers at a time, for all triggers of a kind; a slow provider of one tenant leaves room for others. */
const MAX_AT_ONCE = 32;
const MAX_OF_TENANT = 8;
const LOOK_EVERY_MS = 1_000;

/** Works on triggers that call their provider by themselves: many at once, each of them once at a time. */
export class TriggerWork<Item extends Place> {
  readonly #options: TriggerWorkOptions<Item>;
  readonly #busy = new Map<string, Promise<void>>();
  readonly #byTenant = new Map<string, number>();
  #cancelTimer: () => void = () => {};
  #looking: Promise<void> | null = null;
  #lookAgain = false;
  #stopped = true;

  constructor(options: TriggerWorkOptions<Item>) {
    this.#options = options;
  }

  start(): void {
    this.#stopped = false;
    this.wake();
  }

  /** Waits for calls under way, at most `graceMs`: what is not settled is done again after its lease. */
  async stop(graceMs: number): Promise<void> {
    this.#stopped = true;
    this.#cancelTimer();
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = this.#options.clock.after(graceMs, resolve);
    const ended = (async () => {
      await this.#looking;
      await Promise.allSettled(this.#busy.values());
    })();
    await Promise.race([ended, promise]);
    cancel();
  }

  /** Something may have become due. */
  wake(): void {
    if (this.#stopped) return;
    if (this.#looking) {
      this.#lookAgain = true;
      return;
    }
    this.#cancelTimer();
    this.#looking = this.#look().finally(() => {
      this.#looking = null;
      if (!this.#lookAgain) return;
      this.#lookAgain = false;
      this.wake();
    });
  }

  async #look(): Promise<void> {
    const { clock } = this.#options;
    let nextAt: number | null = null;
    try {
      // Those under way may still stand at the head.
      const due = await this.#options.due(MAX_AT_ONCE * 2 + this.#busy.size);
      for (const item of due) this.#begin(item);
      nextAt = await this.#options.nextDueAt();
    } catch {
      // The backend cannot be reached; `/readyz` says so, and the next look tries again.
    }
    if (this.#stopped) return;
    const now = clock.now();
    const inMs = Math.min(LOOK_EVERY_MS, Math.max(20, (nextAt ?? now + LOOK_EVERY_MS) - now));
    this.#cancelTimer = clock.after(inMs, () => this.wake());
  }

  #begin(item: Item): void {
    const { tenantId, workflowId } = item;
    const ofTenant = this.#byTenant.get(tenantId) ?? 0;
    if (this.#stopped || this.#busy.has(workflowId)) return;
    if (this.#busy.size >= MAX_AT_ONCE || ofTenant >= MAX_OF_TENANT) return;
    this.#byTenant.set(tenantId, ofTenant + 1);
    const working = this.#options
      .work(item)
      .catch(() => {})
      .finally(() => {
        this.#busy.delete(workflowId);
        const left = (this.#byTenant.get(tenantId) ?? 1) - 1;
        if (left === 0) this.#byTenant.delete(tenantId);
        else this.#byTenant.set(tenantId, left);
        this.wake();
      });
    this.#busy.set(workflowId, working);
  }
}
