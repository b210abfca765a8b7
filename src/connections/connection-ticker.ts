import type { ConnectorRegistry } from "../connector-sdk/connector.ts";
import type { Backend } from "../domain/backend.ts";
import type { DueWork } from "../domain/connection-store.ts";
import { ENGINE_PERMISSIONS } from "../domain/permission.ts";
import { grantScope, type Scope } from "../domain/tenant.ts";
import type { Clock } from "../platform/clock.ts";
import type { OAuthApps } from "./oauth/oauth-apps.ts";
import type { Refresher } from "./refresh-connection.ts";
import { revokeGrant } from "./revoke-grant.ts";
import type { Vault } from "./vault.ts";

/** What people are told of, once: a connection that needs them, or the OAuth app of a provider that is refused. */
export interface ConnectionNotice {
  readonly tenantId: string;
  readonly workspaceId: string;
  readonly about: { readonly kind: "connection" | "oauth_app"; readonly id: string; readonly name: string };
  readonly problem: string;
  readonly at: number;
}

export interface ConnectionTickerDeps {
  readonly backend: Pick<Backend, "connections" | "oauth">;
  readonly clock: Clock;
  readonly vault: Vault;
  readonly connectors: ConnectorRegistry;
  readonly apps: OAuthApps;
  readonly refresher: Refresher;
  readonly fetch: typeof fetch;
  /** A notice whose announcement rejects is announced again. */
  readonly announce: (notice: ConnectionNotice) => Promise<void>;
  readonly trouble: (problem: string, error: unknown) => void;
}

const LOOK_EVERY_MS = 1_000;
const AT_ONCE = 16;
const BATCH = 200;
/** Whoever works on it has so long before another replica does. */
const HELD_MS = 2 * 60_000;
const AGAIN_MS = 30_000;

/**
 * Does for connections what is due: refreshes tokens ahead of their expiry, takes grants of deleted connections back,
 * tells people. One look at an index a tick, however many connections there are.
 */
export class ConnectionTicker {
  readonly #deps: ConnectionTickerDeps;
  #cancelTimer: () => void = () => {};
  #running: Promise<void> | null = null;
  #again = false;
  #stopped = true;

  constructor(deps: ConnectionTickerDeps) {
    this.#deps = deps;
  }

  start(): void {
    this.#stopped = false;
    this.wake();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelTimer();
    await this.#running;
  }

  /** Something is due now that was not before. */
  wake(): void {
    if (this.#stopped) return;
    this.#again = this.#running !== null;
    if (this.#running) return;
    this.#cancelTimer();
    this.#running = this.#work().finally(() => {
      this.#running = null;
      if (this.#stopped) return;
      if (this.#again) this.wake();
      else this.#cancelTimer = this.#deps.clock.after(LOOK_EVERY_MS, () => this.wake());
    });
  }

  async #work(): Promise<void> {
    const { backend, clock } = this.#deps;
    try {
      for (;;) {
        const due = [...(await backend.connections.due(clock.now(), BATCH))];
        const isLast = due.length < BATCH;
        const worker = async () => {
          for (let next = due.shift(); next && !this.#stopped; next = due.shift()) await this.#do(next);
        };
        await Promise.all(Array.from({ length: AT_ONCE }, worker));
        if (isLast || this.#stopped) return;
      }
    } catch {
      // The backend is away; what is due stays due.
    }
  }

  async #do(work: DueWork): Promise<void> {
    const { backend, clock, trouble } = this.#deps;
    try {
      await this.#perform(work);
    } catch (error) {
      trouble(`What was due for a connection failed (${work.kind}).`, error);
      await backend.connections.postpone(work, clock.now() + AGAIN_MS).catch(() => false);
    }
  }

  async #perform(work: DueWork): Promise<void> {
    const scope = scopeOf(work);
    const { connections } = this.#deps.backend;
    // Of several replicas one does it; if that one dies, another does it later.
    const heldUntil = this.#deps.clock.now() + HELD_MS;
    if (!(await connections.postpone(work, heldUntil))) return;
    const held = { ...work, dueAt: heldUntil };
    if (work.kind === "refresh") return this.#refresh(scope, held);
    if (work.kind === "revoke") return revokeGrant(scope, work.subject, this.#deps);
    const notice = await this.#noticeOf(scope, work);
    if (notice) await this.#deps.announce(notice);
    await connections.done(held);
  }

  async #refresh(scope: Scope, work: DueWork): Promise<void> {
    const { backend, refresher } = this.#deps;
    const connection = await backend.connections.find(scope, work.subject);
    if (connection?.state !== "ready") return backend.connections.done(work);
    // Whatever comes of it has been given its own time in the queue by then.
    await refresher.refresh(scope, connection.id, connection.generation);
  }

  async #noticeOf(scope: Scope, { kind, subject, tenantId, workspaceId }: DueWork): Promise<ConnectionNotice | null> {
    const { backend, clock } = this.#deps;
    const at = clock.now();
    if (kind === "tell_app") {
      const found = (await backend.oauth.problems(scope)).find(({ provider }) => provider === subject);
      if (!found) return null;
      const about = { kind: "oauth_app", id: subject, name: subject } as const;
      return { tenantId, workspaceId, about, problem: found.problem, at };
    }
    const connection = await backend.connections.find(scope, subject);
    if (connection?.state !== "needs_reconnect") return null;
    const about = { kind: "connection", id: subject, name: connection.name } as const;
    return { tenantId, workspaceId, about, problem: connection.problem ?? "It has to be reconnected.", at };
  }
}

function scopeOf({ tenantId, workspaceId }: DueWork): Scope {
  return grantScope(tenantId, workspaceId, { kind: "system", id: "connections" }, ENGINE_PERMISSIONS);
}
