import type { Change } from "./audit.ts";
import type { ConnectedAccount, Connection, ConnectionEvent, TokenStanding } from "./connection.ts";
import type { AppOwner } from "./event-route-store.ts";
import type { Page, PageRequest } from "./page.ts";
import type { Scope } from "./tenant.ts";

export interface SealedConnection {
  readonly connection: Connection;
  readonly sealed: string;
}

/** A credential that replaces the one of `generation`. */
export interface NewCredential extends TokenStanding {
  readonly sealedCredential: string;
}

export type RefreshLease =
  /** Until `until`, nobody else refreshes. `interrupted`: a worker before this one was given the lease and never came back. */
  | ({ readonly kind: "leased"; readonly interrupted: boolean } & SealedConnection)
  /** Another worker is at it. */
  | { readonly kind: "in_progress"; readonly until: number }
  /** The credential is no longer the one of that generation, or the connection has to be reconnected. */
  | ({ readonly kind: "moved_on" } & SealedConnection)
  | { readonly kind: "missing" };

/** Proof that this worker refreshes; every write compares both. */
export interface RefreshClaim {
  readonly owner: string;
  readonly generation: number;
}

/** Something that is due for a connection, found without knowing its tenant. */
export interface DueWork {
  /**
   * `refresh`: the token of the connection `subject`. `revoke`: what a connection held, at the provider.
   * `tell_reconnect`: people have to hear of the connection. `tell_app`: people have to hear of the OAuth app of the
   * provider `subject`.
   */
  readonly kind: "refresh" | "revoke" | "tell_reconnect" | "tell_app";
  readonly subject: string;
  readonly tenantId: string;
  readonly workspaceId: string;
  readonly dueAt: number;
}

/** What is needed to take back at the provider what a connection does not hold any more. */
export interface Revocation {
  readonly id: string;
  /** The connection that held it; it may be gone. Null: nobody remembers. */
  readonly connectionId: string | null;
  /** Whose access it is, if that is known. */
  readonly account: ConnectedAccount | null;
  readonly connector: string;
  readonly scheme: string;
  /** Sealed for the place `revocations | id | credential`. */
  readonly sealedCredential: string;
  readonly attempts: number;
}

/** Taken back from the commit on that ends it; null: there is nothing to be taken back. */
export interface EndOfCredential {
  readonly revocation: Revocation | null;
  /** Of the credential that was looked at: nothing is written when the connection has another one by now. */
  readonly generation: number;
}

/** Where a connection is, found without knowing its tenant. */
export interface ConnectionPlace {
  readonly connectionId: string;
  readonly tenantId: string;
  readonly workspaceId: string;
}

export interface ParkedRun {
  readonly runId: string;
  readonly workflowId: string;
  readonly parkedAt: number;
}

export interface ConnectionStore {
  create(scope: Scope, connection: Connection, sealedCredential: string, change: Change): Promise<void>;
  find(scope: Scope, id: string): Promise<Connection | null>;
  findSealed(scope: Scope, id: string): Promise<SealedConnection | null>;
  list(scope: Scope, page: PageRequest): Promise<Page<Connection>>;
  /** Those of `ids` that have to be reconnected. */
  broken(scope: Scope, ids: readonly string[]): Promise<readonly string[]>;
  update(
    scope: Scope,
    id: string,
    patch: { readonly name?: string; readonly hosts?: readonly string[] },
    change: Change,
  ): Promise<boolean>;
  /**
   * Another credential of a person's choice (typed in, or consented to): the connection is ready, the generation is one
   * higher, and whoever was refreshing the old one loses their claim. Forgets which runs were parked. Where the account
   * is known, the app events of the connection's workflows are that account's from the same commit on. With `ended`,
   * only while the credential that it replaces is the one of that generation.
   */
  reconnect(
    scope: Scope,
    id: string,
    credential: NewCredential & { readonly name?: string; readonly hosts?: readonly string[] },
    change: Change,
    ended?: EndOfCredential,
  ): Promise<boolean>;
  /** Without `ended`, whatever credential it has. */
  delete(scope: Scope, id: string, ended: EndOfCredential | null, change: Change): Promise<boolean>;
  /** Ids of the workflows in whose draft or published version the id stands somewhere; whoever asks looks closer. */
  mentionedBy(scope: Scope, id: string): Promise<readonly string[]>;
  /** The connections that speak for an account, among those that the app reaches. */
  ofAccount(connector: string, accountId: string, owner: AppOwner): Promise<readonly ConnectionPlace[]>;
  /**
   * The provider has said whose the credential of that generation is; its app's events follow. Nothing when that is no
   * longer the one.
   */
  learnAccount(scope: Scope, id: string, generation: number, account: ConnectedAccount): Promise<void>;
  /** Not audited and not urgent: written at most once a minute. */
  touch(scope: Scope, id: string, at: number): Promise<void>;

  /** Takes the lease for a ready connection whose credential is of that generation. Committed when it resolves. */
  leaseRefresh(
    scope: Scope,
    id: string,
    claim: RefreshClaim,
    times: { readonly now: number; readonly until: number },
  ): Promise<RefreshLease>;
  /** The refreshed credential. False, and nothing is written, when the claim was lost. Ends the lease. */
  commitRefresh(scope: Scope, id: string, claim: RefreshClaim, credential: NewCredential): Promise<boolean>;
  /** The refresh failed for now. Ends the lease. False when the claim was lost. */
  postponeRefresh(
    scope: Scope,
    id: string,
    claim: RefreshClaim,
    failure: { readonly at: number; readonly refreshAt: number; readonly problem: string },
  ): Promise<boolean>;
  /**
   * The grant is gone: `needs_reconnect`, and people are told, once. Compares the generation, and the lease where the
   * claim names an owner; without one nobody may be refreshing. False when that does not hold any more.
   */
  markBroken(
    scope: Scope,
    id: string,
    claim: { readonly owner: string | null; readonly generation: number },
    problem: string,
    change: Change,
  ): Promise<boolean>;

  /** Of all tenants, the longest due first: one look at an index. */
  due(now: number, limit: number): Promise<readonly DueWork[]>;
  /** Comes back later. False when it was done, moved or postponed by another worker meanwhile. */
  postpone(work: DueWork, dueAt: number): Promise<boolean>;
  done(work: DueWork): Promise<void>;
  /** Due at once. */
  addRevocation(scope: Scope, revocation: Revocation, at: number): Promise<void>;
  findRevocation(scope: Scope, id: string): Promise<Revocation | null>;
  /** Tried without success, and due again then. */
  revocationFailed(scope: Scope, id: string, dueAt: number): Promise<void>;
  /** Done, or given up. */
  endRevocation(scope: Scope, id: string): Promise<void>;

  /** Kept if the newest one does not say the same already; at most 20 of a connection. */
  record(scope: Scope, id: string, event: ConnectionEvent): Promise<void>;
  /** The newest first. */
  events(scope: Scope, id: string): Promise<readonly ConnectionEvent[]>;

  /** A run has let go of itself because it waits for the connection. */
  park(scope: Scope, id: string, runId: string, at: number): Promise<void>;
  /** Those that still wait, the longest waiting first. */
  parkedRuns(
    scope: Scope,
    id: string,
    limit: number,
  ): Promise<{ readonly count: number; readonly runs: readonly ParkedRun[] }>;
}
