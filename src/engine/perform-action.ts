import type { ActionDefinition } from "../connector-sdk/action.ts";
import type { Access, ParkedAccess } from "../connector-sdk/connection-access.ts";
import { validateInput } from "../connector-sdk/validate-input.ts";
import { isJsonObject, type Json, type JsonObject } from "../domain/json.ts";
import type { Task } from "../domain/next-step.ts";
import { decideRetry, type FailureKind } from "../domain/retry.ts";
import { mayHaveHappened, type StepError, type StepRecord } from "../domain/run.ts";
import { type ActionStep, DEFAULT_RETRY, type Effect, type OnUnknown } from "../domain/workflow.ts";
import { type ActionResult, callConnector } from "./call-connector.ts";
import { comparePrior } from "./compare-prior.ts";
import type { CompiledStep } from "./compiled-workflow.ts";

import type { EngineDeps } from "./engine-deps.ts";

import { idempotencyKey } from "./idempotency-key.ts";
import { type Opened, openAccess } from "./open-access.ts";
import { paceOfStep } from "./rate-limit/pace.ts";
import type { RunExecution } from "./run-execution.ts";
import { hasSensitiveInput, inputPlace } from "./seal-input.ts";
import { newRecord } from "./step-record.ts";
import { TaskScope } from "./task-scope.ts";

/*
 * An action, in the order of DESIGN §3:
 *
 *   plan (input frozen) ─► credential ─► commit "started" ─► connector ─► guarded egress ─► result
 *      │                       └─► parked (connection)                       ├─► succeeded
 *      └─► invalid input: failed_final                                       ├─► 429: parked (rate_limit), no attempt used
 *                                                                            ├─► failed_retryable ─► waiting (retry)
 *                                                                            └─► unknown ─► retry | review | fail
 */

type ActionCompiled = Extract<CompiledStep, { kind: "action" }>;

/** What an attempt needs once its input is frozen. */
interface Plan {
  readonly task: Task;
  readonly compiled: ActionCompiled;
  readonly input: JsonObject;
  readonly record: StepRecord;
}

export function performAction(
  execution: RunExecution,
  task: Task,
  compiled: ActionCompiled,
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
function cannotGoOn(
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
function launchAttempt(
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

/** Waits without using an attempt; fails when it has waited for too long. */
function park(
  execution: RunExecution,
  plan: Pick<Plan, "task">,
  record: StepRecord,
  waitingFor: "rate_limit" | "connection",
  retryAfterMs: number | null,
  reason: string,
  deps: EngineDeps,
): void {
  const now = deps.clock.now();
  const error = { code: waitingFor === "rate_limit" ? "rate_limited" : "connection", message: reason };
  if (now - record.plannedAt > deps.maxParkedMs) return failFinally(execution, plan, record, error, deps);
  const delayMs =
    waitingFor === "connection" && retryAfterMs === null
      ? CONNECTION_RECHECK_MS
      : (retryAfterMs ?? 1_000) + Math.round(deps.random() * 1_000);
  const parked: StepRecord = { ...record, state: "planned", startedAt: null, error, waitingFor, wakeAt: now + delayMs };
  execution.wait(plan.task, parked);
}

function parkForConnection(
  execution: RunExecution,
  plan: Pick<Plan, "task" | "compiled">,
  record: StepRecord,
  { reason, recheckAt, onParked }: ParkedAccess,
  deps: EngineDeps,
): void {
  const recheckMs = recheckAt === null || recheckAt === undefined ? null : Math.max(0, recheckAt - deps.clock.now());
  park(execution, plan, record, "connection", recheckMs, reason, deps);
  if (onParked && execution.waiting.has(plan.task.key)) execution.onRelease.push(onParked);
}

/** A mended connection makes its runs due at once; this is only the safety net. */
const CONNECTION_RECHECK_MS = 15 * 60_000;

/**
 * Ends the step without success. An effect that may exist stays unknown, so that a replay keeps its key: that of this
 * attempt, or of an earlier one for which only the provider's refusal of this attempt would have answered.
 */
function failFinally(
  execution: RunExecution,
  { task }: Pick<Plan, "task">,
  record: StepRecord,
  error: StepError,
  deps: EngineDeps,
  failure: FailureKind = "retryable",
): void {
  const ended = { ...record, error, waitingFor: null, wakeAt: null, finishedAt: deps.clock.now() };
  const unknown: StepRecord = { ...ended, state: "unknown" };
  const mayExist = failure === "unknown" ? mayHaveHappened(unknown) : execution.ledger.isUncertain(record);
  execution.requireCommit();
  execution.fail(task, mayExist && failure !== "final" ? unknown : { ...ended, state: "failed_final" });
}

function retryOrEnd(
  execution: RunExecution,
  plan: Pick<Plan, "task" | "compiled">,
  record: StepRecord,
  failure: FailureKind,
  error: StepError,
  retryAfterMs: number | null,
  interrupted: boolean,
  deps: EngineDeps,
): void {
  const now = deps.clock.now();
  const { step } = plan.compiled;
  const decision = decideRetry(
    {
      failure,
      effect: record.effect ?? "unsafe",
      keyExpired: keyExpired(plan.compiled.action, record, now),
      attempt: record.attempt,
      policy: { ...DEFAULT_RETRY, ...definedOnly(step.retry ?? {}) },
      onUnknown: onUnknownOf(step, execution),
      retryAfterMs,
      interrupted,
    },
    now,
    deps.random(),
  );
  if (decision.kind === "fail") return failFinally(execution, plan, record, error, deps, failure);
  const ended = { ...record, error, waitingFor: null, wakeAt: null, finishedAt: now };
  if (decision.kind === "review") return execution.wait(plan.task, { ...ended, state: "needs_review" });
  const state = failure === "unknown" ? "unknown" : "failed_retryable";
  execution.wait(plan.task, { ...ended, state, waitingFor: "retry", wakeAt: decision.atMs });
}

/** Whoever replays a run that failed on an unknown outcome is there to decide about it. */
function onUnknownOf(step: ActionStep, execution: RunExecution): OnUnknown {
  const { onUnknown = "review" } = step;
  return onUnknown === "fail" && execution.run.replayOf !== null ? "review" : onUnknown;
}

/** Counted from when the key was first used: every attempt carries `plannedAt` of the first. */
function keyExpired(action: ActionDefinition, record: StepRecord, now: number): boolean {
  const { keyTtlMs } = action;
  if (keyTtlMs === undefined) return false;
  const input = isJsonObject(record.input) ? record.input : {};
  return now - record.plannedAt > (typeof keyTtlMs === "function" ? keyTtlMs(input) : keyTtlMs);
}

// What an earlier worker, or an earlier attempt, left ----------------------------------------------------------------

/** False when the step has to be planned anew. */
export function resumeAction(
  execution: RunExecution,
  task: Task,
  compiled: ActionCompiled,
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
  plan: { task: Task; compiled: ActionCompiled },
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
  compiled: ActionCompiled,
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
  compiled: ActionCompiled,
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

function definedOnly<T extends object>(object: T): T {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as T;
}
