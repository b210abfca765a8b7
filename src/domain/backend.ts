import type { AlertStore } from "./alert-store.ts";
import type { ApiKeyStore } from "./api-key-store.ts";
import type { AuditStore } from "./audit-store.ts";
import type { ConnectionStore } from "./connection-store.ts";
import type { DataKeyStore } from "./data-key-store.ts";
import type { DraftStore } from "./draft-store.ts";
import type { EventAppStore } from "./event-app-store.ts";
import type { EventRouteStore } from "./event-route-store.ts";
import type { LinkStore } from "./link-store.ts";
import type { MailStore } from "./mail-store.ts";
import type { OAuthStore } from "./oauth-store.ts";
import type { PollStore } from "./poll-store.ts";
import type { RateStore } from "./rate-store.ts";
import type { RunStore } from "./run-store.ts";
import type { RunViewStore } from "./run-view-store.ts";
import type { ScheduleStore } from "./schedule-store.ts";
import type { SealedValueStore } from "./sealed-value-store.ts";
import type { SessionStore } from "./session-store.ts";
import type { SettingStore } from "./setting-store.ts";
import type { SignInSettingsStore } from "./sign-in-settings-store.ts";
import type { SubscriptionStore } from "./subscription-store.ts";
import type { TenantStore } from "./tenant-store.ts";
import type { TwoFactorStore } from "./two-factor-store.ts";
import type { UserStore } from "./user-store.ts";
import type { VariableStore } from "./variable-store.ts";
import type { WorkflowStore } from "./workflow-store.ts";
import type { WorkflowViewStore } from "./workflow-view-store.ts";

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
