import type { Database } from "bun:sqlite";
import type { NewRun } from "../../../domain/new-run.ts";
import { packLedger } from "../../../domain/packed-ledger.ts";
import { isFinal } from "../../../domain/run.ts";
import { FIRST_FENCE, type RunCommit } from "../../../domain/run-store.ts";
import { toOutcomeValues } from "./run-rows.ts";

/** A run serialised once, outside the transaction: an intention may run twice and holds the write lock. */
export type PreparedRun = ReturnType<typeof prepareRun>;
export type RunInsert = (run: PreparedRun) => void;

/** How a run starts out: who holds it from its acceptance, and how far it has got by then. */
export interface RunStart {
  /** Null leaves the run to be claimed. */
  readonly owner: string | null;
  readonly first: RunCommit | null;
  readonly replayOf: string | null;
}
export const TO_BE_CLAIMED: RunStart = { owner: null, first: null, replayOf: null };

const DAY_MS = 86_400_000;

/**
 * Above this many characters the trigger stands in its own table. SQLite writes a whole row again with every commit of
 * a run, and a row above a page (4 KB) goes to overflow pages.
 */
const LARGE_TRIGGER_CHARS = 3_000;

export function prepareRun(
  { tenantId, workspaceId }: { readonly tenantId: string; readonly workspaceId: string },
  run: NewRun,
  { owner, first, replayOf }: RunStart,
) {
  const trigger = JSON.stringify(run.trigger);
  const isLarge = trigger.length > LARGE_TRIGGER_CHARS;
  const holder = first && (first.release || isFinal(first.status)) ? null : owner;
  const ledger = packLedger(first);
  const isDue = holder === null && (first === null || !isFinal(first.status));
  return {
    id: run.id,
    tenantId,
    day: Math.floor(run.createdAt / DAY_MS),
    largeTrigger: isLarge ? trigger : null,
    values: [
      run.id,
      tenantId,
      workspaceId,
      run.workflowId,
      run.version,
      run.source,
      run.eventId,
      replayOf,
      run.parent && JSON.stringify(run.parent),
      run.depth,
      run.createdAt,
      isDue ? (first ? first.dueAt : run.createdAt) : null,
      holder,
      owner === null ? 0 : FIRST_FENCE,
      isLarge ? null : trigger,
      first?.status ?? "queued",
      first?.waitingFor ?? null,
      first?.interruptions ?? 0,
      ...toOutcomeValues(first),
      ledger,
    ],
    /** True when the run's row holds its steps. */
    isPacked: ledger !== null,
  };
}

/** Stores a new run and counts it, inside an intention. */
export function createRunInsert(raw: Database): RunInsert {
  const insert = raw.prepare(
    `INSERT INTO runs (id, tenant_id, workspace_id, workflow_id, version, source, event_id, replay_of, parent, depth,
                       created_at, due_at, lease_owner, fence, trigger, status, waiting_for, interruptions,
                       started_at, finished_at, error, output, response, ledger)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const insertLargeTrigger = raw.prepare("INSERT INTO run_payloads (run_id, tenant_id, trigger) VALUES (?, ?, ?)");
  const count = raw.prepare(
    `INSERT INTO run_counts (tenant_id, day, runs) VALUES (?, ?, 1)
     ON CONFLICT (tenant_id, day) DO UPDATE SET runs = runs + 1`,
  );

  return ({ id, tenantId, day, largeTrigger, values }) => {
    insert.run(...values);
    if (largeTrigger !== null) insertLargeTrigger.run(id, tenantId, largeTrigger);
    count.run(tenantId, day);
  };
}
