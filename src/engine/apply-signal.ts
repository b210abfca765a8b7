import { startedChild } from "../domain/replay.ts";
import { placeKey, type Signal, type StepRecord } from "../domain/run.ts";
import type { StoredSignal } from "../domain/run-store.ts";
import type { EngineDeps } from "./engine-deps.ts";
import { performStep } from "./perform-step.ts";
import { startSubWorkflow } from "./perform-sub-workflow.ts";
import { wakeAction } from "./resume-action.ts";
import type { RunExecution, WaitingStep } from "./run-execution.ts";

/**
 * Applies what happened outside to the step it is for. A signal whose step no longer waits for it (decided before, or
 * the run ended) changes nothing, so that applying one twice after a crash is harmless.
 */
export function applySignal(execution: RunExecution, stored: StoredSignal, deps: EngineDeps): void {
  const { signal } = stored;
  if (signal.kind === "cancel" && !execution.ended) execution.cancel();
  execution.signalApplied(stored);
  if (execution.ended || signal.kind === "cancel") return;
  const waiting = execution.waiting.get(placeKey(signal.path, signal.iteration));
  if (!waiting) return;
  if (signal.kind === "approval") applyApproval(execution, waiting, signal, deps);
  else if (signal.kind === "resolve") applyResolution(execution, waiting, signal, deps);
  else applyChild(execution, waiting, signal, deps);
}

function applyApproval(
  execution: RunExecution,
  { task, record }: WaitingStep,
  signal: Extract<Signal, { kind: "approval" }>,
  deps: EngineDeps,
): void {
  if (record.waitingFor !== "approval") return;
  const { approved, by, comment } = signal;
  execution.waiting.delete(task.key);
  execution.succeed(task, ended(record, deps, { state: "succeeded", output: { approved, by, comment } }));
}

/** Nobody decided in time. */
export function expireApproval(execution: RunExecution, { task, record }: WaitingStep, deps: EngineDeps): void {
  execution.waiting.delete(task.key);
  const output = { approved: false, by: null, comment: null };
  execution.succeed(task, ended(record, deps, { state: "succeeded", output }));
}

function applyResolution(
  execution: RunExecution,
  { task, record }: WaitingStep,
  signal: Extract<Signal, { kind: "resolve" }>,
  deps: EngineDeps,
): void {
  if (record.state !== "needs_review") return;
  // Somebody has looked: the steps after this one are not under suspicion.
  execution.poisoned = false;
  execution.waiting.delete(task.key);
  switch (signal.as) {
    case "done":
      return execution.succeed(task, ended(record, deps, { state: "succeeded", output: signal.output }));
    case "skip":
      return execution.succeed(task, ended(record, deps, { state: "skipped", output: null }));
    case "retry":
      return retry(execution, { task, record }, deps);
  }
}

function retry(execution: RunExecution, { task, record }: WaitingStep, deps: EngineDeps): void {
  const compiled = execution.workflow.steps.get(task.step.id);
  if (record.input === undefined) performStep(execution, task, deps);
  else if (compiled?.kind === "action") wakeAction(execution, task, compiled, record, deps);
  else if (compiled?.kind === "workflow") startSubWorkflow(execution, task, compiled, record, deps);
  else performStep(execution, task, deps);
}

function applyChild(
  execution: RunExecution,
  { task, record }: WaitingStep,
  signal: Extract<Signal, { kind: "child_finished" }>,
  deps: EngineDeps,
): void {
  if (startedChild(record) !== signal.childRunId) return;
  execution.waiting.delete(task.key);
  if (signal.status === "succeeded")
    return execution.succeed(task, ended(record, deps, { state: "succeeded", output: signal.output }));
  const message = `Run ${signal.childRunId} of the sub-workflow ${signal.status === "cancelled" ? "was cancelled" : "failed"}${signal.error ? `: ${signal.error.message}` : "."}`;
  execution.fail(task, ended(record, deps, { state: "failed_final", error: { code: "sub_workflow_failed", message } }));
}

function ended(record: StepRecord, deps: EngineDeps, patch: Partial<StepRecord>): StepRecord {
  return { ...record, waitingFor: null, wakeAt: null, finishedAt: deps.clock.now(), ...patch };
}
