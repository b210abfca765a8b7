import type { Json } from "../domain/json.ts";
import type { Task } from "../domain/next-step.ts";
import { type ChildReplay, plannedChildReplay, planReplay } from "../domain/replay.ts";
import type { StepError, StepRecord } from "../domain/run.ts";
import type { ChildRun } from "../domain/run-store.ts";
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
  earlier: ChildReplay | null = null,
): void {
  const { run } = execution;
  const input = { body: compiled.input.evaluate(scope) };
  const record = newRecord(task, deps.clock.now(), {
    state: "waiting",
    waitingFor: "sub_workflow",
    epoch,
    input,
    idempotencyKey: idempotencyKey(run, task, epoch),
  });
  if (run.depth >= LIMITS.subWorkflowDepth) {
    const message = `Workflows may start each other at most ${LIMITS.subWorkflowDepth} levels deep. Does one start itself?`;
    return fail(execution, task, record, { code: "too_deep", message }, deps);
  }
  const prior = execution.ledger.prior(task);
  if (prior) comparePrior(execution, task, { prior, record, input }, deps);
  else startSubWorkflow(execution, task, compiled, record, deps, earlier);
}

/** Starts the child that a record plans, with its frozen input; `earlier` is the child that it goes on from. */
export function startSubWorkflow(
  execution: RunExecution,
  task: Task,
  compiled: WorkflowCompiled,
  planned: StepRecord,
  deps: EngineDeps,
  earlier: ChildReplay | null = null,
): void {
  const { run } = execution;
  const workflowId = compiled.step.workflow;
  execution.launchPure({
    task,
    record: planned,
    act: async () => {
      const published = await deps.findPublished(execution.scope, workflowId);
      const now = deps.clock.now();
      const id = deps.newId("run");
      const { body = null } = planned.input as { readonly body?: Json };
      const fresh = {
        version: published,
        eventId: planned.idempotencyKey ?? id,
        trigger: { body, headers: {}, query: {}, method: null, receivedAt: new Date(now).toISOString() },
        replayOf: null,
        ledger: [],
      };
      const goingOn = earlier && (await replayChild(execution, workflowId, earlier, fresh, deps));
      return () => {
        if (execution.ended) return;
        const { version, ...beginning } = goingOn ?? fresh;
        if (version === null) {
          const message = `Workflow "${workflowId}" does not exist or is not published.`;
          return fail(execution, task, planned, { code: "not_published", message }, deps);
        }
        execution.startChild({
          ...beginning,
          id,
          workflowId,
          version,
          source: "workflow",
          parent: { runId: run.id, path: task.path, iteration: task.iteration },
          depth: run.depth + 1,
          createdAt: now,
        });
        execution.wait(task, {
          ...planned,
          state: "waiting",
          waitingFor: "sub_workflow",
          output: { runId: id },
          error: null,
          startedAt: now,
          finishedAt: null,
        });
      };
    },
  });
}

/** Where a child starts out. `version` is null when its workflow is not published. */
interface ChildStart extends Pick<ChildRun, "eventId" | "trigger" | "replayOf" | "ledger"> {
  readonly version: number | null;
}

/**
 * The child goes on from what the earlier one did, under the same event and so the same idempotency keys. With another
 * input it is replayed from its start, where each effect is compared with what was sent. Null when the earlier child
 * does not say anything about this one: it was a run of another workflow, or has been pruned.
 */
async function replayChild(
  execution: RunExecution,
  workflowId: string,
  { runId, from, version }: ChildReplay,
  fresh: ChildStart,
  { backend }: EngineDeps,
): Promise<ChildStart | null> {
  const earlier = await backend.runs.find(execution.scope, runId);
  if (earlier?.workflowId !== workflowId) return null;
  const steps = await backend.runs.steps(execution.scope, runId);
  const isSameInput = Bun.deepEquals(earlier.trigger.body, fresh.trigger.body);
  const goesOn = from === "failed" && isSameInput;
  const ledger = planReplay(steps, { from: goesOn ? "failed" : "start", repeatEffects: false, version });
  // What may have happened is asked about, or repeated under its key, by the version that did it.
  const isSettled = !ledger.some(({ state }) => state === "unknown");
  return {
    version: version === "published" && isSettled ? fresh.version : earlier.version,
    eventId: earlier.eventId,
    trigger: isSameInput ? earlier.trigger : fresh.trigger,
    replayOf: runId,
    ledger,
  };
}

function fail(execution: RunExecution, task: Task, record: StepRecord, error: StepError, deps: EngineDeps): void {
  const finishedAt = deps.clock.now();
  execution.fail(task, { ...record, state: "failed_final", waitingFor: null, error, finishedAt });
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
    performSubWorkflow(
      execution,
      task,
      compiled,
      new TaskScope(execution, task),
      deps,
      record.epoch,
      plannedChildReplay(record),
    );
  else return false;
  return true;
}
