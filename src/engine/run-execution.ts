import type { Json, JsonObject } from "../domain/json.ts";
import {
  completeTask,
  continueAfterError,
  type Outcome,
  startTree,
  stopTree,
  type Task,
  type Tree,
} from "../domain/next-step.ts";
import { ENGINE_PERMISSIONS } from "../domain/permission.ts";
import { startedChild } from "../domain/replay.ts";
import {
  type FinalStatus,
  isFinal,
  mayHaveHappened,
  type Run,
  type RunResponse,
  type Signal,
  type StepError,
  type StepRecord,
} from "../domain/run.ts";
import type { ChildRun, ClaimedRun, RunCommit, StoredSignal } from "../domain/run-store.ts";
import { grantScope, type Scope } from "../domain/tenant.ts";
import type { CompiledWorkflow } from "./compiled-workflow.ts";
import { RunLedger } from "./run-ledger.ts";
import { parked, type Standing, tellParent, underWay } from "./run-standing.ts";

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
  readonly ledger: RunLedger;
  /** Steps that wait for a time, a person, a child or a review, by place. */
  readonly waiting = new Map<string, WaitingStep>();
  /** Called when the run has been let go of: what it waits for may have come true just before. */
  readonly onRelease: ((runId: string) => Promise<void>)[] = [];
  /** Effects and code steps that are under way now. */
  inFlight = 0;
  /** Found abandoned too often: no step is performed before a person has looked. */
  poisoned: boolean;

  #launches: Launch[] = [];
  #children: ChildRun[] = [];
  #send: { runId: string; signal: Signal }[] = [];
  #response: RunResponse | null = null;
  #alerts: string[] = [];
  #mustCommit = false;
  #failure: StepError | null = null;
  #cancelled = false;
  #startedAt: number | null;
  #signalsApplied = 0;
  #signalsSeen = 0;
  #interruptions: number;

  constructor(claimed: ClaimedRun, workflow: CompiledWorkflow, variables: JsonObject, poisonLimit: number) {
    const { run } = claimed;
    this.run = run;
    this.scope = grantScope(run.tenantId, run.workspaceId, { kind: "system", id: "engine" }, ENGINE_PERMISSIONS);
    this.workflow = workflow;
    this.variables = variables;
    this.tree = startTree(workflow.definition.steps);
    this.ledger = new RunLedger(claimed.ledger);
    this.poisoned = claimed.interruptions >= poisonLimit;
    this.#interruptions = claimed.interruptions;
    this.#startedAt = claimed.run.startedAt;
  }

  /** Loops and parallel steps in progress, by place: the row that their end completes. */
  readonly #open = new Map<string, StepRecord>();

  open(task: Task, record: StepRecord): void {
    this.ledger.write(record);
    this.#open.set(task.key, record);
  }

  /** Writes the rows of containers whose inner steps have all ended. */
  closeContainers(nowMs: number): void {
    for (const { task, output } of this.tree.closed.splice(0)) {
      const record = this.#open.get(task.key);
      if (record && record.state !== "succeeded")
        this.ledger.write({ ...record, state: "succeeded", output, finishedAt: nowMs });
      this.#open.delete(task.key);
    }
  }

  // What happened to a step -----------------------------------------------------------------------------------------

  succeed(task: Task, record: StepRecord): void {
    this.ledger.write(record);
    completeTask(this.tree, task, record.output ?? null);
  }

  /** `onError: "continue"` lets the run go on; otherwise this failure is the run's. */
  fail(task: Task, record: StepRecord): void {
    this.ledger.write(record);
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
    if (this.ledger.isStored(record)) return;
    this.ledger.write(record);
    if (record.state === "needs_review") this.#alerts.push(reviewReason(record));
    this.#mustCommit = true;
  }

  /** Performed once the commit that holds its row is durable. */
  launchEffect(launch: Omit<Launch, "isEffect">): void {
    this.ledger.write(launch.record);
    this.#launches.push({ ...launch, isEffect: true });
    this.#mustCommit = true;
  }

  /** Takes time but has no effect outside (code, reading a credential): needs no row and no commit before it. */
  launchPure(launch: Omit<Launch, "isEffect">): void {
    this.#launches.push({ ...launch, isEffect: false });
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
    for (const { record } of this.dropLaunches()) this.ledger.write({ ...record, state: "cancelled", startedAt: null });
  }

  respond(response: RunResponse): void {
    this.#response ??= response;
    this.#mustCommit = true;
  }

  startChild(child: ChildRun): void {
    this.#children.push(child);
  }

  send(runId: string, signal: Signal): void {
    this.#send.push({ runId, signal });
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

  /** True when there is something that must not be put off; an effect that is to be launched is such. */
  get commitDue(): boolean {
    return this.#mustCommit;
  }

  /** What may be launched now. An effect waits while a commit is due: its own row may be what is to be stored. */
  takeLaunches(): readonly Launch[] {
    const launches = this.#launches.filter((launch) => !this.#mustCommit || !launch.isEffect);
    this.#launches = this.#launches.filter((launch) => this.#mustCommit && launch.isEffect);
    return launches;
  }

  /** What will not be launched by this worker. */
  dropLaunches(): readonly Launch[] {
    return this.#launches.splice(0);
  }

  /** Null when nothing needs to be durable yet: pure steps ride along with the next barrier. */
  nextCommit(nowMs: number): RunCommit | null {
    const idle = this.inFlight === 0 && this.#launches.length === 0 && this.tree.ready.length === 0;
    if (!idle && !this.#mustCommit) return null;
    const standing = this.#standing(idle, nowMs);
    const steps = this.ledger.takePending();
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
    this.#children = [];
    this.#send = [];
    this.#mustCommit = false;
    return commit;
  }

  /** Nothing is under way any more: the run has ended, or waits, or somebody has to look at it. */
  #standing(idle: boolean, nowMs: number): Standing {
    if (!idle) return underWay(nowMs);
    const { outcome } = this.tree;
    if (outcome) return this.#end(outcome, nowMs);
    return parked(
      [...this.waiting.values()].map(({ record }) => record),
      nowMs,
    );
  }

  #end(outcome: { status: "succeeded" | "failed"; output: Json }, nowMs: number): Standing {
    const status: FinalStatus = this.#cancelled ? "cancelled" : outcome.status;
    const error = status === "failed" ? this.#failure : null;
    for (const { task, record } of this.waiting.values()) {
      // An effect that may exist stays unknown, so that a replay asks before it repeats it, or repeats it under its key.
      const state = mayHaveHappened(record) ? "unknown" : "cancelled";
      this.ledger.write({ ...record, state, waitingFor: null, wakeAt: null, finishedAt: nowMs });
      const child = record.waitingFor === "sub_workflow" ? startedChild(record) : null;
      if (child) this.send(child, { kind: "cancel", by: `run ${this.run.id}, step ${task.step.id}` });
    }
    this.waiting.clear();
    if (error) this.#alerts.push(`The run failed: ${error.message}`);
    this.#send.push(...tellParent(this.run, status, outcome.output, error));
    return { status, waitingFor: null, dueAt: null, release: true, finishedAt: nowMs, output: outcome.output, error };
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

/** Something that takes time. */
export interface Launch {
  readonly task: Task;
  readonly record: StepRecord;
  /** Whether its row has to be durable before it begins. */
  readonly isEffect: boolean;
  /** Never rejects; the function it gives is applied to the execution when the result is in. */
  readonly act: () => Promise<(execution: RunExecution) => void>;
}

function reviewReason({ path, error }: StepRecord): string {
  return `Step ${path} needs review: ${error?.message ?? "it is not known whether it has happened."}`;
}

function isProgress(record: StepRecord): boolean {
  return record.state !== "planned" && record.state !== "started" && record.state !== "unknown";
}
