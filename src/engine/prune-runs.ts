import type { Backend } from "../domain/backend.ts";
import type { Clock } from "../platform/clock.ts";

const EVERY_MS = 60_000;
/** Removed in one commit: small enough that nobody waits for it. */
const CHUNK = 500;
/** Left to others between two chunks. */
const PAUSE_MS = 50;
const DAY_MS = 86_400_000;
/** All are looked at each time, and nothing depends on when one goes. */
const FORGET_BUCKETS_EVERY_MS = 3_600_000;
/** The longest time over which any provider counts: a bucket that nobody has touched for so long is full again. */
const BUCKET_IDLE_MS = DAY_MS;

/**
 * Removes runs that ended longer ago than the installation keeps them, dedupe keys that have run out, and the budgets of
 * connections that are not used any more.
 */
export class PruneTicker {
  readonly #backend: Backend;
  readonly #clock: Clock;
  readonly #retentionDays: number;
  #cancel: () => void = () => {};
  #running: Promise<void> | null = null;
  #stopped = true;
  #forgottenAt = Number.NEGATIVE_INFINITY;

  /** `retentionDays` 0 keeps runs for ever. */
  constructor(options: { readonly backend: Backend; readonly clock: Clock; readonly retentionDays: number }) {
    this.#backend = options.backend;
    this.#clock = options.clock;
    this.#retentionDays = options.retentionDays;
  }

  start(): void {
    this.#stopped = false;
    this.#next(EVERY_MS);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel();
    await this.#running;
  }

  #next(delayMs: number): void {
    if (this.#stopped) return;
    this.#cancel = this.#clock.after(delayMs, () => {
      this.#running = this.#pruneChunk()
        // What cannot be written now is pruned later.
        .catch(() => 0)
        .then((removed) => this.#next(removed > 0 ? PAUSE_MS : EVERY_MS));
    });
  }

  async #pruneChunk(): Promise<number> {
    const now = this.#clock.now();
    const { runs, rates } = this.#backend;
    if (now - this.#forgottenAt >= FORGET_BUCKETS_EVERY_MS) {
      await rates.forget(now - BUCKET_IDLE_MS);
      this.#forgottenAt = now;
    }
    const keys = await runs.pruneDedupe({ now, limit: CHUNK });
    if (this.#retentionDays === 0) return keys;
    return keys + (await runs.prune({ finishedBefore: now - this.#retentionDays * DAY_MS, limit: CHUNK }));
  }
}
