import type { JsonObject } from "../domain/json.ts";
import { ENGINE_PERMISSIONS } from "../domain/permission.ts";
import { isFinal, POISON_INTERRUPTIONS } from "../domain/run.ts";
import type { ClaimedRun, CommitResult, RunCommit, StoredSignal } from "../domain/run-store.ts";
import { grantScope } from "../domain/tenant.ts";
import { applySignal } from "./apply-signal.ts";
import type { CompiledWorkflow } from "./compiled-workflow.ts";
import type { EngineDeps } from "./engine-deps.ts";
import { performStep } from "./perform-step.ts";
import { type Launch, RunExecution } from "./run-execution.ts";
import { isUnavailable, waitOut } from "./wait-out.ts";
import { wakeDue } from "./wake-due.ts";

/**
 * Runs one claimed run until it ends or waits:
 *
 *   settle (everything that needs no waiting) ─► commit (one barrier) ─► launch effects ─► next event ─► settle …
 *
 * Intent is durable before an effect, its result after it, and pure steps ride along with either. When the lease is
 * lost to another worker nothing more is written and the rest is theirs.
 */
export type RunEnd =
  /** The run ended or waits; `dueAt` is when it wants to be claimed again. */
  { readonly kind: "released"; readonly dueAt: number | null } | { readonly kind: "lease_lost" };

/** Lets whoever holds the run react to the world while it waits for its own effects. */
export interface RunHandle {
  /** A signal was stored for the run: fetch it now. */
  nudge(): void;
  /** Shutting down: hand the run back at the next barrier instead of starting more. */
  handBack(): void;
}

/** After this many rows a barrier is made even if nothing demands one, so that no commit becomes large. */
const ROWS_PER_COMMIT = 500;
/** How long a run may keep the thread before others get a turn. */
const SLICE_MS = 5;

type Event = (execution: RunExecution) => void;

/** Prepares a claimed run: what it needs is loaded, nothing has been performed yet. At once when it is in memory. */
export function loadRun(claimed: ClaimedRun, deps: EngineDeps): RunWorker | Promise<RunWorker> {
  const { run } = claimed;
  const scope = grantScope(run.tenantId, run.workspaceId, { kind: "system", id: "engine" }, ENGINE_PERMISSIONS);
  const workflow = deps.loadWorkflow(scope, run.workflowId, run.version);
  const variables = deps.loadVariables(scope);
  const start = (compiled: CompiledWorkflow, vars: JsonObject) =>
    new RunWorker(claimed, new RunExecution(claimed, compiled, vars, POISON_INTERRUPTIONS), deps);
  if (!(workflow instanceof Promise) && !(variables instanceof Promise)) return start(workflow, variables);
  return Promise.all([workflow, variables]).then(([compiled, vars]) => start(compiled, vars));
}

export class RunWorker implements RunHandle {
  readonly claimed: ClaimedRun;
  readonly #execution: RunExecution;
  readonly #deps: EngineDeps;
  #stored: (commit: RunCommit) => void = () => {};
  #events: Event[] = [];
  #wake: (() => void) | null = null;
  #handingBack = false;
  /** What was decided while nobody held the run was decided in time: it is applied before anything runs out. */
  #decisionsFirst: boolean;

  constructor(claimed: ClaimedRun, execution: RunExecution, deps: EngineDeps) {
    this.claimed = claimed;
    this.#execution = execution;
    this.#deps = deps;
    this.#decisionsFirst = claimed.signals.length > 0;
  }

  /**
   * The first barrier of a run that is not stored yet, so that it is stored together with the run: pure steps have
   * been performed, no effect has. Null when they take longer than a turn; the run is then stored before they go on.
   */
  prepareFirstCommit(): RunCommit | null {
    if (!this.#settleSlice()) return null;
    return this.#execution.nextCommit(this.#deps.clock.now());
  }

  /** True when only so many runs of the workflow may be under way at a time. */
  get isWorkflowCapped(): boolean {
    return this.#execution.workflow.definition.maxConcurrency !== undefined;
  }

  /** Instead of `work`, for a first barrier that has let go of the run. */
  finish(first: RunCommit, stored: (commit: RunCommit) => void): RunEnd {
    this.#stored = stored;
    this.#announce(first, true);
    return { kind: "released", dueAt: first.dueAt };
  }

  nudge(): void {
    this.#post((execution) => execution.requireCommit());
  }

  handBack(): void {
    this.#handingBack = true;
    this.#post((execution) => execution.requireCommit());
  }

  /** `first` is what `prepareFirstCommit` gave, by now durable. `stored` is told of every barrier: others may wait for it. */
  async work(first: RunCommit | null, stored: (commit: RunCommit) => void): Promise<RunEnd> {
    this.#stored = stored;
    if (first) {
      const end = this.#committed(first, first.release);
      if (end) return end;
    } else {
      await this.#settle();
      this.#decisionsFirst = false;
      await this.#apply(this.claimed.signals);
    }
    for (;;) {
      const commit = this.#execution.nextCommit(this.#deps.clock.now());
      if (commit) {
        const end = await this.#commit(commit);
        if (end) return end;
      }
      this.#launch();
      const { inFlight, tree, commitDue } = this.#execution;
      if (inFlight > 0 && tree.ready.length === 0 && !commitDue) await this.#nextEvent();
      await this.#takeEvents();
    }
  }

  // Settle ----------------------------------------------------------------------------------------------------------

  /** Performs what is ready until only effects and waits remain; gives way to others when it takes long. */
  async #settle(): Promise<void> {
    while (!this.#settleSlice()) await giveWay();
  }

  /** False when time is up before everything was performed. */
  #settleSlice(): boolean {
    const execution = this.#execution;
    const { tree } = execution;
    const endsAt = performance.now() + SLICE_MS;
    while ((!this.#decisionsFirst && wakeDue(execution, this.#deps)) || tree.ready.length > 0) {
      const task = tree.ready.shift();
      if (!task) continue;
      performStep(execution, task, this.#deps);
      if (tree.closed.length > 0) execution.closeContainers(this.#deps.clock.now());
      if (execution.ledger.pendingRows >= ROWS_PER_COMMIT) {
        execution.requireCommit();
        return true;
      }
      if (performance.now() > endsAt) return false;
    }
    return true;
  }

  async #apply(signals: readonly StoredSignal[]): Promise<void> {
    for (const signal of signals) applySignal(this.#execution, signal, this.#deps);
    if (signals.length > 0) await this.#settle();
  }

  // Commit ----------------------------------------------------------------------------------------------------------

  async #commit(commit: RunCommit): Promise<RunEnd | null> {
    const { backend } = this.#deps;
    const wanted = this.#handingBack && !isFinal(commit.status) ? this.#handedBack(commit) : commit;
    const result = await this.#persist(() => backend.runs.commit(this.claimed.lease, wanted));
    if (result.kind === "lease_lost") return { kind: "lease_lost" };
    const end = this.#committed(wanted, result.released);
    if (!end) await this.#apply(result.signals);
    return end;
  }

  #committed(commit: RunCommit, released: boolean): RunEnd | null {
    this.#announce(commit, released);
    if (!released) return null;
    return { kind: "released", dueAt: commit.dueAt };
  }

  /** The disk may be full or the connection gone: what was done must be written, so it is tried until it is. */
  #persist(write: () => Promise<CommitResult>): Promise<CommitResult> {
    const { clock, events } = this.#deps;
    return waitOut(write, {
      clock,
      mayRetry: () => true,
      onTrouble: (error) =>
        events.trouble(this.claimed.run, "The run's progress could not be stored; trying again.", error),
    });
  }

  /** Not waited for: the run is no longer ours, and what goes wrong here is made good when it is looked at again. */
  #tellWaits(): void {
    const { run } = this.claimed;
    for (const tell of this.#execution.onRelease.splice(0))
      tell(run.id).catch((error: unknown) =>
        this.#deps.events.trouble(run, "It could not be looked up whether a connection was mended meanwhile.", error),
      );
  }

  #announce(commit: RunCommit, released: boolean): void {
    const { run } = this.claimed;
    const { events } = this.#deps;
    this.#stored(commit);
    if (commit.response) events.responded(run.id, commit.response);
    if (commit.alerts.length > 0) events.alertStored();
    if (released) this.#tellWaits();
    if (released && isFinal(commit.status))
      events.ended(run, { status: commit.status, error: commit.error, durationMs: commit.at - run.createdAt });
  }

  /** What was about to be launched is left to the next worker; the run is released once nothing is under way. */
  #handedBack(commit: RunCommit): RunCommit {
    const dropped = new Set(this.#execution.dropLaunches().map((launch) => launch.record));
    const steps = commit.steps.map((record) =>
      dropped.has(record) && record.effect !== null
        ? { ...record, state: "planned" as const, startedAt: null }
        : record,
    );
    return {
      ...commit,
      steps,
      status: "queued",
      waitingFor: null,
      dueAt: commit.at,
      release: this.#execution.inFlight === 0,
    };
  }

  // Effects ---------------------------------------------------------------------------------------------------------

  #launch(): void {
    for (const launch of this.#execution.takeLaunches()) {
      this.#execution.inFlight += 1;
      this.#act(launch).then(
        (apply) => this.#finish(apply),
        (error) =>
          this.#finish((execution) => {
            this.#deps.events.trouble(this.claimed.run, "A step failed inside the server.", error);
            const failed = { code: "internal", message: "The server failed on this step; see its log." };
            execution.fail(launch.task, {
              ...launch.record,
              state: execution.ledger.isUncertain(launch.record) ? "unknown" : "failed_final",
              error: failed,
              finishedAt: this.#deps.clock.now(),
            });
          }),
      );
    }
  }

  /** What has no effect outside is tried again while the backend is away; an effect tells by itself how it ended. */
  #act({ isEffect, act }: Launch): Promise<Event> {
    if (isEffect) return act();
    const { clock } = this.#deps;
    return waitOut(act, { clock, mayRetry: isUnavailable });
  }

  #finish(apply: Event): void {
    this.#post((execution) => {
      execution.inFlight -= 1;
      apply(execution);
    });
  }

  #post(event: Event): void {
    this.#events.push(event);
    this.#wake?.();
  }

  /** Until an effect ends, a signal comes, or a waiting step's time has come. */
  async #nextEvent(): Promise<void> {
    if (this.#events.length > 0) return;
    const { clock } = this.#deps;
    const wakeAt = this.#execution.nextWakeAt();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    const cancel = wakeAt === null ? () => {} : clock.after(wakeAt - clock.now(), resolve);
    await promise;
    cancel();
    this.#wake = null;
  }

  async #takeEvents(): Promise<void> {
    const events = this.#events;
    this.#events = [];
    for (const event of events) event(this.#execution);
    await this.#settle();
  }
}

function giveWay(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
