import type { Task } from "../domain/next-step.ts";
import type { StepRecord } from "../domain/run.ts";
import { LIMITS } from "../domain/workflow.ts";
import { comparePrior } from "./compare-prior.ts";
import type { CompiledStep } from "./compiled-workflow.ts";
import type { EngineDeps } from "./engine-deps.ts";
import { idempotencyKey } from "./idempotency-key.ts";
import type { RunExecution } from "./run-execution.ts";
import { newRecord } from "./step-record.ts";
import { TaskScope } from "./task-scope.ts";

type WorkflowCompiled = Extract<CompiledStep, { kind: "workflow" }>;

/**
 * Starts a run of another workflow and waits for it. The child is created in the commit that records the step as
 * waiting, with the step's key as its event id: there is one child, or none.
 */
export function performSubWorkflow(
  execution: RunExecution,
  task: Task,
  compiled: WorkflowCompiled,
  scope: TaskScope,
  deps: EngineDeps,
  epoch = 0,
): void {
  const { run } = execution;
  const now = deps.clock.now();
  const input = compiled.input.evaluate(scope);
  const key = idempotencyKey(run, task, epoch);
  const record = newRecord(task, now, {
    state: "waiting",
    waitingFor: "sub_workflow",
    epoch,
    input: { body: input },
    idempotencyKey: key,
  });
  const fail = (code: string, message: string) =>
    execution.fail(task, {
      ...record,
      state: "failed_final",
      waitingFor: null,
      error: { code, message },
      finishedAt: now,
    });

  if (run.depth >= LIMITS.subWorkflowDepth)
    return fail(
      "too_deep",
      `Workflows may start each other at most ${LIMITS.subWorkflowDepth} levels deep. Does one start itself?`,
    );
  const prior = execution.prior.get(task.key);
  if (prior) return comparePrior(execution, task, { prior, record, input: { body: input } }, deps);

  const workflowId = compiled.step.workflow;
  execution.launchPure({
    task,
    record,
    act: async () => {
      const version = await deps.findPublished(execution.scope, workflowId);
      return () => {
        if (execution.ended) return;
        if (version === null)
          return fail("not_published", `Workflow "${workflowId}" does not exist or is not published.`);
        const id = deps.newId("run");
        const createdAt = deps.clock.now();
        execution.startChild({
          id,
          workflowId,
          version,
          source: "workflow",
          eventId: key,
          trigger: { body: input, headers: {}, query: {}, method: null, receivedAt: new Date(createdAt).toISOString() },
          parent: { runId: run.id, path: task.path, iteration: task.iteration },
          depth: run.depth + 1,
          createdAt,
        });
        execution.wait(task, { ...record, output: { runId: id } });
      };
    },
  });
}

/** False when the step has to be performed anew. */
export function resumeSubWorkflow(
  execution: RunExecution,
  task: Task,
  compiled: WorkflowCompiled,
  record: StepRecord,
  deps: EngineDeps,
): boolean {
  if (record.state === "waiting") execution.wait(task, record);
  else if (record.state === "planned")
    performSubWorkflow(execution, task, compiled, new TaskScope(execution, task), deps, record.epoch);
  else return false;
  return true;
}
