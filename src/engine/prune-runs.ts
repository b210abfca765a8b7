import type { Backend } from "../domain/backend.ts";
import type { Clock } from "../platform/clock.ts";

const EVERY_MS = 60_000;
/** Removed in one commit: small enough that nobody waits for it. */
const CHUNK = 500;
/** Left to others between two chunks. */
const PAUSE_MS = 50;
const DAY_MS = 86_400_000;

/** Removes runs that ended longer ago than the installation keeps them, and dedupe keys that have run out. */
export class PruneTicker {
  readonly #backend: Backend;
  readonly #clock: Clock;
  readonly #retentionDays: number;
  #cancel: () => void = () => {};
  #running: Promise<void> | null = null;
  #stopped = true;

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
    const { runs } = this.#backend;
    const keys = await runs.pruneDedupe({ now, limit: CHUNK });
    if (this.#retentionDays === 0) return keys;
    return keys + (await runs.prune({ finishedBefore: now - this.#retentionDays * DAY_MS, limit: CHUNK }));
  }
}
