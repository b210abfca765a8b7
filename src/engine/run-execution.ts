import type { ClaimedRun, NewRun, RunCommit, StoredSignal } from "../domain/backend.ts";
import { isJsonObject, type Json, type JsonObject } from "../domain/json.ts";
import {
  completeTask,
  continueAfterError,
  type Outcome,
  startTree,
  stopTree,
  type Task,
  type Tree,
} from "../domain/next-step.ts";
import {
  type FinalStatus,
  isFinal,
  mayHaveHappened,
  placeKey,
  type Run,
  type RunResponse,
  type RunStatus,
  type Signal,
  type StepError,
  type StepRecord,
  type WaitingFor,
} from "../domain/run.ts";
import { grantScope, type Scope } from "../domain/tenant.ts";
import type { CompiledWorkflow } from "./compiled-workflow.ts";

/**
 * One run in memory while this worker holds it: where it stands (`tree`), what the ledger says, and what the next
 * barrier will write. It decides nothing and does no I/O; `perform-step.ts` decides, `run-workflow.ts` commits.
 *
 *   fresh task ──► succeed / fail / wait / review ──► `pending` rows ──► next commit
 *                └► launch (after the commit that holds its intent) ──► event ──► succeed / fail / …
 */
export class RunExecution {
  readonly run: Run;
  readonly scope: Scope;
  readonly workflow: CompiledWorkflow;
  readonly variables: JsonObject;
  readonly tree: Tree;
  /** What earlier workers left, by place; emptied as places are reached. */
  readonly restored: Map<string, StepRecord>;
  /** What an earlier run of this replay did, by place. */
  readonly prior: Map<string, StepRecord>;
  /** Steps that wait for a time, a person, a child or a review, by place. */
  readonly waiting = new Map<string, WaitingStep>();
  /** Effects and code steps that are under way now. */
  inFlight = 0;
  /** Found abandoned too often: no step is performed before a person has looked. */
  poisoned: boolean;

  /** Rows that the ledger holds exactly so: they are neither written nor announced again. */
  readonly #stored: ReadonlySet<StepRecord>;
  #pending = new Map<string, StepRecord>();
  #launches: Launch[] = [];
  #children: NewRun[] = [];
  #send: { runId: string; signal: Signal }[] = [];
  #response: RunResponse | null = null;
  #alerts: string[] = [];
  #mustCommit = false;
  #failure: StepError | null = null;
  #cancelled = false;
  #startedAt: number | null;
  #signalsApplied = 0;
  #signalsSeen = 0;
  readonly #uncertain = new Set<string>();
  #interruptions: number;

  constructor(claimed: ClaimedRun, workflow: CompiledWorkflow, variables: JsonObject, poisonLimit: number) {
    const { run } = claimed;
    this.run = run;
    this.scope = grantScope(run.tenantId, run.workspaceId, { kind: "system", id: "engine" });
    this.workflow = workflow;
    this.variables = variables;
    this.tree = startTree(workflow.definition.steps);
    this.restored = new Map();
    this.prior = new Map();
    this.#stored = new Set(claimed.ledger);
    for (const record of claimed.ledger) {
      this.#restore(record);
      this.#noteUncertain(record);
    }
    this.poisoned = claimed.interruptions >= poisonLimit;
    this.#interruptions = claimed.interruptions;
    this.#startedAt = claimed.run.startedAt;
  }

  /** Rows come in the order planned, so the last one of a place is its newest attempt. */
  #restore(record: StepRecord): void {
    const into = record.state === "prior" ? this.prior : this.restored;
    const key = placeKey(record.path, record.iteration);
    const held = into.get(key);
    if (!held || record.epoch > held.epoch || (record.epoch === held.epoch && record.attempt >= held.attempt))
      into.set(key, record);
  }

  /** Loops and parallel steps in progress, by place: the row that their end completes. */
  readonly #open = new Map<string, StepRecord>();

  open(task: Task, record: StepRecord): void {
    this.write(record);
    this.#open.set(task.key, record);
  }

  /** Writes the rows of containers whose inner steps have all ended. */
  closeContainers(nowMs: number): void {
    for (const { task, output } of this.tree.closed.splice(0)) {
      const record = this.#open.get(task.key);
      if (record) this.write({ ...record, state: "succeeded", output, finishedAt: nowMs });
      this.#open.delete(task.key);
    }
  }

  get pendingRows(): number {
    return this.#pending.size;
  }

  /** Takes what an earlier worker left at this place; each is looked at once. */
  takeRestored(task: Task): StepRecord | undefined {
    const record = this.restored.get(task.key);
    if (record) this.restored.delete(task.key);
    return record;
  }

  /**
   * The epoch of a row that must not take the place of what an earlier run did there: the first one where nothing was
   * done, else the next.
   */
  nextEpoch(task: Task): number {
    const prior = this.prior.get(task.key);
    return prior ? prior.epoch + 1 : 0;
  }

  // What happened to a step -----------------------------------------------------------------------------------------

  succeed(task: Task, record: StepRecord): void {
    this.write(record);
    completeTask(this.tree, task, record.output ?? null);
  }

  /** `onError: "continue"` lets the run go on; otherwise this failure is the run's. */
  fail(task: Task, record: StepRecord): void {
    this.write(record);
    const onError = "onError" in task.step ? task.step.onError : undefined;
    if (onError === "continue") continueAfterError(this.tree, task, { ...record.error });
    else this.#failRun(task, record.error);
  }

  #failRun(task: Task, error: StepError | null): void {
    const known = error ?? { code: "failed", message: "The step failed." };
    this.#failure ??= { code: known.code, message: `Step "${task.step.id}" failed: ${known.message}` };
    this.#halt({ status: "failed", output: null });
  }

  wait(task: Task, record: StepRecord): void {
    this.waiting.set(task.key, { task, record });
    if (this.#stored.has(record)) return;
    this.write(record);
    if (record.state === "needs_review") this.#alerts.push(reviewReason(record));
    this.#mustCommit = true;
  }

  /** Performed once the commit that holds its row is durable. */
  launchEffect(launch: Launch): void {
    this.write(launch.record);
    this.#launches.push(launch);
    this.#mustCommit = true;
  }

  /** Takes time but has no effect outside (code, reading a credential): needs no row and no commit before it. */
  launchPure(launch: Launch): void {
    this.#launches.push(launch);
  }

  /** A run stopped by a `stop` step. */
  stop(status: "succeeded" | "failed", output: Json, error: StepError | null): void {
    if (error) this.#failure ??= error;
    this.#halt({ status, output });
  }

  cancel(): void {
    this.#cancelled = true;
    this.#mustCommit = true;
    this.#halt({ status: "failed", output: null });
  }

  /** No step starts any more. What was about to be sent is not sent; what was sent is waited for. */
  #halt(outcome: Outcome): void {
    stopTree(this.tree, outcome);
    for (const { record } of this.takeLaunches()) this.write({ ...record, state: "cancelled", startedAt: null });
  }

  respond(response: RunResponse): void {
    this.#response ??= response;
    this.#mustCommit = true;
  }

  startChild(child: NewRun): void {
    this.#children.push(child);
  }

  send(runId: string, signal: Signal): void {
    this.#send.push({ runId, signal });
  }

  /**
   * A row as an earlier worker stored it is not written again: a run that waits a thousand times in a loop would write
   * all that it has done a thousand times, and would count as progressing although it only crashes.
   */
  write(record: StepRecord): void {
    if (this.#stored.has(record)) return;
    this.#noteUncertain(record);
    this.#pending.set(`${placeKey(record.path, record.iteration)}@${record.epoch}.${record.attempt}`, record);
  }

  /** True when an attempt under the same key, this one or one before it, may have had its effect. */
  isUncertain(record: StepRecord): boolean {
    return this.#uncertain.has(effectKey(record));
  }

  #noteUncertain(record: StepRecord): void {
    if (record.state !== "started" && mayHaveHappened(record)) this.#uncertain.add(effectKey(record));
  }

  /** The next barrier must not be put off: an effect has ended, or somebody asked for the newest signals. */
  requireCommit(): void {
    this.#mustCommit = true;
  }

  /**
   * The next commit forgets the signal, its effect is in that commit's rows. But nothing in the rows says that the run
   * was cancelled: that signal, and what came after it, is kept until the run has ended, so that a run which is
   * interrupted while its last calls are under way is still a cancelled one.
   */
  signalApplied(stored: StoredSignal): void {
    this.#signalsSeen = Math.max(this.#signalsSeen, stored.seq);
    if (this.#cancelled) return;
    this.#signalsApplied = this.#signalsSeen;
    this.#mustCommit = true;
  }

  // What is to be committed -----------------------------------------------------------------------------------------

  get ended(): boolean {
    return this.tree.outcome !== null;
  }

  takeLaunches(): readonly Launch[] {
    const launches = this.#launches;
    this.#launches = [];
    return launches;
  }

  /** Null when nothing needs to be durable yet: pure steps ride along with the next barrier. */
  nextCommit(nowMs: number): RunCommit | null {
    const idle = this.inFlight === 0 && this.#launches.length === 0 && this.tree.ready.length === 0;
    if (!idle && !this.#mustCommit) return null;
    const standing = this.#standing(idle, nowMs);
    const steps = [...this.#pending.values()];
    if (steps.some(isProgress)) this.#interruptions = 0;
    this.#startedAt ??= nowMs;
    const commit: RunCommit = {
      ...standing,
      steps,
      startedAt: this.#startedAt,
      response: this.#response,
      children: this.#children,
      signalsApplied: isFinal(standing.status) ? this.#signalsSeen : this.#signalsApplied,
      send: this.#send,
      interruptions: this.#interruptions,
      alerts: this.#alerts,
      at: nowMs,
    };
    this.#alerts = [];
    this.#pending = new Map();
    this.#children = [];
    this.#send = [];
    this.#mustCommit = false;
    return commit;
  }

  /** Nothing is under way any more: the run has ended, or waits, or somebody has to look at it. */
  #standing(idle: boolean, nowMs: number): Standing {
    const running: Standing = {
      status: "running",
      waitingFor: null,
      dueAt: nowMs,
      release: false,
      finishedAt: null,
      output: undefined,
      error: null,
    };
    if (!idle) return running;
    const { outcome } = this.tree;
    if (outcome) return this.#end(outcome, nowMs);
    return { ...running, ...this.#parked(), release: true };
  }

  #end(outcome: { status: "succeeded" | "failed"; output: Json }, nowMs: number): Standing {
    const status: FinalStatus = this.#cancelled ? "cancelled" : outcome.status;
    const error = status === "failed" ? this.#failure : null;
    for (const { task, record } of this.waiting.values()) {
      // An effect that may exist stays unknown, so that a replay asks before it repeats it, or repeats it under its key.
      const state = mayHaveHappened(record) ? "unknown" : "cancelled";
      this.write({ ...record, state, waitingFor: null, wakeAt: null, finishedAt: nowMs });
      const child = record.waitingFor === "sub_workflow" ? childRunId(record) : null;
      if (child) this.send(child, { kind: "cancel", by: `run ${this.run.id}, step ${task.step.id}` });
    }
    this.waiting.clear();
    if (error) this.#alerts.push(`The run failed: ${error.message}`);
    this.#send.push(...tellParent(this.run, status, outcome.output, error));
    return { status, waitingFor: null, dueAt: null, release: true, finishedAt: nowMs, output: outcome.output, error };
  }

  #parked(): { status: RunStatus; waitingFor: WaitingFor | null; dueAt: number | null } {
    let dueAt: number | null = null;
    let waitingFor: WaitingFor | null = null;
    for (const { record } of this.waiting.values()) {
      if (record.state === "needs_review") continue;
      const earlier = record.wakeAt !== null && (dueAt === null || record.wakeAt < dueAt);
      if (earlier) dueAt = record.wakeAt;
      if (earlier || waitingFor === null) waitingFor = record.waitingFor;
    }
    return waitingFor === null
      ? { status: "needs_review", waitingFor: null, dueAt: null }
      : { status: "waiting", waitingFor, dueAt };
  }

  /** When the earliest waiting step wants to go on, while others are still under way. */
  nextWakeAt(): number | null {
    let wakeAt: number | null = null;
    for (const { record } of this.waiting.values())
      if (record.wakeAt !== null && (wakeAt === null || record.wakeAt < wakeAt)) wakeAt = record.wakeAt;
    return wakeAt;
  }
}

export interface WaitingStep {
  readonly task: Task;
  readonly record: StepRecord;
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

/** The run id of the child that a waiting sub-workflow step has started. */
export function childRunId(record: StepRecord): string | null {
  return isJsonObject(record.output) && typeof record.output.runId === "string" ? record.output.runId : null;
}

/** Something that takes time. */
export interface Launch {
  readonly task: Task;
  readonly record: StepRecord;
  /** Never rejects; the function it gives is applied to the execution when the result is in. */
  readonly act: () => Promise<(execution: RunExecution) => void>;
}

type Standing = Pick<RunCommit, "status" | "waitingFor" | "dueAt" | "release" | "finishedAt" | "output" | "error">;

function effectKey({ path, iteration, epoch }: StepRecord): string {
  return `${placeKey(path, iteration)}@${epoch}`;
}

function reviewReason({ path, error }: StepRecord): string {
  return `Step ${path} needs review: ${error?.message ?? "it is not known whether it has happened."}`;
}

function isProgress(record: StepRecord): boolean {
  return record.state !== "planned" && record.state !== "started" && record.state !== "unknown";
}
