import type { Json } from "../../domain/json.ts";
import { isFinal, placeKey, type RunStatus, type StepRecord, type WaitingFor } from "../../domain/run.ts";
import type { StepKind } from "../../domain/workflow.ts";
import { showInput } from "../../engine/seal-input.ts";
import { encodeStepRowId } from "./step-row-id.ts";
import { showTimeOrNull } from "./values.ts";

export const SHOWN_STEP_STATUSES = [
  "planned",
  "started",
  "waiting",
  "succeeded",
  "failed",
  "needs_review",
  "skipped",
  "cancelled",
] as const;
export type ShownStepStatus = (typeof SHOWN_STEP_STATUSES)[number];

/** A step of a run as the API shows it: the newest attempt at one place. */
export interface ShownStep {
  id: string;
  stepId: string;
  path: string;
  iteration: number[];
  kind: StepKind;
  status: ShownStepStatus;
  waitingFor: WaitingFor | null;
  attempts: number;
  input: Json;
  output: Json;
  error: { code: string; message: string; details?: Json } | null;
  idempotencyKey: string | null;
  startedAt: string | null;
  finishedAt: string | null;
}

/** In the order in which the places were first reached. `ledger` holds every attempt in the order planned. */
export function showSteps(ledger: readonly StepRecord[], runStatus: RunStatus): ShownStep[] {
  const newest = new Map<string, StepRecord>();
  for (const record of ledger) {
    // What an earlier run did here is compared when the step is reached, and is not this run's doing.
    if (record.state === "prior") continue;
    const key = placeKey(record.path, record.iteration);
    const held = newest.get(key);
    if (!held || isNewer(record, held)) newest.set(key, record);
  }
  return [...newest.values()].map((record) => showStep(record, runStatus));
}

type Attempt = Pick<StepRecord, "epoch" | "attempt">;

export function isNewer(record: Attempt, held: Attempt): boolean {
  return record.epoch > held.epoch || (record.epoch === held.epoch && record.attempt >= held.attempt);
}

function showStep(record: StepRecord, runStatus: RunStatus): ShownStep {
  const { path, iteration, kind, error, waitingFor, idempotencyKey } = record;
  return {
    id: encodeStepRowId(record),
    stepId: path.slice(path.lastIndexOf("/") + 1),
    path,
    iteration: [...iteration],
    kind,
    status: statusOf(record, runStatus),
    waitingFor: isFinal(runStatus) ? null : waitingFor,
    attempts: attemptsMade(record),
    input: showInput(record.input),
    // Of a step that has not begun it says which run it will go on from.
    output: record.state === "planned" ? null : (record.output ?? null),
    error: error && { ...error },
    idempotencyKey,
    startedAt: showTimeOrNull(record.startedAt),
    finishedAt: showTimeOrNull(record.finishedAt),
  };
}

type Standing = Pick<StepRecord, "state" | "waitingFor" | "finishedAt">;

export function statusOf({ state, waitingFor, finishedAt }: Standing, runStatus: RunStatus): ShownStepStatus {
  const isOver = isFinal(runStatus);
  switch (state) {
    case "failed_final":
      return "failed";
    case "planned":
    case "prior":
      if (isOver) return "cancelled";
      return waitingFor === null ? "planned" : "waiting";
    case "started":
    case "waiting":
    case "needs_review":
      return isOver ? unsettled(runStatus) : state;
    case "failed_retryable":
      return isOver ? unsettled(runStatus) : "waiting";
    case "unknown":
      if (isOver) return runStatus === "cancelled" ? "cancelled" : "failed";
      // Decided: the step has failed, and the run went on without it.
      if (finishedAt !== null && waitingFor === null) return "failed";
      return waitingFor === "retry" ? "waiting" : "needs_review";
    default:
      return state;
  }
}

/** Nothing goes on in a run that has ended: what was not settled by then ended with it. */
function unsettled(runStatus: RunStatus): ShownStepStatus {
  return runStatus === "failed" ? "failed" : "cancelled";
}

/** The attempt that a row stands for counts once it has begun. */
export function attemptsMade({ attempt, startedAt }: Pick<StepRecord, "attempt" | "startedAt">): number {
  return startedAt === null ? attempt - 1 : attempt;
}
