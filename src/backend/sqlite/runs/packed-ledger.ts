import type { RunCommit } from "../../../domain/backend.ts";
import { isFinal, type StepRecord } from "../../../domain/run.ts";
import { type StepRow, toStepRecord } from "./step-rows.ts";

/*
 * A run whose pure steps end it in the commit that stores it is never written again: no worker claims it, no signal
 * reaches it. Rows of its own for every step, each with an entry in an index, would be most of what such a run costs
 * (docs/decisions/0007-packed-ledger.md). Its ledger is one text in the run's row instead.
 */

/** Longer ones become rows: a run's row should stay within a few pages. */
const MAX_PACKED_CHARS = 6_000;

/** The values of a packed step, in this order. */
export const PACKED_COLUMNS = [
  "path",
  "iteration",
  "epoch",
  "attempt",
  "kind",
  "state",
  "effect",
  "idempotency_key",
  "waiting_for",
  "wake_at",
  "planned_at",
  "started_at",
  "finished_at",
  "error",
  "input",
  "output",
] as const satisfies readonly (keyof StepRow)[];

/** Null when the run's steps are to be rows. */
export function packLedger(first: RunCommit | null): string | null {
  if (!first || !isFinal(first.status) || first.steps.length === 0) return null;
  const packed = JSON.stringify(first.steps.map(packStep));
  return packed.length > MAX_PACKED_CHARS ? null : packed;
}

export function unpackLedger(packed: string): readonly StepRecord[] {
  const rows = JSON.parse(packed) as readonly (readonly unknown[])[];
  return rows.map((values) => {
    const row = Object.fromEntries(PACKED_COLUMNS.map((name, index) => [name, values[index] ?? null]));
    return toStepRecord(row as unknown as StepRow);
  });
}

/** In the order of `PACKED_COLUMNS`. JSON inside is text, as in a column: null is not "null". */
function packStep(step: StepRecord): readonly unknown[] {
  return [
    step.path,
    step.iteration.length === 0 ? "" : step.iteration.join(","),
    step.epoch,
    step.attempt,
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
