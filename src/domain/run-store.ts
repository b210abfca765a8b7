import type { Change } from "./audit.ts";
import type { Json } from "./json.ts";
import type { Dedupe, NewRun } from "./new-run.ts";
import type { Page, PageRequest } from "./page.ts";
import type { Run, RunResponse, RunStatus, Signal, StepError, StepRecord, WaitingFor } from "./run.ts";
import type { Scope } from "./tenant.ts";

/** Proof that this worker holds the run. Every write of a run compares both; a worker that lost it loses the write. */
export interface Lease {
  readonly tenantId: string;
  readonly runId: string;
  readonly owner: string;
  /** Raised by every claim. */
  readonly fence: number;
}
/** The fence of a run that was held from the commit that stored it. */
export const FIRST_FENCE = 1;
/** A run of a sub-workflow. */
export interface ChildRun extends NewRun {
  /** The run that an earlier run of the same step had started, when this one goes on from what that one did. */
  readonly replayOf: string | null;
  /** The ledger rows that it starts with; none for a run that replays nothing. */
  readonly ledger: readonly StepRecord[];
}
export interface Accepted {
  /** The first run's id when this delivery was seen before. */
  readonly runId: string;
  readonly duplicate: boolean;
}
export interface ClaimedRun {
  readonly run: Run;
  readonly lease: Lease;
  /** How often the run was found abandoned since it last made progress. */
  readonly interruptions: number;
  /** The row ledger and the signals not yet applied; both empty for a run that has just been accepted. */
  readonly ledger: readonly StepRecord[];
  readonly signals: readonly StoredSignal[];
}
export interface StoredSignal {
  readonly seq: number;
  readonly signal: Signal;
}
/** One barrier: everything a worker wants durable before it goes on. */
export interface RunCommit {
  /** Inserted, or replaced where (path, iteration, epoch, attempt) is already there. */
  readonly steps: readonly StepRecord[];
  readonly status: RunStatus;
  readonly waitingFor: WaitingFor | null;
  /** When the run wants to be claimed again; null for an end or a wait that only a signal ends. */
  readonly dueAt: number | null;
  /** True when the worker lets go of the run in this commit (it ended, waits or is handed back). */
  readonly release: boolean;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
  readonly output: Json | undefined;
  readonly error: StepError | null;
  /** Kept only if the run has none yet: the first `respond` wins. */
  readonly response: RunResponse | null;
  /** Sub-workflow runs created with the step that starts them. */
  readonly children: readonly ChildRun[];
  /** The highest signal that this commit or an earlier one has applied; 0 for none. */
  readonly signalsApplied: number;
  /** Signals to other runs of the tenant (the parent's `child_finished`, a cancelled run's children). */
  readonly send: readonly { readonly runId: string; readonly signal: Signal }[];
  readonly interruptions: number;
  /** Reasons why somebody has to look at the run; kept until they have been announced, whatever happens meanwhile. */
  readonly alerts: readonly string[];
  readonly at: number;
}
export type CommitResult =
  /**
   * `signals`: all that are stored and not yet applied; the worker may have been given some of them before and goes by
   * `seq`. When the commit wanted to release the run and there are any, the release did not happen, so that no wake-up
   * is lost; only a run that ends is always released.
   */
  | { readonly kind: "committed"; readonly released: boolean; readonly signals: readonly StoredSignal[] }
  /** Another worker holds the run by now; nothing was written. */
  | { readonly kind: "lease_lost" };
export interface RunFilter {
  readonly workflowId: string | null;
  readonly status: RunStatus | null;
  /** Epoch milliseconds; only runs that were stored since then. */
  readonly since?: number | null;
}
export interface RunSummary extends Omit<Run, "trigger" | "output" | "response"> {}
export interface RunStore {
  /**
   * Stores the run, and its dedupe key if it has one, in one commit. With `hold` the run is leased to that owner at
   * once (fence `FIRST_FENCE`) and need not be claimed (not for a run that stays held while its workflow or tenant has
   * a cap: only claims are counted before they are given); its `first` barrier, if any, is stored in the same commit as
   * if `commit` had followed: a run of pure steps is inserted as already ended. A duplicate writes nothing.
   * Throws `rate_limited` when the tenant has as many runs that have not ended as the backend was opened with; a
   * delivery seen before is answered all the same.
   */
  accept(
    scope: Scope,
    run: NewRun,
    options: {
      readonly dedupe: Dedupe | null;
      readonly hold: { readonly owner: string; readonly first: RunCommit | null } | null;
    },
  ): Promise<Accepted>;
  /**
   * Due runs, at most `limit`, shared fairly between tenants, the longest due first (to the second); runs whose worker
   * is gone count as due, and as interrupted once more. No more are given than leave the cap of a workflow
   * (`maxConcurrency` of its published version) and of a tenant (what the backend was opened with) intact, counting
   * what all workers of all replicas hold. Of the runs that were interrupted `POISON_INTERRUPTIONS - 1` times or more, an owner holds
   * one at a time: the next is claimable when that one is released.
   */
  claim(options: {
    readonly owner: string;
    readonly limit: number;
    /** At most so many of one tenant, with those that the owner holds already: `held` counts these by tenant. */
    readonly perTenant: number;
    readonly held?: ReadonlyMap<string, number>;
    /** No more than about so much memory (`run-weight.ts`); one run in any case. */
    readonly maxBytes?: number;
    readonly now: number;
  }): Promise<readonly ClaimedRun[]>;
  /** When the next run that could be claimed becomes due (in the past when there is one now), or null. */
  nextDueAt(): Promise<number | null>;
  /** The owner is alive; only for backends where leases run out. */
  renew(owner: string, now: number): Promise<void>;
  commit(lease: Lease, commit: RunCommit): Promise<CommitResult>;
  /**
   * Stores the signal and wakes the run. `ended` when the run is final, `missing` when there is no such run, `decided`
   * when it is a decision about a step that no longer waits for one (`open-decision.ts`).
   */
  signal(
    scope: Scope,
    runId: string,
    signal: Signal,
    change: Change,
  ): Promise<"stored" | "ended" | "missing" | "decided">;
  /** Makes every run of the workspace due that waits for a connection: one of them was mended. */
  wakeParked(scope: Scope, now: number): Promise<void>;
  /** Hands back every run that this owner still holds (shutdown); they are due at once. */
  releaseAll(owner: string, now: number): Promise<void>;
  /**
   * A new run that starts with these ledger rows, in one commit with its audit entry. Rejects with `rate_limited` where
   * the tenant has as many unfinished runs as it may have, as `accept` does.
   */
  replay(
    scope: Scope,
    run: NewRun & { readonly replayOf: string },
    ledger: readonly StepRecord[],
    change: Change,
  ): Promise<void>;
  find(scope: Scope, id: string): Promise<Run | null>;
  list(scope: Scope, filter: RunFilter, page: PageRequest): Promise<Page<RunSummary>>;
  /** Every attempt, in the order planned. */
  steps(scope: Scope, runId: string): Promise<readonly StepRecord[]>;
  /** Both as of one moment: read one after the other, the run could be older than what its steps show. */
  findWithSteps(scope: Scope, id: string): Promise<{ readonly run: Run; readonly steps: readonly StepRecord[] } | null>;
  /** Runs a tenant started per UTC day, newest first. */
  usage(scope: Scope, sinceMs: number): Promise<readonly { readonly day: string; readonly runs: number }[]>;
  /**
   * Calls `listener` after a commit has changed that run, or any run of the workspace for null; gives the function that
   * ends it. It may be called for nothing (another workspace's run, a change that does not show), never before the
   * change can be read.
   */
  watch(scope: Scope, runId: string | null, listener: () => void): () => void;
  /** Removes ended runs that finished before, at most `limit`; unfinished runs are never pruned. Returns how many. */
  prune(options: { readonly finishedBefore: number; readonly limit: number }): Promise<number>;
  pruneDedupe(options: { readonly now: number; readonly limit: number }): Promise<number>;
}
