import type { Database } from "bun:sqlite";
import { type PackedStep, packStep, unpackStep } from "../../../domain/packed-ledger.ts";
import type { StepRecord } from "../../../domain/run.ts";

/** In the order of a packed step. */
const STEP_COLUMNS = `path, iteration, epoch, attempt, kind, state, effect, idempotency_key, waiting_for, wake_at,
  planned_at, started_at, finished_at, error, input, output`;

/** The bound values of one ledger row, serialised outside the transaction. */
export type StepValues = readonly [tenantId: string, runId: string, ...PackedStep];

export function toStepValues(tenantId: string, runId: string, step: StepRecord): StepValues {
  return [tenantId, runId, ...packStep(step)];
}

/** Inserts ledger rows, or replaces those whose key is there already; these keep their place in the order. */
export function createStepWrite(raw: Database): (values: StepValues) => void {
  const write = raw.prepare(
    `INSERT INTO steps (tenant_id, run_id, ${STEP_COLUMNS})
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

/** Reads the ledger rows that fulfil a condition, in the order they were first written. */
export function createStepRead<Bound extends string[]>(
  raw: Database,
  where: string,
): (...bound: Bound) => readonly StepRecord[] {
  const read = raw.prepare(`SELECT ${STEP_COLUMNS} FROM steps WHERE ${where} ORDER BY rowid`);
  return (...bound) => (read.values(...bound) as unknown as PackedStep[]).map(unpackStep);
}
