import type { Database, Transaction } from "../database.ts";
import type { RunJobs } from "../queue/run-jobs.ts";
import { DATABASE_NOW } from "../worker-leases.ts";
import { type QueuedRow, toDueRuns } from "./insert-runs.ts";
import { showQueued } from "./show-queued.ts";

/** How many runs of a dead worker one claim frees: after a crash the first claims must not wait for all of them. */
const FREE_AT_ONCE = 1_000;

/** A worker that holds runs and is not known, or not known to be alive; one look into the index for each worker. */
const DEAD_WORKER = `
  WITH RECURSIVE holders AS (
    (SELECT lease_owner AS owner FROM run_queue WHERE lease_owner IS NOT NULL ORDER BY lease_owner LIMIT 1)
    UNION ALL
    SELECT (SELECT lease_owner FROM run_queue WHERE lease_owner > holders.owner ORDER BY lease_owner LIMIT 1)
    FROM holders WHERE owner IS NOT NULL)
  SELECT owner FROM holders
  WHERE owner IS NOT NULL
    AND NOT EXISTS (SELECT FROM workers WHERE workers.owner = holders.owner AND expires_at > ${DATABASE_NOW})
  LIMIT 1`;

export async function hasDeadWorker(database: Database): Promise<boolean> {
  return (await database.query(DEAD_WORKER)).length > 0;
}

/**
 * Frees runs of a worker whose lease has run out. The worker's row is removed by a statement that finds it only while
 * it is expired: if the worker renews at the same moment, one of the two wins, and it keeps its runs or loses them.
 * True when any became due.
 */
export async function takeOver(transaction: Transaction, jobs: RunJobs): Promise<boolean> {
  const { run } = transaction;
  const [dead] = await run<{ owner: string }>(DEAD_WORKER);
  if (!dead) return false;
  await run(`DELETE FROM workers WHERE owner = $1 AND expires_at <= ${DATABASE_NOW}`, [dead.owner]);
  const [alive] = await run("SELECT FROM workers WHERE owner = $1", [dead.owner]);
  if (alive) return false;
  const freed = await run<QueuedRow>(
    `UPDATE run_queue SET lease_owner = NULL, due_at = created_at, interruptions = interruptions + 1
     WHERE run_id IN (SELECT run_id FROM run_queue WHERE lease_owner = $1 LIMIT $2::integer FOR UPDATE SKIP LOCKED)
     RETURNING run_id, tenant_id, lane, due_at, interruptions`,
    [dead.owner, FREE_AT_ONCE],
  );
  await jobs.add(run, toDueRuns(freed));
  await showQueued(transaction, freed);
  return true;
}
