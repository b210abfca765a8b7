import type { AlertStore } from "./alert-store.ts";
import type { AuditEntry, ChainVerdict, Change } from "./audit.ts";
import type { ConnectionStore } from "./connection-store.ts";
import type { DataKeyStore } from "./data-key-store.ts";
import type { DraftStore } from "./draft-store.ts";
import type { EventAppStore } from "./event-app-store.ts";
import type { EventRouteStore, NewEventRoute } from "./event-route-store.ts";
import type { Json } from "./json.ts";
import type { LinkStore, OneTimeLink } from "./link-store.ts";
import type { MailStore } from "./mail-store.ts";
import type { Dedupe, NewRun } from "./new-run.ts";
import type { OAuthStore } from "./oauth-store.ts";
import type { Page, PageRequest } from "./page.ts";
import type { NewPoll, PollStore } from "./poll-store.ts";
import type { RateStore } from "./rate-store.ts";
import type { Run, RunResponse, RunStatus, Signal, StepError, StepRecord, WaitingFor } from "./run.ts";
import type { RunViewStore } from "./run-view-store.ts";
import type { Schedule } from "./schedule.ts";
import type { SealedValueStore } from "./sealed-value-store.ts";
import type { SessionStore } from "./session-store.ts";
import type { SignInSettingsStore } from "./sign-in-settings-store.ts";
import type { NewSubscription, SubscriptionStore } from "./subscription-store.ts";
import type { Actor, Scope, Tenant, Workspace } from "./tenant.ts";
import type { TwoFactorStore } from "./two-factor-store.ts";
import type { UserStore } from "./user-store.ts";
import type { WorkflowDefinition } from "./workflow.ts";
import type { WorkflowViewStore } from "./workflow-view-store.ts";

export type { Dedupe, NewRun } from "./new-run.ts";

/**
 * The port to where everything is kept. Two adapters implement it (SQLite in process, Postgres with pg-boss) and one
 * contract suite holds both to it. A method is an intention that commits as one: when its promise resolves, the
 * change is durable; when it rejects, nothing of it was written. No transaction handle leaves an adapter.
 *
 * One thing no adapter over a network can promise: when the connection breaks between a COMMIT and its answer. For what
 * workers and triggers write (`accept`, `commit`, `claim`) it finds out as soon as the database can be asked, and only
 * then resolves or rejects. An acceptance waits no longer than some seconds; it then rejects with `unavailable` whose
 * message says that it is not known, and if it was stored, whoever claims the run works on it. Anything else rejects so
 * at once: it may have happened, so look before doing it again.
 *
 * Methods that take a `Scope` see that workspace's rows only: the id of another tenant, or of another workspace of the
 * same tenant, is answered like a missing one. The audit log and usage are the whole tenant's.
 * Every change of configuration takes a `Change`, appended to the tenant's audit chain in the same commit.
 * An adapter that cannot write (disk full, connection lost) rejects with `AppError("unavailable")`.
 */
export interface Backend {
  readonly tenants: TenantStore;
  readonly apiKeys: ApiKeyStore;
  readonly workflows: WorkflowStore;
  readonly workflowViews: WorkflowViewStore;
  readonly drafts: DraftStore;
  readonly runs: RunStore;
  readonly runViews: RunViewStore;
  readonly alerts: AlertStore;
  readonly schedules: ScheduleStore;
  readonly polls: PollStore;
  readonly eventApps: EventAppStore;
  readonly eventRoutes: EventRouteStore;
  readonly rates: RateStore;
  readonly subscriptions: SubscriptionStore;
  readonly connections: ConnectionStore;
  readonly oauth: OAuthStore;
  readonly variables: VariableStore;
  readonly audit: AuditStore;
  readonly dataKeys: DataKeyStore;
  readonly sealedValues: SealedValueStore;
  readonly settings: SettingStore;
  readonly users: UserStore;
  readonly sessions: SessionStore;
  readonly links: LinkStore;
  readonly twoFactors: TwoFactorStore;
  readonly signInSettings: SignInSettingsStore;
  readonly mails: MailStore;
  /** Rejects when the backend cannot be written to or its migrations are not applied; behind `/readyz`. */
  check(): Promise<void>;
  /**
   * Epoch milliseconds, by the clock that all go by who share the backend: the database's, so that a host whose clock is
   * off has nothing happen early, late or twice. On SQLite the host's.
   */
  now(): number;
  /** By how much this host's own clock is ahead of that one. */
  hostAheadMs(): number;
  /** Counters (`…_total`) and gauges for `/metrics`, by snake_case name; which there are depends on the adapter. */
  metrics(): Readonly<Record<string, number>>;
  /** Calls `listener` with what another process (a CLI command, another replica) has done. */
  onOutsideChange(listener: (change: OutsideChange) => void): () => void;
  /** Waits for what is being written, then lets go of files and connections. */
  close(): Promise<void>;
}

/** What another process has done that concerns this one. */
export type OutsideChange =
  /** Something that is cached here may have changed; there may be new work too. */
  | { readonly kind: "configuration" }
  /** Runs became due. */
  | { readonly kind: "due" }
  /** A signal was stored for a run, which may be held here. */
  | { readonly kind: "signalled"; readonly runId: string }
  /** This process could not hear the others for a while: any of the above may have happened. */
  | { readonly kind: "missed" };

export type { Page, PageRequest };

export interface TenantStore {
  /**
   * Creates the tenant with its workspace `default`, and in the same commit the invitation of its first person if there
   * is one; `conflict` when the slug is taken.
   */
  create(
    tenant: Tenant,
    workspace: Workspace,
    actor: Actor,
    change: Change,
    invitation?: { readonly link: OneTimeLink; readonly tokenHash: string; readonly change: Change },
  ): Promise<void>;
  findBySlug(slug: string): Promise<Tenant | null>;
  findWorkspace(tenantId: string, slug: string): Promise<Workspace | null>;
  list(): Promise<readonly Tenant[]>;
  /** Newest first, with how many people each has. */
  listWithPeople(page: PageRequest): Promise<Page<TenantWithPeople>>;
}

export interface TenantWithPeople extends Tenant {
  readonly people: number;
}

export interface ApiKey {
  readonly id: string;
  readonly tenantId: string;
  readonly workspaceId: string;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly createdAt: number;
  readonly expiresAt: number | null;
  readonly lastUsedAt: number | null;
}
export interface ApiKeyStore {
  create(scope: Scope, key: ApiKey, secretHash: string, change: Change): Promise<void>;
  /** Before a tenant is known: by the id inside the presented key. */
  findForSignIn(id: string): Promise<{ readonly key: ApiKey; readonly secretHash: string } | null>;
  list(scope: Scope, page: PageRequest): Promise<Page<ApiKey>>;
  /** False when there is no such key. */
  delete(scope: Scope, id: string, change: Change): Promise<boolean>;
  /** Not audited and not urgent: adapters may write it late. */
  touch(id: string, at: number): Promise<void>;
}

export interface Workflow {
  readonly id: string;
  readonly tenantId: string;
  readonly workspaceId: string;
  readonly name: string;
  /** The draft; what runs is a published version. */
  readonly definition: WorkflowDefinition;
  readonly publishedVersion: number | null;
  readonly latestVersion: number;
  /** Counts changes of the draft; a writer states the one it read. */
  readonly revision: number;
  readonly createdAt: number;
  readonly updatedAt: number;
}
export interface WorkflowVersion {
  readonly workflowId: string;
  readonly version: number;
  readonly definition: WorkflowDefinition;
  readonly createdAt: number;
  readonly createdBy: string;
}
/** What publishing switches on besides the version: how triggers reach the workflow. */
export interface Activation {
  /** Kept when the workflow already has one, so that a published URL stays valid. */
  readonly hook: { readonly secretHash: string; readonly sealedSecret: string } | null;
  readonly schedule: Omit<Schedule, "tenantId" | "workspaceId" | "workflowId" | "version"> | null;
  readonly poll?: NewPoll | null;
  readonly event?: NewEventRoute | null;
  readonly subscription?: NewSubscription | null;
}
/** What a delivery is routed by, found by the hash of its path secret before a tenant is known. */
export interface Hook {
  readonly tenantId: string;
  readonly workspaceId: string;
  readonly workflowId: string;
  /** Null while the workflow is not published. */
  readonly version: number | null;
}
export interface WorkflowStore {
  create(scope: Scope, workflow: Workflow, change: Change): Promise<void>;
  find(scope: Scope, id: string): Promise<Workflow | null>;
  list(scope: Scope, page: PageRequest): Promise<Page<Workflow>>;
  /** `stale` when `revision` is no longer the current one. */
  saveDraft(
    scope: Scope,
    id: string,
    draft: { definition: WorkflowDefinition; revision: number | null },
    change: Change,
  ): Promise<"saved" | "stale" | "missing">;
  /** Makes the definition a new version (or re-uses the latest if `sameAsLatest`) and switches its trigger on. */
  publish(
    scope: Scope,
    id: string,
    publication: { definition: WorkflowDefinition; revision: number; activation: Activation },
    change: Change,
  ): Promise<{ readonly version: number } | "stale" | "missing">;
  /** False when there is no such workflow. */
  unpublish(scope: Scope, id: string, change: Change): Promise<boolean>;
  /** Takes it out of lists and switches its trigger off; its runs and versions stay readable by id. */
  delete(scope: Scope, id: string, change: Change): Promise<boolean>;
  findVersion(scope: Scope, id: string, version: number): Promise<WorkflowVersion | null>;
  listVersions(scope: Scope, id: string, page: PageRequest): Promise<Page<WorkflowVersion>>;
  findHook(secretHash: string): Promise<Hook | null>;
  /** The sealed path secret, so that the URL can be shown again; null when there is none. */
  findHookSecret(scope: Scope, id: string): Promise<string | null>;
}

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

export interface ScheduleStore {
  /** The workflow's, while one is published that has further times. */
  find(scope: Scope, workflowId: string): Promise<Schedule | null>;
  due(now: number, limit: number): Promise<readonly Schedule[]>;
  nextDueAt(): Promise<number | null>;
  /** Moves the schedule on and, with `run`, accepts the tick's run in the same commit. False when another did. */
  advance(schedule: Schedule, nextAt: number | null, run: NewRun | null): Promise<boolean>;
}

export interface Variable {
  readonly name: string;
  readonly value: Json;
  readonly updatedAt: number;
}
export interface VariableStore {
  list(scope: Scope): Promise<readonly Variable[]>;
  /** Adds the variable, or gives the one of that name another value. */
  set(scope: Scope, variable: Variable, change: Change): Promise<void>;
  /** False when there is none of that name. */
  remove(scope: Scope, name: string, change: Change): Promise<boolean>;
  /** Replaces all of the workspace's variables. */
  replace(scope: Scope, variables: readonly Variable[], change: Change): Promise<void>;
}

export interface AuditFilter {
  readonly actorId?: string | null;
  /** What stands before the dot of an action: `workflow` for `workflow.published`. */
  readonly area?: string | null;
  /** Id of what was changed. */
  readonly target?: string | null;
  /** Epoch milliseconds. */
  readonly since?: number | null;
}
export interface AuditStore {
  /** Newest first. */
  list(scope: Scope, page: PageRequest, filter?: AuditFilter): Promise<Page<AuditEntry>>;
  append(scope: Scope, change: Change): Promise<void>;
  /** Walks the whole chain of one tenant. */
  verify(tenantId: string): Promise<ChainVerdict>;
}

/** Installation-wide values, such as the check value of the encryption key. */
export interface SettingStore {
  get(key: string): Promise<string | null>;
  set(key: string, value: string): Promise<void>;
}
