import type { Json } from "../domain/json.ts";
import type { FinalStatus, Run, RunStatus, StepError, StepRecord, WaitingFor } from "../domain/run.ts";
import type { RunCommit } from "../domain/run-store.ts";

/** How a run stands at a barrier. */
export type Standing = Pick<
  RunCommit,
  "status" | "waitingFor" | "dueAt" | "release" | "finishedAt" | "output" | "error"
>;

export function underWay(nowMs: number): Standing {
  return {
    status: "running",
    waitingFor: null,
    dueAt: nowMs,
    release: false,
    finishedAt: null,
    output: undefined,
    error: null,
  };
}

/** Nothing is under way: what the run waits for, which is the earliest of what its steps wait for, or for whom. */
export function parked(waiting: Iterable<StepRecord>, nowMs: number): Standing {
  let status: RunStatus = "needs_review";
  let waitingFor: WaitingFor | null = null;
  let dueAt: number | null = null;
  for (const record of waiting) {
    if (record.state === "needs_review") continue;
    status = "waiting";
    const earlier = record.wakeAt !== null && (dueAt === null || record.wakeAt < dueAt);
    if (earlier) dueAt = record.wakeAt;
    if (earlier || waitingFor === null) waitingFor = record.waitingFor;
  }
  return { ...underWay(nowMs), status, waitingFor, dueAt, release: true };
}

/** The signal to the step that waits for this run, when one does. */
export function tellParent(
  { id: childRunId, parent }: Run,
  status: FinalStatus,
  output: Json,
  error: StepError | null,
): RunCommit["send"] {
  if (!parent) return [];
  const { runId, path, iteration } = parent;
  return [{ runId, signal: { kind: "child_finished", path, iteration, childRunId, status, output, error } }];
}
