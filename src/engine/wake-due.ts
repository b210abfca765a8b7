import { expireApproval } from "./apply-signal.ts";
import type { EngineDeps } from "./engine-deps.ts";
import { wakeAction } from "./resume-action.ts";
import type { RunExecution, WaitingStep } from "./run-execution.ts";

/** Lets every waiting step go on whose time has come: retries, delays, and approvals that nobody gave. True if any did. */
export function wakeDue(execution: RunExecution, deps: EngineDeps): boolean {
  if (execution.waiting.size === 0 || execution.ended) return false;
  const now = deps.clock.now();
  const due = [...execution.waiting.values()].filter(({ record }) => record.wakeAt !== null && record.wakeAt <= now);
  for (const waiting of due) wake(execution, waiting, deps);
  return due.length > 0;
}

function wake(execution: RunExecution, waiting: WaitingStep, deps: EngineDeps): void {
  const { task, record } = waiting;
  if (record.waitingFor === "approval") return expireApproval(execution, waiting, deps);
  execution.waiting.delete(task.key);
  if (record.waitingFor === "delay") {
    const finishedAt = deps.clock.now();
    return execution.succeed(task, { ...record, state: "succeeded", waitingFor: null, wakeAt: null, finishedAt });
  }
  const compiled = execution.workflow.steps.get(task.step.id);
  if (compiled?.kind !== "action") throw new Error(`step ${task.path} waits for ${record.waitingFor} but is no action`);
  wakeAction(execution, task, compiled, record, deps);
}
