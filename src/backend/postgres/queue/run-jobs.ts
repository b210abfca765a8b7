import type { ConnectionOptions, PgBoss } from "pg-boss";
import { SUSPECT_INTERRUPTIONS } from "../../../domain/run.ts";
import type { Statement } from "../database.ts";
import { QUEUE_CLOCK, QUEUE_SCHEMA } from "./install-pg-boss.ts";

/** A run that wants to be claimed, once `dueAt` has come. */
export interface DueRun {
  readonly run_id: string;
  readonly tenant_id: string;
  /** Empty, or the workflow whose runs are counted because it has a cap. */
  readonly lane: string;
  readonly due_at: number;
  readonly interruptions: number;
}

/** pg-boss's dead letters: runs that were interrupted so often that they may be what kills their workers. */
export const SUSPECTS = "suspects";

/** A queue of its own for every tenant, so that workers can serve tenants in turn; and for every workflow with a cap. */
export function queueOf(tenantId: string, lane: string): string {
  return lane === "" ? `runs/${tenantId}` : `runs/${tenantId}/${lane}`;
}

/** A run may wait for longer than pg-boss keeps a job by default (14 days), and no job of ours may ever be swept. */
export const KEEP_SECONDS = 10 * 365 * 86_400;
const QUEUE_OPTIONS = { retentionSeconds: KEEP_SECONDS, deadLetter: SUSPECTS } as const;

/**
 * The queue of runs, in pg-boss. A job says: look at this run, not before its time. It is written in the transaction
 * that makes the run due, and taken out in the one that leases the run to a worker:
 *
 *   run becomes due ──insert──► job `created` ──fetch, delete──► run leased
 *
 * So there is at least one job for every run that is due or will be, and none gets lost with a worker: a worker holds
 * leases (`run_queue`), never jobs. A job may be out of date (its run was woken earlier and has gone on); whoever
 * fetches it sees that by the run's row, which alone decides.
 */
export class RunJobs {
  readonly #open: () => Promise<PgBoss>;
  readonly #known = new Set<string>();
  #opening: Promise<PgBoss> | null = null;

  constructor(open: () => Promise<PgBoss>) {
    this.#open = open;
  }

  /** pg-boss takes a moment to load: a server does it at its start, a command only if it needs it. */
  boss(): Promise<PgBoss> {
    this.#opening ??= this.#open().catch((error) => {
      this.#opening = null;
      throw error;
    });
    return this.#opening;
  }

  /** Inside the transaction that makes the runs due. */
  async add(run: Statement, due: readonly DueRun[]): Promise<void> {
    if (due.length === 0) return;
    const boss = await this.boss();
    const db = within(run);
    for (const [queue, runs] of Map.groupBy(due, queueFor)) {
      await this.#ensure(boss, queue);
      const jobs = runs.map(({ run_id, due_at }) => ({
        data: { runId: run_id },
        startAfter: new Date(due_at).toISOString(),
        priority: priorityOf(due_at),
      }));
      await boss.insert(queue, jobs, { db });
    }
  }

  /**
   * Takes at most `limit` jobs that are due out of the queue, and gives what `use` makes of the ids of their runs. The
   * transaction says what time it is (`setQueueClock`).
   */
  async take<T>(
    run: Statement,
    queue: string,
    limit: number,
    use: (runIds: readonly string[]) => Promise<readonly T[]>,
  ): Promise<readonly T[]> {
    const boss = await this.boss();
    const db = within(run);
    await this.#ensure(boss, queue);
    const jobs = await boss.fetch<{ runId: string }>(queue, { batchSize: limit, db });
    if (jobs.length === 0) return [];
    const deleting = boss.deleteJob(
      queue,
      jobs.map(({ id }) => id),
      { db },
    );
    const [used] = await Promise.all([use(jobs.map(({ data }) => data.runId)), deleting]);
    return used;
  }

  async stop(): Promise<void> {
    const boss = await this.#opening;
    await boss?.stop({ graceful: false, close: false });
  }

  async #ensure(boss: PgBoss, queue: string): Promise<void> {
    if (this.#known.has(queue)) return;
    await boss.createQueue(queue, queue === SUSPECTS ? { retentionSeconds: KEEP_SECONDS } : QUEUE_OPTIONS);
    this.#known.add(queue);
  }
}

/** What `take` goes by for the rest of the transaction. */
export async function setQueueClock(run: Statement, now: number): Promise<void> {
  await run(`SELECT set_config('${QUEUE_CLOCK}', $1, true)`, [new Date(now).toISOString()]);
}

/**
 * Gives a job to every run that waits for a worker and has none, and tells how many there were. There are none, unless
 * rows were brought in from elsewhere or jobs were removed by hand: such a run would never be worked on.
 */
export async function addMissingJobs(jobs: RunJobs, run: Statement): Promise<number> {
  const missing = await run<DueRun>(
    `SELECT run_id, tenant_id, lane, due_at, interruptions FROM run_queue
     WHERE lease_owner IS NULL AND due_at IS NOT NULL AND NOT EXISTS (
       SELECT FROM ${QUEUE_SCHEMA}.job_common
       WHERE state < 'active' AND data->>'runId' = run_queue.run_id
         AND start_after <= to_timestamp(due_at / 1000.0) + interval '1 millisecond')
     LIMIT 10000 FOR UPDATE SKIP LOCKED`,
  );
  await jobs.add(
    run,
    missing.map((each) => ({ ...each, due_at: Number(each.due_at) })),
  );
  return missing.length;
}

function queueFor({ tenant_id, lane, interruptions }: DueRun): string {
  return interruptions >= SUSPECT_INTERRUPTIONS ? SUSPECTS : queueOf(tenant_id, lane);
}

const PRIORITY_EPOCH_MS = Date.UTC(2026, 0, 1);
const INT_MAX = 2_147_483_647;
/** pg-boss serves the highest priority first: here that is the run that has been due for longest, to the second. */
function priorityOf(dueAt: number): number {
  const seconds = Math.floor((dueAt - PRIORITY_EPOCH_MS) / 1_000);
  return -Math.max(-INT_MAX, Math.min(INT_MAX, seconds));
}

/**
 * pg-boss names the queue in the text of its statements. As prepared statements there would be one for every queue in
 * every session, for ever; with its parameters written into it a statement is sent as plain text and forgotten.
 */
function within(run: Statement): NonNullable<ConnectionOptions["db"]> {
  return {
    async executeSql(text, values = []) {
      const rows = await run<unknown>(text.replace(/\$(\d+)/g, (_, n: string) => toLiteral(values[Number(n) - 1])));
      return { rows: [...rows] };
    },
  };
}

function toLiteral(value: unknown): string {
  if (value === null || value === undefined) return "NULL";
  if (typeof value === "number") return String(value);
  if (Array.isArray(value)) return `ARRAY[${value.map(toLiteral).join(",")}]`;
  return `'${String(value).replaceAll("'", "''")}'`;
}
