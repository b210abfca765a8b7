import type { Json } from "./json.ts";
import { isFinal, type StepError, type StepRecord } from "./run.ts";
import type { RunCommit } from "./run-store.ts";

/*
 * A run whose pure steps end it in the commit that stores it is never written again: no worker claims it, no signal
 * reaches it. Rows of its own for every step, each with an entry in an index, would be most of what such a run costs
 * (docs/decisions/0007-packed-ledger.md). Its ledger is one text in the run's row instead, the same on either backend.
 */

/** Longer ones become rows: a run's row should stay within a few pages. */
const MAX_PACKED_CHARS = 6_000;

/** A step's values in this order, which is stored. JSON inside is text, as in a column: null is not "null". */
export type PackedStep = readonly [
  path: string,
  iteration: string,
  epoch: number,
  attempt: number,
  kind: StepRecord["kind"],
  state: StepRecord["state"],
  effect: StepRecord["effect"],
  idempotencyKey: string | null,
  waitingFor: StepRecord["waitingFor"],
  wakeAt: number | null,
  plannedAt: number,
  startedAt: number | null,
  finishedAt: number | null,
  error: string | null,
  input: string | null,
  output: string | null,
];

/** Null when the run's steps are to be rows. What it gives holds no control character, no NUL, no half a surrogate pair. */
export function packLedger(first: RunCommit | null): string | null {
  if (!first || !isFinal(first.status) || first.steps.length === 0) return null;
  const packed = JSON.stringify(first.steps.map(packStep));
  return packed.length > MAX_PACKED_CHARS ? null : packed;
}

export function unpackLedger(packed: string): readonly StepRecord[] {
  return (JSON.parse(packed) as readonly PackedStep[]).map(unpackStep);
}

export function packStep(step: StepRecord): PackedStep {
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

export function unpackStep([
  path,
  iteration,
  epoch,
  attempt,
  kind,
  state,
  effect,
  idempotencyKey,
  waitingFor,
  wakeAt,
  plannedAt,
  startedAt,
  finishedAt,
  error,
  input,
  output,
]: PackedStep): StepRecord {
  return {
    path,
    iteration: iteration === "" ? [] : iteration.split(",").map(Number),
    epoch,
    attempt,
    kind,
    state,
    effect,
    idempotencyKey,
    input: input === null ? undefined : (JSON.parse(input) as Json),
    output: output === null ? undefined : (JSON.parse(output) as Json),
    error: error === null ? null : (JSON.parse(error) as StepError),
    waitingFor,
    wakeAt,
    plannedAt,
    startedAt,
    finishedAt,
  };
}
