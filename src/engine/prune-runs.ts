import type { Backend } from "../domain/backend.ts";
import type { Clock } from "../platform/clock.ts";
import { Ticker } from "../platform/ticker.ts";

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

export interface PruneTickerOptions {
  readonly backend: Pick<Backend, "runs" | "rates">;
  readonly clock: Clock;
  /** 0 keeps runs for ever. */
  readonly retentionDays: number;
}

/**
 * Removes runs that ended longer ago than the installation keeps them, dedupe keys that have run out, and the budgets of
 * connections that are not used any more.
 */
export function createPruneTicker({ backend, clock, retentionDays }: PruneTickerOptions): Ticker {
  const { runs, rates } = backend;
  let forgottenAt = Number.NEGATIVE_INFINITY;

  async function pruneChunk(): Promise<number> {
    const now = clock.now();
    if (now - forgottenAt >= FORGET_BUCKETS_EVERY_MS) {
      await rates.forget(now - BUCKET_IDLE_MS);
      forgottenAt = now;
    }
    const keys = await runs.pruneDedupe({ now, limit: CHUNK });
    if (retentionDays === 0) return keys;
    return keys + (await runs.prune({ finishedBefore: now - retentionDays * DAY_MS, limit: CHUNK }));
  }

  return new Ticker({
    clock,
    firstInMs: EVERY_MS,
    everyMs: EVERY_MS,
    work: async () => ((await pruneChunk()) > 0 ? PAUSE_MS : EVERY_MS),
  });
}
