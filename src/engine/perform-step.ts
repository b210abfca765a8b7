import { parseDuration } from "../domain/duration.ts";
import type { Json, JsonObject } from "../domain/json.ts";
import { isJsonObject } from "../domain/json.ts";
import { openBranches, openLoop, publishOutput, type Task } from "../domain/next-step.ts";
import type { StepError, StepRecord } from "../domain/run.ts";
import { LIMITS } from "../domain/workflow.ts";
import type { CompiledStep } from "./compiled-workflow.ts";
import type { EngineDeps } from "./engine-deps.ts";
import { ExpressionError } from "./expressions/expression-error.ts";
import { performAction } from "./perform-action.ts";
import { performCode } from "./perform-code.ts";
import { performSubWorkflow, resumeSubWorkflow } from "./perform-sub-workflow.ts";
import { resumeAction } from "./resume-action.ts";
import type { RunExecution } from "./run-execution.ts";
import { newRecord } from "./step-record.ts";
import { TaskScope } from "./task-scope.ts";

/**
 * Takes one ready task as far as it goes without waiting: pure steps end here, containers open, effects and waits are
 * handed to the execution. A place that an earlier worker has reached already goes on from what the ledger says.
 */
export function performStep(execution: RunExecution, task: Task, deps: EngineDeps): void {
  const compiled = execution.workflow.steps.get(task.step.id);
  if (!compiled) throw new Error(`step ${task.step.id} was not compiled`);
  const restored = execution.ledger.takeRestored(task);
  try {
    if (restored && resume(execution, task, compiled, restored, deps)) return;
    if (execution.poisoned) reviewPoison(execution, task, deps);
    else performFresh(execution, task, compiled, deps);
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    const epoch = restored?.epoch ?? execution.ledger.nextEpoch(task);
    failTask(execution, task, { code: "expression", message: error.message }, deps, epoch);
  }
}

/** Ends a task that has done nothing, as its own row. */
function failTask(execution: RunExecution, task: Task, error: StepError, deps: EngineDeps, epoch = 0): void {
  const failed = newRecord(task, deps.clock.now(), { state: "failed_final", epoch, error });
  const reachesOut = task.step.kind === "action" || task.step.kind === "workflow";
  execution.fail(task, reachesOut ? { ...failed, startedAt: null } : failed);
}

/** False when the step has to be performed anew. */
function resume(
  execution: RunExecution,
  task: Task,
  compiled: CompiledStep,
  record: StepRecord,
  deps: EngineDeps,
): boolean {
  // What a person has taken for done (it still has its error) is not looked into.
  const isOwnSuccess = record.state === "succeeded" && record.error === null;
  if (compiled.kind === "branch" && isOwnSuccess) return reopenBranch(execution, task, compiled, record);
  // A stop that was recorded while calls were still under way, or that a replay has reached again, still stops.
  if (compiled.kind === "stop") return false;
  if (compiled.kind === "parallel" && (isOwnSuccess || record.state === "started")) {
    openParallel(execution, task, compiled, record);
    return true;
  }
  if (compiled.kind === "loop" && record.state === "started") {
    execution.open(task, record);
    openLoop(execution.tree, task, record.input as readonly Json[], compiled.step.maxConcurrency ?? 1);
    return true;
  }
  switch (record.state) {
    case "succeeded":
    case "skipped":
      execution.succeed(task, record);
      return true;
    case "failed_final":
      execution.fail(task, record);
      return true;
    case "needs_review":
      execution.wait(task, record);
      return true;
    default:
  }
  if (compiled.kind === "action") return resumeAction(execution, task, compiled, record, deps);
  if (compiled.kind === "workflow") return resumeSubWorkflow(execution, task, compiled, record, deps);
  if (record.state === "waiting") {
    execution.wait(task, record);
    return true;
  }
  return false;
}

function performFresh(execution: RunExecution, task: Task, compiled: CompiledStep, deps: EngineDeps): void {
  const now = deps.clock.now();
  const scope = new TaskScope(execution, task);
  switch (compiled.kind) {
    case "set": {
      const output = compiled.values.evaluate(scope);
      return execution.succeed(task, newRecord(task, now, { state: "succeeded", output }));
    }
    case "branch": {
      const taken = decideBranches(compiled, scope);
      return takeBranches(execution, task, compiled, taken, now);
    }
    case "parallel":
      return openParallel(execution, task, compiled, newRecord(task, now, { state: "started" }));
    case "loop": {
      const items = compiled.items.evaluate(scope);
      const problem = checkItems(items);
      if (problem) return failTask(execution, task, { code: "invalid_items", message: problem }, deps);
      execution.open(task, newRecord(task, now, { state: "started", input: items }));
      return openLoop(execution.tree, task, items as readonly Json[], compiled.step.maxConcurrency ?? 1);
    }
    case "delay":
      return performDelay(execution, task, compiled, scope, deps);
    case "approval": {
      const message = textOf(compiled.message.evaluate(scope));
      const timeout = compiled.timeout.evaluate(scope);
      const timeoutMs = timeout === null ? null : durationMs(timeout, "timeout");
      const wakeAt = timeoutMs === null ? null : now + timeoutMs;
      const record = newRecord(task, now, { state: "waiting", input: { message }, waitingFor: "approval", wakeAt });
      return execution.wait(task, record);
    }
    case "respond": {
      const body = compiled.body.evaluate(scope);
      const headers = compiled.headers.evaluate(scope) as JsonObject;
      const status = compiled.step.status ?? 200;
      const response = { status, headers: mapValues(headers, textOf), body };
      execution.respond(response);
      return execution.succeed(
        task,
        newRecord(task, now, { state: "succeeded", input: response, output: { status, body } }),
      );
    }
    case "stop": {
      const output = compiled.output.evaluate(scope);
      const message = compiled.message.evaluate(scope);
      const failed = compiled.step.outcome === "failed";
      const error = failed
        ? { code: "stopped", message: message === null ? "The workflow stopped as failed." : textOf(message) }
        : null;
      execution.ledger.write(newRecord(task, now, { state: "succeeded", output }));
      return execution.stop(compiled.step.outcome, output, error);
    }
    case "code":
      return performCode(execution, task, compiled, scope, deps);
    case "workflow":
      return performSubWorkflow(execution, task, compiled, scope, deps);
    case "action":
      return performAction(execution, task, compiled, scope, deps);
  }
}

/** A crash has followed this run too often: whoever resolves the step decides whether it is tried again. */
function reviewPoison(execution: RunExecution, task: Task, deps: EngineDeps): void {
  const error = {
    code: "interrupted",
    message:
      "The server stopped three times while this run was at this step, so it was not tried again. Look at the server's log, then retry, skip or mark it done.",
  };
  execution.wait(task, newRecord(task, deps.clock.now(), { state: "needs_review", error }));
}

/** Also one that has ended: what its inner steps have given can be read by the steps after it. */
function openParallel(
  execution: RunExecution,
  task: Task,
  { step: { branches } }: Extract<CompiledStep, { kind: "parallel" }>,
  record: StepRecord,
): void {
  execution.open(task, record);
  const collect = (outputs: readonly Json[]) =>
    Object.fromEntries(branches.map(({ name }, slot) => [name, outputs[slot] ?? null]));
  const sequences = branches.map(({ steps }) => steps);
  openBranches(execution.tree, task, sequences, collect);
}

// Branches ----------------------------------------------------------------------------------------------------------

type BranchCompiled = Extract<CompiledStep, { kind: "branch" }>;

/** Positions of the branches taken; -1 stands for `otherwise`. */
function decideBranches(compiled: BranchCompiled, scope: TaskScope): readonly number[] {
  const all = compiled.step.mode === "all";
  const taken: number[] = [];
  for (const [index, condition] of compiled.conditions.entries()) {
    if (!condition.evaluate(scope)) continue;
    taken.push(index);
    if (!all) break;
  }
  return taken.length > 0 || !compiled.step.otherwise ? taken : [-1];
}

function takeBranches(
  execution: RunExecution,
  task: Task,
  compiled: BranchCompiled,
  taken: readonly number[],
  now: number,
): void {
  const names = taken.map((index) => (index === -1 ? "otherwise" : (compiled.step.branches[index]?.name ?? "")));
  const output = compiled.step.mode === "all" ? { branches: names } : { branch: names[0] ?? null };
  execution.ledger.write(newRecord(task, now, { state: "succeeded", output }));
  openTaken(execution, task, compiled, taken, output);
}

function reopenBranch(execution: RunExecution, task: Task, compiled: BranchCompiled, record: StepRecord): boolean {
  const output = record.output ?? null;
  const stored = isJsonObject(output) ? (output.branches ?? [output.branch ?? null]) : [];
  const names = (stored as readonly Json[]).filter((name) => name !== null);
  const known = ["otherwise", ...compiled.step.branches.map((branch) => branch.name)];
  // A replay on another version, which has no such branch, decides anew.
  if (!names.every((name) => known.includes(name as string))) return false;
  const taken = names.map((name) => known.indexOf(name as string) - 1);
  openTaken(execution, task, compiled, taken, output);
  return true;
}

/** The branch's own result is known now; the steps after it wait until the taken branches have ended. */
function openTaken(
  execution: RunExecution,
  task: Task,
  compiled: BranchCompiled,
  taken: readonly number[],
  output: Json,
): void {
  publishOutput(task, output);
  const sequences = taken.map(
    (index) => (index === -1 ? compiled.step.otherwise : compiled.step.branches[index]?.steps) ?? [],
  );
  openBranches(execution.tree, task, sequences, () => output);
}

// Loops and delays --------------------------------------------------------------------------------------------------

function checkItems(items: Json): string | null {
  if (!Array.isArray(items)) return `items must be a list, but is ${items === null ? "null" : typeof items}`;
  if (items.length > LIMITS.loopItems)
    return `items has ${items.length} entries; a loop takes at most ${LIMITS.loopItems}. Split the list over sub-workflows.`;
  return null;
}

function performDelay(
  execution: RunExecution,
  task: Task,
  compiled: Extract<CompiledStep, { kind: "delay" }>,
  scope: TaskScope,
  deps: EngineDeps,
): void {
  const now = deps.clock.now();
  const value = compiled.time.evaluate(scope);
  const wakeAt = compiled.step.for === undefined ? instantMs(value) : now + durationMs(value, "for");
  if (wakeAt - now > LIMITS.delayMs) throw new ExpressionError("A delay lasts at most a year.");
  const output = { until: new Date(wakeAt).toISOString() };
  if (wakeAt <= now) return execution.succeed(task, newRecord(task, now, { state: "succeeded", output }));
  execution.wait(task, newRecord(task, now, { state: "waiting", waitingFor: "delay", wakeAt, input: output, output }));
}

function durationMs(value: Json, field: string): number {
  const ms = typeof value === "string" ? parseDuration(value) : null;
  if (ms === null)
    throw new ExpressionError(`"${field}" must be a duration such as PT5M, but is ${JSON.stringify(value)}`);
  return ms;
}

function instantMs(value: Json): number {
  const ms = typeof value === "number" ? value : typeof value === "string" ? Date.parse(value) : Number.NaN;
  if (!Number.isFinite(ms) || Math.abs(ms) > 8.64e15)
    throw new ExpressionError(`"until" must be a time such as 2027-01-31T09:00:00Z, but is ${JSON.stringify(value)}`);
  return ms;
}

function textOf(value: Json): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function mapValues(object: JsonObject, map: (value: Json) => string): Record<string, string> {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, map(value)]));
}
