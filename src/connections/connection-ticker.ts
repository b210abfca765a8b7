import type { ConnectorRegistry } from "../connector-sdk/connector.ts";
import type { Backend } from "../domain/backend.ts";
import type { ConnectionNotice } from "../domain/connection-notice.ts";
import type { DueWork } from "../domain/connection-store.ts";
import { ENGINE_PERMISSIONS } from "../domain/permission.ts";
import { grantScope, type Scope } from "../domain/tenant.ts";
import type { Clock } from "../platform/clock.ts";
import { Ticker } from "../platform/ticker.ts";
import { findUsers } from "./find-users.ts";
import type { OAuthApps } from "./oauth/oauth-apps.ts";
import type { Refresher } from "./refresh-connection.ts";
import { revokeGrant } from "./revoke-grant.ts";
import type { Vault } from "./vault.ts";

export interface ConnectionTickerDeps {
  readonly backend: Pick<Backend, "connections" | "oauth" | "workflows">;
  readonly clock: Clock;
  readonly vault: Vault;
  readonly connectors: ConnectorRegistry;
  readonly apps: OAuthApps;
  readonly refresher: Refresher;
  readonly fetch: typeof fetch;
  /** A notice whose announcement rejects is announced again. */
  readonly announce: (notice: ConnectionNotice) => Promise<void>;
  readonly trouble: (problem: string, error: unknown) => void;
  /** In [0, 1): jitter. */
  readonly random: () => number;
}

const LOOK_EVERY_MS = 1_000;
const AT_ONCE = 32;
const BATCH = 200;
/** A provider that does not answer in this time has one connection tried at a time, and the others later. */
const SLOW_MS = 5_000;
const SLOW_PAUSE_MS = 30_000;
/** Whoever works on it has so long before another replica does. */
const HELD_MS = 2 * 60_000;
const AGAIN_MS = 30_000;

/**
 * Does for connections what is due: refreshes tokens ahead of their expiry, takes grants of deleted connections back,
 * tells people. One look at an index a tick, however many connections there are.
 */
export class ConnectionTicker {
  readonly #deps: ConnectionTickerDeps;
  readonly #ticker: Ticker;
  /** By what it is. */
  readonly #underWay = new Map<string, Promise<void>>();
  /** Refreshes under way, by connector. */
  readonly #refreshing = new Map<string, number>();
  /** Connectors whose provider did not answer in time the last time. */
  readonly #slow = new Set<string>();

  constructor(deps: ConnectionTickerDeps) {
    this.#deps = deps;
    this.#ticker = new Ticker({ clock: deps.clock, everyMs: LOOK_EVERY_MS, work: () => this.#beginDue() });
  }

  start(): void {
    this.#ticker.start();
  }

  async stop(): Promise<void> {
    await this.#ticker.stop();
    await Promise.all(this.#underWay.values());
  }

  /** Something is due now that was not before. */
  wake(): void {
    this.#ticker.wake();
  }

  /** Begins what is due; what takes long is not waited for. */
  async #beginDue(): Promise<undefined> {
    const { backend, clock } = this.#deps;
    for (;;) {
      const due = await backend.connections.due(clock.now(), BATCH);
      const claims: Promise<boolean>[] = [];
      for (const work of due) {
        while (this.#underWay.size >= AT_ONCE) await Promise.race(this.#underWay.values());
        if (this.#ticker.isStopped) break;
        // Due again already, but not yet let go of here: it would only wait for itself.
        if (!this.#underWay.has(keyOf(work))) claims.push(this.#begin(work));
      }
      // Until then it would be found as due again.
      await Promise.all(claims);
      if (due.length < BATCH || claims.length === 0 || this.#ticker.isStopped) return;
    }
  }

  /** Of several replicas one does it; if that one dies, another does it later. */
  #begin(work: DueWork): Promise<boolean> {
    const { backend, clock } = this.#deps;
    const heldUntil = clock.now() + HELD_MS;
    const claim = backend.connections.postpone(work, heldUntil);
    const doing = claim
      .then((isOurs) => (isOurs ? this.#do({ ...work, dueAt: heldUntil }) : undefined))
      .catch(() => {})
      .finally(() => this.#underWay.delete(keyOf(work)));
    this.#underWay.set(keyOf(work), doing);
    return claim;
  }

  async #do(held: DueWork): Promise<void> {
    const { backend, clock, trouble } = this.#deps;
    try {
      await this.#perform(held);
    } catch (error) {
      trouble(`What was due for a connection failed (${held.kind}).`, error);
      await backend.connections.postpone(held, clock.now() + AGAIN_MS).catch(() => false);
    }
  }

  async #perform(work: DueWork): Promise<void> {
    const scope = scopeOf(work);
    const { connections } = this.#deps.backend;
    if (work.kind === "refresh") return this.#refresh(scope, work);
    if (work.kind === "revoke") return revokeGrant(scope, work.subject, this.#deps);
    const notice = await this.#noticeOf(scope, work);
    if (notice) await this.#deps.announce(notice);
    await connections.done(work);
  }

  async #refresh(scope: Scope, work: DueWork): Promise<void> {
    const { backend, refresher, clock, random } = this.#deps;
    const connection = await backend.connections.find(scope, work.subject);
    if (connection?.state !== "ready") return backend.connections.done(work);
    const { id, connector, generation } = connection;
    const beside = this.#refreshing.get(connector) ?? 0;
    if (this.#slow.has(connector) && beside > 0) {
      // A run that needs it meanwhile has it refreshed by itself.
      await backend.connections.postpone(work, clock.now() + Math.round(SLOW_PAUSE_MS * (1 + random())));
      return;
    }
    this.#refreshing.set(connector, beside + 1);
    const startedAt = clock.now();
    try {
      // Whatever comes of it has been given its own time in the queue by then.
      const { kind } = await refresher.refresh(scope, id, generation);
      if (kind === "later" && clock.now() - startedAt >= SLOW_MS) this.#slow.add(connector);
      else this.#slow.delete(connector);
    } finally {
      this.#refreshing.set(connector, (this.#refreshing.get(connector) ?? 1) - 1);
    }
  }

  async #noticeOf(scope: Scope, { kind, subject, tenantId, workspaceId }: DueWork): Promise<ConnectionNotice | null> {
    const { backend, clock, connectors } = this.#deps;
    const at = clock.now();
    if (kind === "tell_app") {
      const found = (await backend.oauth.problems(scope)).find(({ provider }) => provider === subject);
      if (!found) return null;
      const about = { kind: "oauth_app", id: subject, name: subject } as const;
      return { key: `oauth_app/${subject}/${found.since}`, tenantId, workspaceId, about, problem: found.problem, at };
    }
    const connection = await backend.connections.find(scope, subject);
    if (connection?.state !== "needs_reconnect") return null;
    const { name, connector, account, generation } = connection;
    const [usedBy, parked, definition] = await Promise.all([
      findUsers(scope, subject, backend),
      backend.connections.parkedRuns(scope, subject, 1),
      Object.hasOwn(connectors, connector) ? connectors[connector]!() : null,
    ]);
    return {
      // A credential breaks once; the next one has another generation.
      key: `connection/${subject}/${generation}`,
      tenantId,
      workspaceId,
      about: {
        kind: "connection",
        id: subject,
        name,
        provider: definition?.title ?? connector,
        account: account?.label ?? null,
        waiting: parked.count,
        usedBy: usedBy.map(({ id, name }) => ({ id, name })),
      },
      problem: connection.problem ?? "It has to be reconnected.",
      at,
    };
  }
}

function keyOf({ tenantId, kind, subject }: DueWork): string {
  return `${tenantId} ${kind} ${subject}`;
}

function scopeOf({ tenantId, workspaceId }: DueWork): Scope {
  return grantScope(tenantId, workspaceId, { kind: "system", id: "connections" }, ENGINE_PERMISSIONS);
}
