import type { Database } from "bun:sqlite";
import type { Json } from "../../../domain/json.ts";
import type { StepError, StepRecord, StepState, WaitingFor } from "../../../domain/run.ts";
import type { Effect, StepKind } from "../../../domain/workflow.ts";

/** A ledger row as it is stored, but for the run and the tenant. */
export interface StepRow {
  readonly path: string;
  readonly iteration: string;
  readonly epoch: number;
  readonly attempt: number;
  readonly kind: StepKind;
  readonly state: StepState;
  readonly effect: Effect | null;
  readonly idempotency_key: string | null;
  readonly waiting_for: WaitingFor | null;
  readonly wake_at: number | null;
  readonly planned_at: number;
  readonly started_at: number | null;
  readonly finished_at: number | null;
  readonly error: string | null;
  readonly input: string | null;
  readonly output: string | null;
}
/** The bound values of one ledger row, serialised outside the transaction. */
export type StepValues = readonly (string | number | null)[];

export function toStepValues(tenantId: string, runId: string, step: StepRecord): StepValues {
  return [
    runId,
    step.path,
    step.iteration.length === 0 ? "" : step.iteration.join(","),
    step.epoch,
    step.attempt,
    tenantId,
    step.kind,
    step.state,
    step.effect,
    step.idempotencyKey,
    step.waitingFor,
    step.wakeAt,
    step.plannedAt,
    step.startedAt,
    step.finishedAt,
    step.error && JSON.stringify(step.error),
    step.input === undefined ? null : JSON.stringify(step.input),
    step.output === undefined ? null : JSON.stringify(step.output),
  ];
}

/** Inserts ledger rows, or replaces those whose key is there already; these keep their place in the order. */
export function createStepWrite(raw: Database): (values: StepValues) => void {
  const write = raw.prepare(
    `INSERT INTO steps (run_id, path, iteration, epoch, attempt, tenant_id, kind, state, effect, idempotency_key,
                        waiting_for, wake_at, planned_at, started_at, finished_at, error, input, output)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (run_id, path, iteration, epoch, attempt) DO UPDATE SET
       kind = excluded.kind, state = excluded.state, effect = excluded.effect,
       idempotency_key = excluded.idempotency_key, waiting_for = excluded.waiting_for, wake_at = excluded.wake_at,
       planned_at = excluded.planned_at, started_at = excluded.started_at, finished_at = excluded.finished_at,
       error = excluded.error, input = excluded.input, output = excluded.output`,
  );
  return (values) => {
    write.run(...values);
  };
}

export const LEDGER_COLUMNS = `path, iteration, epoch, attempt, kind, state, effect, idempotency_key, waiting_for, wake_at,
  planned_at, started_at, finished_at, error, input, output`;

/** All ledger rows of a run, in the order they were first written. */
export function createLedgerRead(raw: Database): (runId: string) => readonly StepRecord[] {
  const read = raw.prepare<StepRow, [string]>(`SELECT ${LEDGER_COLUMNS} FROM steps WHERE run_id = ? ORDER BY rowid`);
  return (runId) => read.all(runId).map(toStepRecord);
}

export function toStepRecord(row: StepRow): StepRecord {
  return {
    path: row.path,
    iteration: row.iteration === "" ? [] : row.iteration.split(",").map(Number),
    epoch: row.epoch,
    attempt: row.attempt,
    kind: row.kind,
    state: row.state,
    effect: row.effect,
    idempotencyKey: row.idempotency_key,
    input: row.input === null ? undefined : (JSON.parse(row.input) as Json),
    output: row.output === null ? undefined : (JSON.parse(row.output) as Json),
    error: row.error === null ? null : (JSON.parse(row.error) as StepError),
    waitingFor: row.waiting_for,
    wakeAt: row.wake_at,
    plannedAt: row.planned_at,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
  };
}
