import type { Task } from "../domain/next-step.ts";
import type { StepRecord } from "../domain/run.ts";
import type { CompiledAction } from "./compiled-workflow.ts";
import { retryOrEnd } from "./end-attempt.ts";
import type { EngineDeps } from "./engine-deps.ts";
import { openAccess } from "./open-access.ts";
import { cannotGoOn, launchAttempt, performAction } from "./perform-action.ts";
import { paceOfStep } from "./rate-limit/pace.ts";
import type { RunExecution } from "./run-execution.ts";
import { inputPlace } from "./seal-input.ts";
import { TaskScope } from "./task-scope.ts";

/* Going on with an action where an earlier worker, or an earlier attempt, has left it. */

/** False when the step has to be planned anew. */
export function resumeAction(
  execution: RunExecution,
  task: Task,
  compiled: CompiledAction,
  record: StepRecord,
  deps: EngineDeps,
): boolean {
  const plan = { task, compiled };
  const interrupted = {
    code: "unknown_outcome",
    message: "The server stopped while this step was under way, so it is not known whether the other side has done it.",
  };
  switch (record.state) {
    case "started":
      if (execution.poisoned) execution.wait(task, { ...record, state: "needs_review", error: interrupted });
      else retryOrEnd(execution, plan, record, "unknown", interrupted, null, true, deps);
      return true;
    case "unknown":
      if (record.waitingFor === "retry") execution.wait(task, record);
      // Given up before, and the run went on (`onError: "continue"`): later steps rely on that.
      else if (record.finishedAt !== null) execution.fail(task, record);
      else retryOrEnd(execution, plan, record, "unknown", record.error ?? interrupted, null, true, deps);
      return true;
    case "failed_retryable":
      execution.wait(task, record);
      return true;
    case "planned":
      return resumePlanned(execution, plan, record, deps);
    default:
      return false;
  }
}

function resumePlanned(
  execution: RunExecution,
  plan: { task: Task; compiled: CompiledAction },
  record: StepRecord,
  deps: EngineDeps,
): boolean {
  if (record.input === undefined) {
    // A replay reserved a new epoch here; the input is resolved anew.
    performAction(execution, plan.task, plan.compiled, new TaskScope(execution, plan.task), deps, record.epoch);
    return true;
  }
  // Whoever claims a run that waits for its connection looks at the connection again: it may have been mended.
  const early = record.waitingFor !== "connection" && record.wakeAt !== null && record.wakeAt > deps.clock.now();
  if (early) execution.wait(plan.task, record);
  else goOn(execution, plan.task, plan.compiled, record, deps);
  return true;
}

/** The wait of a parked or failed attempt is over: sends the same bytes, in a new attempt if the last one was used. */
export function wakeAction(
  execution: RunExecution,
  task: Task,
  compiled: CompiledAction,
  record: StepRecord,
  deps: EngineDeps,
): void {
  const planned: StepRecord = {
    ...record,
    state: "planned",
    output: undefined,
    error: null,
    waitingFor: null,
    wakeAt: null,
    startedAt: null,
    finishedAt: null,
  };
  if (record.startedAt === null) return goOn(execution, task, compiled, planned, deps);
  // Both in one commit: an attempt that no longer waits, and has no next one, would be taken for one that was given up.
  const next = { ...planned, attempt: record.attempt + 1 };
  execution.ledger.write({ ...record, waitingFor: null, wakeAt: null });
  execution.ledger.write(next);
  goOn(execution, task, compiled, next, deps);
}

function goOn(
  execution: RunExecution,
  task: Task,
  compiled: CompiledAction,
  record: StepRecord,
  deps: EngineDeps,
): void {
  execution.launchPure({
    task,
    record,
    act: async () => {
      const input = await deps.openInput(inputPlace(execution.run, task), record.input ?? {});
      const opened = await openAccess(execution.scope, paceOfStep(execution.run, task, compiled), deps);
      return () => {
        if (execution.ended) return;
        const plan = { task, compiled, input, record };
        if (opened.kind === "ready") launchAttempt(execution, plan, record.input ?? {}, opened.access, deps);
        else cannotGoOn(execution, plan, record, opened, deps);
      };
    },
  });
}
