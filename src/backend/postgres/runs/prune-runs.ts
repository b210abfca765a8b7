import type { RunStore } from "../../../domain/run-store.ts";
import type { Statement } from "../database.ts";
import type { Storage } from "../storage.ts";
import { firstWithFewSteps } from "./few-steps.ts";

/** Removed in one transaction, so that a large clean-up does not hold locks for long. */
const AT_ONCE = 100;
/** So many ledger rows as well, whole runs of them: a loop leaves ten thousands, and a statement may take seconds only. */
const STEPS_AT_ONCE = 20_000;

/** Tenant by tenant, within each the oldest first. */
export function createPruneRuns({ database }: Storage): Pick<RunStore, "prune" | "pruneDedupe"> {
  async function ofEveryTenant(
    limit: number,
    remove: (run: Statement, tenantId: string, limit: number) => Promise<number>,
  ): Promise<number> {
    const tenants = await database.query<{ id: string }>("SELECT id FROM tenants ORDER BY id");
    let removed = 0;
    for (const { id } of tenants) {
      while (removed < limit) {
        const chunk = Math.min(AT_ONCE, limit - removed);
        const count = await database.write(id, ({ run }) => remove(run, id, chunk));
        removed += count;
        if (count === 0) break;
      }
    }
    return removed;
  }

  return {
    prune: ({ finishedBefore, limit }) =>
      ofEveryTenant(limit, (run, tenantId, chunk) => removeRuns(run, tenantId, finishedBefore, chunk)),
    pruneDedupe: ({ now, limit }) =>
      ofEveryTenant(limit, async (run, tenantId, chunk) => {
        const removed = await run(
          `DELETE FROM dedupe_keys WHERE ctid = ANY (ARRAY(
             SELECT ctid FROM dedupe_keys WHERE tenant_id = $1 AND expires_at <= $2::bigint LIMIT $3::integer
             FOR UPDATE SKIP LOCKED))`,
          [tenantId, now, chunk],
        );
        return removed.count;
      }),
  };
}

async function removeRuns(run: Statement, tenantId: string, finishedBefore: number, limit: number): Promise<number> {
  const oldest = await run<{ id: string }>(
    `SELECT id FROM runs
     WHERE tenant_id = $1 AND finished_at < $2::bigint AND status IN ('succeeded', 'failed', 'cancelled')
     ORDER BY finished_at LIMIT $3::integer FOR UPDATE SKIP LOCKED`,
    [tenantId, finishedBefore, limit],
  );
  if (oldest.length === 0) return 0;
  const chosen = await firstWithFewSteps(
    run,
    oldest.map(({ id }) => id),
    STEPS_AT_ONCE,
  );
  const ids = JSON.stringify(chosen);
  await run(`DELETE FROM steps WHERE run_id ${ONE_OF}`, [ids]);
  await run(`DELETE FROM run_signals WHERE run_id ${ONE_OF}`, [ids]);
  await run(`DELETE FROM runs WHERE id ${ONE_OF}`, [ids]);
  return chosen.length;
}

const ONE_OF = "= ANY (ARRAY(SELECT json_array_elements_text($1::text::json)))";
