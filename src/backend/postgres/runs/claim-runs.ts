import { SUSPECT_INTERRUPTIONS } from "../../../domain/run.ts";
import type { ClaimedRun, RunStore } from "../../../domain/run-store.ts";
import { type BigintText, toNumber } from "../../rows/cells.ts";
import { RUN_COLUMNS, type RunRow } from "../../rows/run-row.ts";
import type { Statement, Transaction } from "../database.ts";
import { type DueRun, queueOf, type RunJobs, SUSPECTS, setQueueClock } from "../queue/run-jobs.ts";
import type { Storage } from "../storage.ts";
import { UnknownOutcome } from "../unknown-outcome.ts";
import { chooseTurns, DUE, DUE_LANES, HAS_ROOM, lockCaps, STANDS_RIGHT, shareCaps } from "./choose-due.ts";
import { type QueuedRow, toDueRuns } from "./insert-runs.ts";
import { toRun } from "./run-rows.ts";
import { readSignals } from "./run-signals.ts";
import { byTenant, idsOf, showQueued } from "./show-queued.ts";
import { readSteps } from "./step-rows.ts";
import { hasDeadWorker, takeOver } from "./take-over.ts";
import { ClaimBudget } from "./weigh-runs.ts";

const SUSPECT = `interruptions >= ${SUSPECT_INTERRUPTIONS}`;
/** What was chosen may be gone a moment later, and jobs may be out of date; then it is chosen again. */
const MAX_CHOICES = 5;
/** What one claim reads, about: runs with long loops are claimed a few at a time, or no statement would end in time. */
const BYTES_AT_ONCE = 32_000_000;

interface HeldRow {
  readonly run_id: string;
  readonly tenant_id: string;
  readonly fence: number;
  readonly interruptions: number;
  readonly signals_applied: number;
}
interface Taken {
  readonly claimed: readonly ClaimedRun[];
  readonly served: string;
}
type ClaimOptions = Parameters<RunStore["claim"]>[0];

/**
 * Handing due runs to the workers of all replicas.
 *
 *   held by a worker whose lease has run out ──► due at once, one interruption more ──┐
 *   due, never or once interrupted ───────────────────────────────────────────────────┼─► claimed, tenants in turn
 *   due, interrupted too often (a suspect) ───────────────────────────────────────────┴─► claimed alone
 *
 * Whose turn it is, is decided over all tenants; which runs they are, pg-boss says: it hands each job to one claim.
 * A worker holds one suspect at a time, so that a run which kills its process drags no innocent one into review.
 */
export function createClaimRuns({
  database,
  leases,
  changes,
  jobs,
  maxRunningPerTenant,
}: Storage): Pick<RunStore, "claim" | "nextDueAt" | "renew" | "releaseAll"> {
  /** The tenant served last: the next claim starts behind it. */
  let lastServed = "";
  /** Who claims here: what it holds decides whether a suspect can be claimed. */
  let claiming = "";
  const writer = `claims ${crypto.randomUUID()}`;
  let unknown: UnknownOutcome<Taken> | null = null;
  /** One claim at a time: two would each take a suspect. */
  let previous: Promise<unknown> = Promise.resolve();

  async function claim(options: ClaimOptions): Promise<readonly ClaimedRun[]> {
    claiming = options.owner;
    await leases.ensure(options.owner);
    const { claimed, served } = await settleLast(() =>
      database.write(null, (transaction) => take(transaction, options), writer),
    );
    lastServed = served;
    return claimed;
  }

  /**
   * A claim whose COMMIT was not answered may have leased runs to this worker, who does not know of them: before the
   * next one it is found out, and what it leased is given then.
   */
  async function settleLast(claimNow: () => Promise<Taken>): Promise<Taken> {
    if (unknown?.settle) {
      const settled = await unknown.settle();
      unknown = null;
      if (settled.committed) return settled.value;
    }
    try {
      return await claimNow();
    } catch (error) {
      if (error instanceof UnknownOutcome) unknown = error;
      throw error;
    }
  }

  async function take(transaction: Transaction, options: ClaimOptions): Promise<Taken> {
    const { run } = transaction;
    // Asked together, because each answer that is waited for costs a round trip.
    const [, tookOver, asked] = await Promise.all([
      shareCaps(run),
      takeOver(transaction, jobs),
      lookAround(run, options),
      setQueueClock(run, options.now),
    ]);
    const { isCapped, isSuspectDue } = tookOver ? await lookAround(run, options) : asked;
    if (isCapped || maxRunningPerTenant !== null) await lockCaps(run);
    const suspects = isSuspectDue ? await holdSuspect(run, jobs, options, maxRunningPerTenant) : [];
    const limit = options.limit - suspects.length;
    const fair = await holdInTurns(transaction, jobs, { ...options, limit, lastServed, maxRunningPerTenant });
    const claimed = await readClaimed(transaction, [...suspects, ...fair.rows], options.owner);
    return { claimed, served: fair.served };
  }

  return {
    claim(options) {
      const claiming = previous.then(() => claim(options));
      previous = claiming.catch(() => {});
      return claiming;
    },
    async nextDueAt() {
      // A lease of a worker that is gone is due now; a suspect only while no other one is held.
      if (await hasDeadWorker(database)) return 0;
      const [row] = await database.query<{ due_at: BigintText | null }>(
        `WITH ${DUE_LANES}
         SELECT least(
           (SELECT min((SELECT due_at FROM run_queue
                        WHERE ${DUE} AND tenant_id = lanes.tenant_id AND lane = lanes.lane
                        ORDER BY due_at LIMIT 1)) FROM lanes),
           (SELECT min(due_at) FROM run_queue WHERE ${SUSPECT} AND lease_owner IS NULL
              AND NOT EXISTS (SELECT FROM run_queue WHERE ${SUSPECT} AND lease_owner = $1))) AS due_at`,
        [claiming],
      );
      return row?.due_at == null ? null : toNumber(row.due_at);
    },
    renew: (owner) => leases.renew(owner),
    async releaseAll(holder, now) {
      await database.write(null, async (transaction) => {
        const released = await transaction.run<QueuedRow>(
          `UPDATE run_queue SET lease_owner = NULL, due_at = $2::bigint WHERE lease_owner = $1
           RETURNING run_id, tenant_id, lane, due_at, interruptions`,
          [holder, now],
        );
        await jobs.add(transaction.run, toDueRuns(released));
        await showQueued(transaction, released);
      });
      changes.announceDue();
    },
  };
}

/** What decides how a claim goes on. */
async function lookAround(run: Statement, { owner, limit, now }: ClaimOptions) {
  const [row] = await run<{ capped: boolean; suspect: boolean }>(
    `SELECT EXISTS (SELECT FROM workflow_caps) AS capped,
            EXISTS (SELECT FROM run_queue WHERE ${SUSPECT} AND lease_owner IS NULL AND due_at <= $2::bigint)
            AND NOT EXISTS (SELECT FROM run_queue WHERE ${SUSPECT} AND lease_owner = $1) AS suspect`,
    [owner, now],
  );
  return { isCapped: row?.capped ?? false, isSuspectDue: limit > 0 && (row?.suspect ?? false) };
}

async function holdSuspect(
  run: Statement,
  jobs: RunJobs,
  { owner, now }: ClaimOptions,
  maxRunningPerTenant: number | null,
): Promise<readonly HeldRow[]> {
  const noRoom: DueRun[] = [];
  let held: readonly HeldRow[] = [];
  const isMeant = `${SUSPECT} AND due_at <= $3::bigint AND ${HAS_ROOM("$4")}`;
  for (let choice = 1; held.length === 0 && choice <= MAX_CHOICES; choice += 1) {
    let taken: readonly string[] = [];
    held = await jobs.take(run, SUSPECTS, 1, (ids) => {
      taken = ids;
      return hold(run, ids, owner, isMeant, [now, maxRunningPerTenant]);
    });
    if (taken.length === 0) break;
    if (held.length === 0) noRoom.push(...(await stillDue(run, taken, now)));
  }
  await jobs.add(run, noRoom);
  return held;
}

async function stillDue(run: Statement, runIds: readonly string[], now: number): Promise<readonly DueRun[]> {
  const rows = await run<QueuedRow>(
    `SELECT run_id, tenant_id, lane, due_at, interruptions FROM run_queue
     WHERE run_id = ANY (ARRAY(SELECT json_array_elements_text($1::text::json)))
       AND lease_owner IS NULL AND due_at <= $2::bigint`,
    [JSON.stringify(runIds), now],
  );
  return toDueRuns(rows);
}

type Turn = Parameters<typeof chooseTurns>[1] & ClaimOptions;

/** Until `limit` is reached or nothing is due. */
async function holdInTurns(transaction: Transaction, jobs: RunJobs, options: Turn) {
  const { run } = transaction;
  const { owner, limit, now, lastServed, maxBytes = BYTES_AT_ONCE } = options;
  for (let choice = 1; limit > 0 && choice <= MAX_CHOICES; choice += 1) {
    const turns = await chooseTurns(run, options);
    const budget = new ClaimBudget(Math.min(maxBytes, BYTES_AT_ONCE), turns.length);
    const taken = await Promise.all(
      turns.map(({ tenant_id: tenantId, lane, runs }) =>
        jobs.take(run, queueOf(tenantId, lane), runs, async (ids) => {
          const isMeant = `${DUE} AND due_at <= $3::bigint AND tenant_id = $4 AND lane = $5 AND ${STANDS_RIGHT}`;
          const [, few] = await Promise.all([transaction.setTenant(tenantId), budget.fitting(run, ids)]);
          const held = await hold(run, few, owner, isMeant, [now, tenantId, lane]);
          if (held.length < few.length) await moveToLanes(run, jobs, few);
          if (few.length < ids.length) await jobs.add(run, await stillDue(run, ids.slice(few.length), now));
          return held;
        }),
      ),
    );
    const rows = taken.flat();
    const last = turns.findLast((_, n) => (taken[n]?.length ?? 0) > 0);
    if (last) return { rows, served: last.tenant_id };
    if (turns.length === 0) break;
  }
  return { rows: [], served: lastServed };
}

/** Runs that were queued before their workflow had a cap wait in its lane from now on. */
async function moveToLanes(run: Statement, jobs: RunJobs, runIds: readonly string[]): Promise<void> {
  const moved = await run<QueuedRow>(
    `UPDATE run_queue SET lane = workflow_id
     WHERE run_id IN (
       SELECT run_id FROM run_queue WHERE run_id = ANY (ARRAY(SELECT json_array_elements_text($1::text::json)))
         AND lease_owner IS NULL AND NOT ${STANDS_RIGHT} ORDER BY run_id FOR UPDATE)
     RETURNING run_id, tenant_id, lane, due_at, interruptions`,
    [JSON.stringify(runIds)],
  );
  await jobs.add(run, toDueRuns(moved));
}

/** Leases those of the runs that nobody holds and that are what their job says; `$1` and `$2` are taken. */
async function hold(
  run: Statement,
  runIds: readonly string[],
  owner: string,
  isMeant: string,
  values: readonly (string | number | null)[],
): Promise<readonly HeldRow[]> {
  if (runIds.length === 0) return [];
  return run<HeldRow>(
    `UPDATE run_queue SET lease_owner = $1, fence = fence + 1, due_at = NULL
     WHERE run_id IN (
       SELECT run_id FROM run_queue WHERE run_id = ANY (ARRAY(SELECT json_array_elements_text($2::text::json)))
         AND lease_owner IS NULL AND ${isMeant} ORDER BY run_id FOR UPDATE)
     RETURNING run_id, tenant_id, fence, interruptions, signals_applied`,
    [owner, JSON.stringify(runIds), ...values],
  );
}

async function readClaimed(
  transaction: Transaction,
  rows: readonly HeldRow[],
  owner: string,
): Promise<readonly ClaimedRun[]> {
  const claimed: ClaimedRun[] = [];
  for (const [tenantId, ofTenant] of byTenant(rows)) {
    const { run } = transaction;
    const ids = ofTenant.map(({ run_id }) => run_id);
    const [, stored, ledgers, signals] = await Promise.all([
      transaction.setTenant(tenantId),
      run<RunRow>(
        `UPDATE runs SET status = 'running', waiting_for = NULL
         WHERE id = ANY (ARRAY(SELECT json_array_elements_text($1::text::json))) RETURNING ${RUN_COLUMNS}`,
        [idsOf(ofTenant)],
      ),
      readSteps(run, ids),
      readSignals(
        run,
        ofTenant.map((row) => ({ runId: row.run_id, seq: row.signals_applied })),
      ),
    ]);
    const byId = new Map(stored.map((row) => [row.id, row]));
    for (const { run_id: runId, fence, interruptions } of ofTenant) {
      const row = byId.get(runId);
      if (!row) throw new Error(`Run ${runId} is queued but is not there.`);
      const lease = { tenantId, runId, owner, fence };
      const ledger = ledgers.get(runId) ?? [];
      claimed.push({ run: toRun(row), lease, interruptions, ledger, signals: signals.get(runId) ?? [] });
    }
  }
  return claimed;
}
