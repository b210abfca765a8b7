import type { Task } from "../domain/next-step.ts";
import type { StepRecord } from "../domain/run.ts";

const ENDED: ReadonlySet<StepRecord["state"]> = new Set([
  "succeeded",
  "failed_final",
  "skipped",
  "cancelled",
  "needs_review",
]);

/** A ledger row for the first attempt at a task; `patch` says how far it got. */
export function newRecord(
  task: Pick<Task, "path" | "iteration" | "step">,
  nowMs: number,
  patch: Partial<StepRecord> & Pick<StepRecord, "state">,
): StepRecord {
  return {
    path: task.path,
    iteration: task.iteration,
    epoch: 0,
    attempt: 1,
    kind: task.step.kind,
    effect: null,
    idempotencyKey: null,
    input: undefined,
    output: undefined,
    error: null,
    waitingFor: null,
    wakeAt: null,
    plannedAt: nowMs,
    startedAt: nowMs,
    finishedAt: ENDED.has(patch.state) ? nowMs : null,
    ...patch,
  };
}
