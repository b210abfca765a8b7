import { setImmediate as nextTurn } from "node:timers/promises";
import { SUSPECT_INTERRUPTIONS } from "../../../domain/run.ts";
import type { ClaimedRun, RunStore } from "../../../domain/run-store.ts";
import { STEP_BYTES } from "../../../domain/run-weight.ts";
import { RUN_COLUMNS } from "../../rows/run-row.ts";
import type { Storage } from "../storage.ts";
import { createChooseUnderCaps } from "./choose-under-caps.ts";
import { createToRun, type StoredRun } from "./run-rows.ts";
import type { RunSignals } from "./run-signals.ts";
import { createStepRead } from "./step-rows.ts";

/** How many leases of dead workers one claim voids: after a crash the first claims must not wait for all of them. */
const VOID_AT_ONCE = 1_000;
/** Reading ledgers lets other work go on after this many rows. */
const LEDGER_ROWS_PER_TURN = 2_000;

/** What one claim takes, about; the next one follows at once while there is room. */
const BYTES_AT_ONCE = 32_000_000;

const DUE = `due_at IS NOT NULL AND interruptions < ${SUSPECT_INTERRUPTIONS}`;
const SUSPECT = `interruptions >= ${SUSPECT_INTERRUPTIONS}`;

interface ClaimedRow extends StoredRun {
  readonly fence: number;
  readonly interruptions: number;
  readonly signals_applied: number;
}
type Owner = string;
const NONE_HELD: ReadonlyMap<string, number> = new Map();

/**
 * Handing due runs to the worker.
 *
 *   held by another owner ──► void: due at once, one interruption more ──┐
 *   due, never or once interrupted ──────────────────────────────────────┼─► claimed, tenants taking turns
 *   due, interrupted too often (a suspect) ──────────────────────────────┴─► claimed alone: one at a time
 *
 * On SQLite one server owns the data directory, so any lease of another owner belongs to a process that is gone.
 * Suspects go one at a time so that a run which kills the process is not held together with innocent ones again, and
 * drags none of them into review.
 */
export function createClaimRuns(
  { raw, commits, maxRunningPerTenant }: Storage,
  owner: Owner,
  signals: RunSignals,
): Pick<RunStore, "claim" | "nextDueAt" | "renew" | "releaseAll"> {
  const firstOwner = raw.prepare<{ lease_owner: Owner }, [Owner]>(
    "SELECT lease_owner FROM runs WHERE lease_owner IS NOT NULL AND lease_owner < ? LIMIT 1",
  );
  const lastOwner = raw.prepare<{ lease_owner: Owner }, [Owner]>(
    "SELECT lease_owner FROM runs WHERE lease_owner IS NOT NULL AND lease_owner > ? LIMIT 1",
  );
  const voidLeases = raw.prepare(
    `UPDATE runs SET lease_owner = NULL, status = 'queued', waiting_for = NULL, due_at = created_at,
                     interruptions = interruptions + 1
     WHERE rowid IN (SELECT rowid FROM runs WHERE lease_owner IS NOT NULL AND lease_owner = ? LIMIT ?)`,
  );
  const release = raw.prepare(
    `UPDATE runs SET lease_owner = NULL, status = 'queued', waiting_for = NULL, due_at = ?
     WHERE lease_owner IS NOT NULL AND lease_owner = ?`,
  );
  const nextTenant = raw.prepare<{ tenant_id: string; due_at: number }, [string]>(
    `SELECT tenant_id, due_at FROM runs INDEXED BY runs_due WHERE ${DUE} AND tenant_id > ?
     ORDER BY tenant_id, due_at LIMIT 1`,
  );
  const hold = (which: string) =>
    `UPDATE runs SET lease_owner = ?, fence = fence + 1, status = 'running', waiting_for = NULL, due_at = NULL
     WHERE rowid IN (${which})
     RETURNING ${RUN_COLUMNS}, fence, interruptions, signals_applied`;
  const dueOf = raw.prepare<{ rowid: number }, [string, number, number]>(
    `SELECT rowid FROM runs INDEXED BY runs_due WHERE ${DUE} AND tenant_id = ? AND due_at <= ? ORDER BY due_at LIMIT ?`,
  );
  // Lengths of long texts are known without reading them.
  const weigh = raw.prepare<{ bytes: number }, [number, number]>(
    `SELECT coalesce(octet_length("trigger"), (
       SELECT octet_length("trigger") FROM run_payloads WHERE run_payloads.run_id = runs.id), 0) + (
       SELECT total(${STEP_BYTES} + coalesce(octet_length(input), 0) + coalesce(octet_length(output), 0))
       FROM (SELECT input, output FROM steps WHERE steps.run_id = runs.id LIMIT ?)) AS bytes
     FROM runs WHERE rowid = ?`,
  );
  const holdRows = raw.prepare<ClaimedRow, [Owner, string]>(hold("SELECT value FROM json_each(?)"));
  const chooseUnderCaps = createChooseUnderCaps(raw);
  const runningOf = raw.prepare<{ runs: number }, [string]>(
    "SELECT count(*) AS runs FROM runs INDEXED BY runs_held WHERE lease_owner IS NOT NULL AND tenant_id = ?",
  );
  const runningAs = (column: "tenant_id" | "workflow_id") =>
    `(SELECT count(*) FROM runs AS held INDEXED BY runs_held
      WHERE held.lease_owner IS NOT NULL AND held.${column} = runs.${column})`;
  const holdSuspect = raw.prepare<ClaimedRow, [Owner, number, number]>(
    hold(`SELECT rowid FROM runs INDEXED BY runs_suspect
          WHERE ${SUSPECT} AND lease_owner IS NULL AND due_at <= ? AND ? > ${runningAs("tenant_id")}
            AND NOT EXISTS (SELECT 1 FROM workflow_caps WHERE workflow_caps.workflow_id = runs.workflow_id
                            AND max_running <= ${runningAs("workflow_id")})
          ORDER BY due_at LIMIT 1`),
  );
  const heldSuspect = raw.prepare<{ id: string }, [Owner]>(
    `SELECT id FROM runs INDEXED BY runs_suspect WHERE ${SUSPECT} AND lease_owner = ? LIMIT 1`,
  );
  const dueSuspect = raw.prepare<{ due_at: number }, []>(
    `SELECT due_at FROM runs INDEXED BY runs_suspect
     WHERE ${SUSPECT} AND lease_owner IS NULL AND due_at IS NOT NULL ORDER BY due_at LIMIT 1`,
  );
  const toRun = createToRun(raw);
  const readLedger = createStepRead<[runId: string]>(raw, "run_id = ?");
  /** The tenant served last: the next claim starts behind it. */
  let lastServed = "";
  /** Who claims here; every other owner's lease is void. */
  let claiming = owner;

  const otherOwner = (current: Owner) => (firstOwner.get(current) ?? lastOwner.get(current))?.lease_owner;

  return {
    async claim({ owner: claimant, limit, perTenant, held = NONE_HELD, maxBytes = BYTES_AT_ONCE, now }) {
      const roomFor = (tenantId: string) => {
        const share = perTenant - (held.get(tenantId) ?? 0);
        if (maxRunningPerTenant === null) return share;
        return Math.min(share, maxRunningPerTenant - (runningOf.get(tenantId)?.runs ?? 0));
      };
      const { rows, served } = await commits.submit(() => {
        const gone = otherOwner(claimant);
        if (gone !== undefined) voidLeases.run(gone, VOID_AT_ONCE);
        const suspects =
          limit > 0 && !heldSuspect.get(claimant)
            ? holdSuspect.all(claimant, now, maxRunningPerTenant ?? Number.MAX_SAFE_INTEGER)
            : [];
        const budget = { bytes: Math.max(1, Math.min(maxBytes, BYTES_AT_ONCE)) };
        const fair = claimInTurns(claimant, limit - suspects.length, roomFor, budget, now);
        return { rows: [...suspects, ...fair.rows], served: fair.served };
      });
      lastServed = served;
      claiming = claimant;
      return readClaimed(rows, claimant);
    },
    async nextDueAt() {
      // A lease of a worker that is gone is due now; a suspect only while no other one is held.
      if (otherOwner(claiming) !== undefined) return 0;
      let earliest = heldSuspect.get(claiming) ? null : (dueSuspect.get()?.due_at ?? null);
      for (let tenant = nextTenant.get(""); tenant; tenant = nextTenant.get(tenant.tenant_id))
        if (earliest === null || tenant.due_at < earliest) earliest = tenant.due_at;
      return earliest;
    },
    async renew() {
      // Leases do not run out here: they end with the process that holds the data directory.
    },
    async releaseAll(holder, now) {
      await commits.submit(() => {
        release.run(now, holder);
      });
    },
  };

  /** One round over the tenants with due runs, starting behind the one served last. */
  function claimInTurns(
    claimant: Owner,
    limit: number,
    roomFor: (tenantId: string) => number,
    budget: { bytes: number },
    now: number,
  ) {
    const rows: ClaimedRow[] = [];
    let served = lastServed;
    const serve = (tenant: { tenant_id: string; due_at: number }) => {
      const room = Math.min(roomFor(tenant.tenant_id), limit - rows.length);
      if (tenant.due_at > now || room <= 0 || budget.bytes <= 0) return;
      const due =
        chooseUnderCaps(tenant.tenant_id, now, room) ??
        dueOf.all(tenant.tenant_id, now, room).map(({ rowid }) => rowid);
      rows.push(...holdRows.all(claimant, JSON.stringify(fitting(due, budget))));
      served = tenant.tenant_id;
    };
    for (let tenant = nextTenant.get(lastServed); tenant; tenant = nextTenant.get(tenant.tenant_id)) {
      if (rows.length >= limit) return { rows, served };
      serve(tenant);
    }
    for (let tenant = nextTenant.get(""); tenant; tenant = nextTenant.get(tenant.tenant_id)) {
      if (rows.length >= limit || tenant.tenant_id > lastServed) return { rows, served };
      serve(tenant);
    }
    return { rows, served };
  }

  /** The first of the runs that the budget has room for, and what they take taken from it; one more than there is. */
  function fitting(rowids: readonly number[], budget: { bytes: number }): readonly number[] {
    const count = rowids.findIndex((rowid) => {
      if (budget.bytes <= 0) return true;
      budget.bytes -= weigh.get(Math.ceil(budget.bytes / STEP_BYTES) + 1, rowid)?.bytes ?? 0;
      return false;
    });
    return count === -1 ? rowids : rowids.slice(0, count);
  }

  /** Only the holder writes a ledger, so it can be read after the commit and without haste. */
  async function readClaimed(rows: readonly ClaimedRow[], claimant: Owner): Promise<readonly ClaimedRun[]> {
    const claimed: ClaimedRun[] = [];
    let ledgerRows = 0;
    for (const row of rows) {
      const ledger = readLedger(row.id);
      claimed.push({
        run: toRun(row),
        lease: { tenantId: row.tenant_id, runId: row.id, owner: claimant, fence: row.fence },
        interruptions: row.interruptions,
        ledger,
        signals: signals.after(row.id, row.signals_applied),
      });
      ledgerRows += ledger.length;
      if (ledgerRows < LEDGER_ROWS_PER_TURN) continue;
      ledgerRows = 0;
      await nextTurn();
    }
    return claimed;
  }
}
