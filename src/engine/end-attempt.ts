import type { ActionDefinition } from "../connector-sdk/action.ts";
import type { ParkedAccess } from "../connector-sdk/connection-access.ts";
import { isJsonObject } from "../domain/json.ts";
import type { Task } from "../domain/next-step.ts";
import { decideRetry, type FailureKind } from "../domain/retry.ts";
import { mayHaveHappened, type StepError, type StepRecord } from "../domain/run.ts";
import { type ActionStep, DEFAULT_RETRY, type OnUnknown } from "../domain/workflow.ts";
import type { CompiledAction } from "./compiled-workflow.ts";
import type { EngineDeps } from "./engine-deps.ts";
import type { RunExecution } from "./run-execution.ts";

/* What becomes of an attempt at an action that has not succeeded: parked, tried again, given to a person, failed. */

/** Whose attempt it is. */
interface Attempted {
  readonly task: Task;
  readonly compiled: CompiledAction;
}

/** A mended connection makes its runs due at once; this is only the safety net. */
const CONNECTION_RECHECK_MS = 15 * 60_000;

/** Waits without using an attempt; fails when it has waited for too long. */
export function park(
  execution: RunExecution,
  plan: Pick<Attempted, "task">,
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

export function parkForConnection(
  execution: RunExecution,
  plan: Attempted,
  record: StepRecord,
  { reason, recheckAt, onParked }: ParkedAccess,
  deps: EngineDeps,
): void {
  const recheckMs = recheckAt === null || recheckAt === undefined ? null : Math.max(0, recheckAt - deps.clock.now());
  park(execution, plan, record, "connection", recheckMs, reason, deps);
  if (onParked && execution.waiting.has(plan.task.key)) execution.onRelease.push(onParked);
}

/**
 * Ends the step without success. An effect that may exist stays unknown, so that a replay keeps its key: that of this
 * attempt, or of an earlier one for which only the provider's refusal of this attempt would have answered.
 */
export function failFinally(
  execution: RunExecution,
  { task }: Pick<Attempted, "task">,
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

export function retryOrEnd(
  execution: RunExecution,
  plan: Attempted,
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

function definedOnly<T extends object>(object: T): T {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as T;
}
