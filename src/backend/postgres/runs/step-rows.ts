import type { Json } from "../../../domain/json.ts";
import type { StepError, StepRecord, StepState, WaitingFor } from "../../../domain/run.ts";
import type { Effect, StepKind } from "../../../domain/workflow.ts";
import { type BigintText, fromJsonText, toJsonText, toNumber, toNumberOrNull } from "../../rows/cells.ts";
import type { Statement } from "../database.ts";
import { decodeText, encodeText } from "../text-columns.ts";

const COLUMNS = `run_id, path, iteration, epoch, attempt, tenant_id, kind, state, effect, idempotency_key, waiting_for,
  wake_at, planned_at, started_at, finished_at, error, input, output`;

export interface StepRow<Time> {
  readonly run_id: string;
  readonly path: string;
  readonly iteration: string;
  readonly epoch: number;
  readonly attempt: number;
  readonly kind: StepKind;
  readonly state: StepState;
  readonly effect: Effect | null;
  readonly idempotency_key: string | null;
  readonly waiting_for: WaitingFor | null;
  readonly wake_at: Time | null;
  readonly planned_at: Time;
  readonly started_at: Time | null;
  readonly finished_at: Time | null;
  readonly error: string | null;
  readonly input: string | null;
  readonly output: string | null;
}
/** A ledger row as `json_to_recordset` takes it. */
export interface StepValues extends StepRow<number> {
  readonly tenant_id: string;
}

export function toStepValues(tenantId: string, runId: string, step: StepRecord): StepValues {
  return {
    run_id: runId,
    path: step.path,
    iteration: step.iteration.join(","),
    epoch: step.epoch,
    attempt: step.attempt,
    tenant_id: tenantId,
    kind: step.kind,
    state: step.state,
    effect: step.effect,
    idempotency_key: step.idempotencyKey && encodeText(step.idempotencyKey),
    waiting_for: step.waitingFor,
    wake_at: step.wakeAt,
    planned_at: step.plannedAt,
    started_at: step.startedAt,
    finished_at: step.finishedAt,
    error: toJsonText(step.error),
    input: step.input === undefined ? null : JSON.stringify(step.input),
    output: step.output === undefined ? null : JSON.stringify(step.output),
  };
}

/**
 * Inserts ledger rows of any runs, or replaces those whose key is there already; these keep their place in the order.
 * No key may come twice: one statement cannot write a row two times.
 */
export async function writeSteps(run: Statement, rows: readonly StepValues[]): Promise<void> {
  if (rows.length === 0) return;
  await run(
    `INSERT INTO steps (${COLUMNS})
     SELECT ${COLUMNS} FROM json_to_recordset($1::text::json) AS given (
       run_id text, path text, iteration text, epoch integer, attempt integer, tenant_id text, kind text, state text,
       effect text, idempotency_key text, waiting_for text, wake_at bigint, planned_at bigint, started_at bigint,
       finished_at bigint, error text, input text, output text)
     ON CONFLICT (run_id, path, iteration, epoch, attempt) DO UPDATE SET
       kind = excluded.kind, state = excluded.state, effect = excluded.effect,
       idempotency_key = excluded.idempotency_key, waiting_for = excluded.waiting_for, wake_at = excluded.wake_at,
       planned_at = excluded.planned_at, started_at = excluded.started_at, finished_at = excluded.finished_at,
       error = excluded.error, input = excluded.input, output = excluded.output`,
    [JSON.stringify(rows)],
  );
}

/** All ledger rows of these runs, each run's in the order they were first written. */
export async function readSteps(
  run: Statement,
  runIds: readonly string[],
): Promise<ReadonlyMap<string, readonly StepRecord[]>> {
  const rows = await run<StepRow<BigintText>>(
    `SELECT ${COLUMNS} FROM steps
     WHERE run_id = ANY (ARRAY(SELECT json_array_elements_text($1::text::json))) ORDER BY run_id, seq`,
    [JSON.stringify(runIds)],
  );
  const ledgers = new Map<string, StepRecord[]>();
  for (const row of rows) {
    const ledger = ledgers.get(row.run_id);
    if (ledger) ledger.push(toStepRecord(row));
    else ledgers.set(row.run_id, [toStepRecord(row)]);
  }
  return ledgers;
}

export function toStepRecord(row: StepRow<BigintText>): StepRecord {
  return {
    path: row.path,
    iteration: row.iteration === "" ? [] : row.iteration.split(",").map(Number),
    epoch: row.epoch,
    attempt: row.attempt,
    kind: row.kind,
    state: row.state,
    effect: row.effect,
    idempotencyKey: row.idempotency_key === null ? null : decodeText(row.idempotency_key),
    input: row.input === null ? undefined : (JSON.parse(row.input) as Json),
    output: row.output === null ? undefined : (JSON.parse(row.output) as Json),
    error: fromJsonText<StepError>(row.error),
    waitingFor: row.waiting_for,
    wakeAt: toNumberOrNull(row.wake_at),
    plannedAt: toNumber(row.planned_at),
    startedAt: toNumberOrNull(row.started_at),
    finishedAt: toNumberOrNull(row.finished_at),
  };
}
