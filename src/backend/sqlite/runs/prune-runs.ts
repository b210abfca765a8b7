import type { RunStore } from "../../../domain/run-store.ts";
import type { Storage } from "../storage.ts";

/** Removed in one intention, so that a large clean-up does not keep the callers of its batch waiting. */
const AT_ONCE = 100;
/** After so many ledger rows it is enough as well: a loop leaves ten thousands, and nothing else happens meanwhile. */
const STEPS_AT_ONCE = 3_000;

export function createPruneRuns({ raw, commits }: Storage): Pick<RunStore, "prune" | "pruneDedupe"> {
  const oldest = raw.prepare<{ id: string }, [number, number]>(
    `SELECT id FROM runs INDEXED BY runs_finished
     WHERE finished_at IS NOT NULL AND finished_at < ? AND status IN ('succeeded', 'failed', 'cancelled')
     ORDER BY finished_at LIMIT ?`,
  );
  const removals = [
    "DELETE FROM steps WHERE run_id = ?",
    "DELETE FROM run_signals WHERE run_id = ?",
    "DELETE FROM run_payloads WHERE run_id = ?",
    "DELETE FROM runs WHERE id = ?",
  ].map((sql) => raw.prepare(sql));
  const removeKeys = raw.prepare(
    `DELETE FROM dedupe_keys WHERE (tenant_id, workflow_id, key_hash) IN
       (SELECT tenant_id, workflow_id, key_hash FROM dedupe_keys WHERE expires_at <= ? LIMIT ?)`,
  );

  return {
    prune: ({ finishedBefore, limit }) =>
      inChunks(limit, (chunk) =>
        commits.submit(() => {
          let [runs, rows] = [0, 0];
          for (const { id } of oldest.all(finishedBefore, chunk)) {
            for (const removal of removals) rows += removal.run(id).changes;
            runs += 1;
            if (rows > STEPS_AT_ONCE) break;
          }
          return runs;
        }),
      ),
    pruneDedupe: ({ now, limit }) =>
      inChunks(limit, (chunk) => commits.submit(() => removeKeys.run(now, chunk).changes)),
  };
}

async function inChunks(limit: number, remove: (chunk: number) => Promise<number>): Promise<number> {
  let removed = 0;
  while (removed < limit) {
    const chunk = Math.min(AT_ONCE, limit - removed);
    const count = await remove(chunk);
    removed += count;
    if (count === 0) break;
  }
  return removed;
}
