import type { Clock } from "../../platform/clock.ts";
import { Ticker } from "../../platform/ticker.ts";
import { waitAtMost } from "../../platform/wait-at-most.ts";

interface Place {
  readonly tenantId: string;
  readonly workflowId: string;
}

interface TriggerWorkOptions<Item extends Place> {
  readonly clock: Clock;
  /** The earliest due, at most so many, of all tenants but these. */
  due(limit: number, exceptTenants: readonly string[]): Promise<readonly Item[]>;
  nextDueAt(): Promise<number | null>;
  /** Must move the item on, or it is due again at once. A rejection leaves it for the next look. */
  work(item: Item): Promise<void>;
}

/** Calls to providers at a time, for all triggers of a kind; slow providers of some tenants leave room for others. */
const MAX_AT_ONCE = 64;
const MAX_OF_TENANT = 8;
/** When half of all are taken. */
const FEW_OF_TENANT = 1;
const LOOK_EVERY_MS = 1_000;

/** Works on triggers that call their provider by themselves: many at once, each of them once at a time. */
export class TriggerWork<Item extends Place> {
  readonly #options: TriggerWorkOptions<Item>;
  readonly #busy = new Map<string, Promise<void>>();
  readonly #byTenant = new Map<string, number>();
  readonly #ticker: Ticker;

  constructor(options: TriggerWorkOptions<Item>) {
    this.#options = options;
    this.#ticker = new Ticker({ clock: options.clock, everyMs: LOOK_EVERY_MS, work: () => this.#look() });
  }

  start(): void {
    this.#ticker.start();
  }

  /** Waits for calls under way, at most `graceMs`: what is not settled is done again after its lease. */
  async stop(graceMs: number): Promise<void> {
    const ended = this.#ticker.stop().then(() => Promise.allSettled(this.#busy.values()));
    await waitAtMost(this.#options.clock, graceMs, ended);
  }

  /** Something may have become due. */
  wake(): void {
    this.#ticker.wake();
  }

  async #look(): Promise<number> {
    let mustWait = false;
    // Those under way may still stand at the head.
    const limit = MAX_AT_ONCE * 2 + this.#busy.size;
    for (let except: readonly string[] = []; ; ) {
      const due = await this.#options.due(limit, except);
      for (const item of due) mustWait = !this.#begin(item) || mustWait;
      // What a tenant may not begin now must not hide what others have due.
      const full = this.#fullTenants();
      if (due.length < limit || this.#busy.size >= MAX_AT_ONCE || full.length === except.length) break;
      except = full;
    }
    const nextAt = await this.#options.nextDueAt();
    // What waits for a place is looked at when one becomes free.
    if (nextAt === null || mustWait) return LOOK_EVERY_MS;
    return Math.min(LOOK_EVERY_MS, Math.max(20, nextAt - this.#options.clock.now()));
  }

  #mayBegin(tenantId: string): boolean {
    const most = this.#busy.size < MAX_AT_ONCE / 2 ? MAX_OF_TENANT : FEW_OF_TENANT;
    return this.#busy.size < MAX_AT_ONCE && (this.#byTenant.get(tenantId) ?? 0) < most;
  }

  #fullTenants(): readonly string[] {
    return [...this.#byTenant.keys()].filter((tenantId) => !this.#mayBegin(tenantId));
  }

  /** False when it has to wait for a place. */
  #begin(item: Item): boolean {
    const { tenantId, workflowId } = item;
    if (this.#ticker.isStopped || this.#busy.has(workflowId)) return true;
    if (!this.#mayBegin(tenantId)) return false;
    const ofTenant = this.#byTenant.get(tenantId) ?? 0;
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
    return true;
  }
}
