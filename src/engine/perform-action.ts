import type { ActionDefinition } from "../connector-sdk/action.ts";
import type { Access } from "../connector-sdk/connection-access.ts";
import { validateInput } from "../connector-sdk/validate-input.ts";
import type { Json, JsonObject } from "../domain/json.ts";
import type { Task } from "../domain/next-step.ts";
import type { StepRecord } from "../domain/run.ts";
import type { ActionStep, Effect } from "../domain/workflow.ts";
import { type ActionResult, callConnector } from "./call-connector.ts";
import { comparePrior } from "./compare-prior.ts";
import type { CompiledAction } from "./compiled-workflow.ts";
import { failFinally, park, parkForConnection, retryOrEnd } from "./end-attempt.ts";
import type { EngineDeps } from "./engine-deps.ts";
import { idempotencyKey } from "./idempotency-key.ts";
import { type Opened, openAccess } from "./open-access.ts";
import { paceOfStep } from "./rate-limit/pace.ts";
import type { RunExecution } from "./run-execution.ts";
import { hasSensitiveInput, inputPlace } from "./seal-input.ts";
import { newRecord } from "./step-record.ts";
import type { TaskScope } from "./task-scope.ts";

/*
 * An action, in its order:
 *
 *   plan (input frozen) ─► credential ─► commit "started" ─► connector ─► guarded egress ─► result
 *      │                       └─► parked (connection)                       ├─► succeeded
 *      └─► invalid input: failed_final                                       ├─► 429: parked (rate_limit), no attempt used
 *                                                                            ├─► failed_retryable ─► waiting (retry)
 *                                                                            └─► unknown ─► retry | review | fail
 */

/** What an attempt needs once its input is frozen. */
interface Plan {
  readonly task: Task;
  readonly compiled: CompiledAction;
  readonly input: JsonObject;
  readonly record: StepRecord;
}

export function performAction(
  execution: RunExecution,
  task: Task,
  compiled: CompiledAction,
  scope: TaskScope,
  deps: EngineDeps,
  epoch = 0,
): void {
  const now = deps.clock.now();
  const resolved = compiled.input.evaluate(scope) as JsonObject;
  const { value: input, errors } = validateInput(compiled.action.input, resolved, {
    path: "input",
    expressions: "resolved",
  });
  if (errors.length > 0) {
    const message = errors.map((each) => `${each.path} ${each.message}`).join("; ");
    const failed = newRecord(task, now, { state: "failed_final", error: { code: "invalid_input", message } });
    return execution.fail(task, { ...failed, epoch: epoch || execution.ledger.nextEpoch(task), startedAt: null });
  }
  const effect = effectOf(compiled.step, compiled.action, input);
  const record = newRecord(task, now, {
    state: "planned",
    epoch,
    effect,
    idempotencyKey: idempotencyKey(execution.run, task, epoch),
    startedAt: null,
  });
  const plan = { task, compiled, input, record };
  const prior = effect === "safe" ? undefined : execution.ledger.prior(task);
  if (prior) comparePrior(execution, task, { prior, record, input }, deps);
  else prepare(execution, plan, deps);
}

function effectOf(step: ActionStep, action: ActionDefinition, input: JsonObject): Effect {
  if (step.effect) return step.effect;
  return typeof action.effect === "function" ? action.effect(input) : action.effect;
}

// Credential, then the barrier ---------------------------------------------------------------------------------------

function prepare(execution: RunExecution, plan: Plan, deps: EngineDeps): void {
  const { connection } = plan.compiled.step;
  const { task, compiled } = plan;
  const pace = paceOfStep(execution.run, task, compiled);
  if (connection === undefined && !deps.rateLimits?.limits(pace.call) && !hasSensitiveInput(plan.input))
    return launchAttempt(execution, plan, plan.input, null, deps);
  execution.launchPure({
    task,
    record: plan.record,
    act: async () => {
      const frozen = await deps.sealInput(inputPlace(execution.run, task), plan.input);
      const opened = await openAccess(execution.scope, pace, deps);
      return () => {
        if (execution.ended) return;
        if (opened.kind === "ready") launchAttempt(execution, plan, frozen, opened.access, deps);
        else cannotGoOn(execution, plan, { ...plan.record, input: frozen }, opened, deps);
      };
    },
  });
}

/** Its turn has not come, or its connection cannot be used. */
export function cannotGoOn(
  execution: RunExecution,
  plan: Pick<Plan, "task" | "compiled">,
  record: StepRecord,
  opened: Exclude<Opened, { kind: "ready" }>,
  deps: EngineDeps,
): void {
  switch (opened.kind) {
    case "waits":
      return park(execution, plan, record, "rate_limit", opened.at - deps.clock.now(), opened.reason, deps);
    case "parked":
      return parkForConnection(execution, plan, record, opened, deps);
    case "missing":
      return failFinally(execution, plan, record, { code: "connection", message: opened.reason }, deps);
  }
}

/** `frozen` is the input as stored, sensitive parts sealed. The row is durable before the connector is called. */
export function launchAttempt(
  execution: RunExecution,
  plan: Plan,
  frozen: Json,
  access: Access | null,
  deps: EngineDeps,
): void {
  const { task, compiled, input } = plan;
  const record: StepRecord = {
    ...plan.record,
    state: "started",
    input: frozen,
    error: null,
    waitingFor: null,
    wakeAt: null,
    startedAt: deps.clock.now(),
  };
  execution.launchEffect({
    task,
    record,
    act: async () => {
      const result = await callConnector(
        { compiled, input, record, access, pace: paceOfStep(execution.run, task, compiled) },
        deps,
      );
      return () => {
        execution.requireCommit();
        applyResult(execution, { ...plan, record }, result, deps);
      };
    },
  });
}

function applyResult(execution: RunExecution, plan: Plan, result: ActionResult, deps: EngineDeps): void {
  const { task, record } = plan;
  const finishedAt = deps.clock.now();
  switch (result.kind) {
    case "succeeded":
      return execution.succeed(task, { ...record, state: "succeeded", output: result.output, finishedAt });
    case "rate_limited":
      return park(execution, plan, record, "rate_limit", result.retryAfterMs, result.error.message, deps);
    case "parked":
      return parkForConnection(execution, plan, record, result.access, deps);
    case "auth":
      return failFinally(execution, plan, record, result.error, deps);
    default:
      return retryOrEnd(execution, plan, record, result.kind, result.error, result.retryAfterMs, false, deps);
  }
}
