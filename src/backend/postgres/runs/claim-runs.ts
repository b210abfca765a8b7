import type { ClaimedRun, RunStore } from "../../../domain/backend.ts";
import { SUSPECT_INTERRUPTIONS } from "../../../domain/run.ts";
import type { Statement, Transaction } from "../database.ts";
import type { Storage } from "../storage.ts";
import { type BigintText, toNumber } from "../text-columns.ts";
import { RUN_COLUMNS, type RunRow, toRun } from "./run-rows.ts";
import { readSignals } from "./run-signals.ts";
import { byTenant, idsOf, type RunPlace, showQueued } from "./show-queued.ts";
import { readSteps } from "./step-rows.ts";
import { hasDeadWorker, takeOver } from "./take-over.ts";

const DUE = `due_at IS NOT NULL AND interruptions < ${SUSPECT_INTERRUPTIONS}`;
const SUSPECT = `interruptions >= ${SUSPECT_INTERRUPTIONS}`;
/** The tenants with due runs, one look into the index for each. */
const DUE_TENANTS = `
  RECURSIVE due_tenants AS (
    (SELECT tenant_id FROM run_queue WHERE ${DUE} ORDER BY tenant_id LIMIT 1)
    UNION ALL
    SELECT (SELECT tenant_id FROM run_queue WHERE ${DUE} AND tenant_id > due_tenants.tenant_id ORDER BY tenant_id LIMIT 1)
    FROM due_tenants WHERE tenant_id IS NOT NULL)`;
/** Another replica may take what was chosen here a moment before; then it is chosen again. */
const MAX_CHOICES = 5;

interface HeldRow {
  readonly run_id: string;
  readonly tenant_id: string;
  readonly fence: number;
  readonly interruptions: number;
  readonly signals_applied: number;
}
type ClaimOptions = Parameters<RunStore["claim"]>[0];

/**
 * Handing due runs to the workers of all replicas.
 *
 *   held by a worker whose lease has run out ──► due at once, one interruption more ──┐
 *   due, never or once interrupted ───────────────────────────────────────────────────┼─► claimed, tenants in turn
 *   due, interrupted too often (a suspect) ───────────────────────────────────────────┴─► claimed alone
 *
 * A worker holds one suspect at a time, so that a run which kills its process drags no innocent one into review.
 */
export function createClaimRuns({
  database,
  leases,
  changes,
}: Storage): Pick<RunStore, "claim" | "nextDueAt" | "renew" | "releaseAll"> {
  /** The tenant served last: the next claim starts behind it. */
  let lastServed = "";
  /** Who claims here: what it holds decides whether a suspect can be claimed. */
  let claiming = "";
  /** One claim at a time: two would each take a suspect. */
  let previous: Promise<unknown> = Promise.resolve();

  async function claim(options: ClaimOptions): Promise<readonly ClaimedRun[]> {
    claiming = options.owner;
    await leases.ensure(options.owner);
    const { claimed, served } = await database.write(null, async (transaction) => {
      const { run } = transaction;
      await takeOver(transaction);
      const suspects = options.limit > 0 ? await holdSuspect(run, options) : [];
      const fair = await holdInTurns(run, { ...options, limit: options.limit - suspects.length }, lastServed);
      return {
        claimed: await readClaimed(transaction, [...suspects, ...fair.rows], options.owner),
        served: fair.served,
      };
    });
    lastServed = served;
    return claimed;
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
        `WITH ${DUE_TENANTS}
         SELECT least(
           (SELECT min((SELECT due_at FROM run_queue WHERE ${DUE} AND tenant_id = due_tenants.tenant_id
                        ORDER BY due_at LIMIT 1)) FROM due_tenants),
           (SELECT min(due_at) FROM run_queue WHERE ${SUSPECT} AND lease_owner IS NULL
              AND NOT EXISTS (SELECT FROM run_queue WHERE ${SUSPECT} AND lease_owner = $1))) AS due_at`,
        [claiming],
      );
      return row?.due_at == null ? null : toNumber(row.due_at);
    },
    renew: (owner) => leases.renew(owner),
    async releaseAll(holder, now) {
      await database.write(null, async (transaction) => {
        const released = await transaction.run<RunPlace>(
          "UPDATE run_queue SET lease_owner = NULL, due_at = $2::bigint WHERE lease_owner = $1 RETURNING run_id, tenant_id",
          [holder, now],
        );
        await showQueued(transaction, released);
      });
      changes.announceDue();
    },
  };
}

async function holdSuspect(run: Statement, { owner, now }: ClaimOptions): Promise<readonly HeldRow[]> {
  return run<HeldRow>(
    `UPDATE run_queue SET lease_owner = $1, fence = fence + 1, due_at = NULL
     WHERE run_id = (SELECT run_id FROM run_queue WHERE ${SUSPECT} AND lease_owner IS NULL AND due_at <= $2::bigint
                     ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED)
       AND NOT EXISTS (SELECT FROM run_queue WHERE ${SUSPECT} AND lease_owner = $1)
     RETURNING run_id, tenant_id, fence, interruptions, signals_applied`,
    [owner, now],
  );
}

/** Tenants take turns, one run each, starting behind the one served last, until `limit` is reached or nothing is due. */
async function holdInTurns(run: Statement, options: ClaimOptions, lastServed: string) {
  const { owner, limit, now } = options;
  for (let choice = 1; limit > 0 && choice <= MAX_CHOICES; choice += 1) {
    const candidates = await chooseInTurns(run, options, lastServed);
    if (candidates.length === 0) break;
    const rows = await run<HeldRow>(
      `UPDATE run_queue SET lease_owner = $1, fence = fence + 1, due_at = NULL
       WHERE run_id IN (
         SELECT run_id FROM run_queue WHERE run_id = ANY (ARRAY(SELECT json_array_elements_text($2::text::json)))
           AND lease_owner IS NULL AND due_at <= $3::bigint FOR UPDATE SKIP LOCKED)
       RETURNING run_id, tenant_id, fence, interruptions, signals_applied`,
      [owner, idsOf(candidates), now],
    );
    if (rows.length > 0) return { rows, served: candidates.at(-1)?.tenant_id ?? lastServed };
  }
  return { rows: [], served: lastServed };
}

function chooseInTurns(
  run: Statement,
  { limit, perTenant, held, now }: ClaimOptions,
  lastServed: string,
): Promise<readonly RunPlace[]> {
  return run<RunPlace>(
    `WITH ${DUE_TENANTS},
     held AS (SELECT key AS tenant_id, value::integer AS runs FROM json_each_text($5::text::json))
     SELECT due.run_id, due_tenants.tenant_id
     FROM due_tenants LEFT JOIN held USING (tenant_id)
     CROSS JOIN LATERAL (
       SELECT run_id, row_number() OVER (ORDER BY due_at) AS turn FROM run_queue
       WHERE ${DUE} AND run_queue.tenant_id = due_tenants.tenant_id AND due_at <= $1::bigint
       ORDER BY due_at LIMIT greatest(0, least($2::integer, $3::integer - coalesce(held.runs, 0)))) AS due
     ORDER BY due.turn, due_tenants.tenant_id <= $4, due_tenants.tenant_id LIMIT $2::integer`,
    [now, limit, perTenant, lastServed, JSON.stringify(Object.fromEntries(held ?? []))],
  );
}

async function readClaimed(
  transaction: Transaction,
  rows: readonly HeldRow[],
  owner: string,
): Promise<readonly ClaimedRun[]> {
  const claimed: ClaimedRun[] = [];
  for (const [tenantId, ofTenant] of byTenant(rows)) {
    await transaction.setTenant(tenantId);
    const { run } = transaction;
    const ids = ofTenant.map(({ run_id }) => run_id);
    const stored = await run<RunRow>(
      `UPDATE runs SET status = 'running', waiting_for = NULL
       WHERE id = ANY (ARRAY(SELECT json_array_elements_text($1::text::json))) RETURNING ${RUN_COLUMNS}`,
      [idsOf(ofTenant)],
    );
    const byId = new Map(stored.map((row) => [row.id, row]));
    const ledgers = await readSteps(run, ids);
    const signals = await readSignals(
      run,
      ofTenant.map((row) => ({ runId: row.run_id, seq: row.signals_applied })),
    );
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
