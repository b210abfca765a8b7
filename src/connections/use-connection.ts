import type { OAuth2Scheme } from "../connector-sdk/auth-scheme.ts";
import type { GuardedRequest } from "../connector-sdk/call-provider.ts";
import type { ConnectorDefinition, ConnectorRegistry } from "../connector-sdk/connector.ts";
import type { ConnectionCredential } from "../connector-sdk/http-exchange.ts";
import { resolveHosts } from "../connector-sdk/resolve-hosts.ts";
import type { Backend } from "../domain/backend.ts";
import type { Connection } from "../domain/connection.ts";
import type { SealedConnection } from "../domain/connection-store.ts";
import { isUsable } from "../domain/refresh-policy.ts";
import type { Scope } from "../domain/tenant.ts";
import type { Clock } from "../platform/clock.ts";
import { checkCredential } from "./check-credential.ts";
import { type OAuthCredential, oauthSchemeOf, toConnectionCredential } from "./oauth/oauth-credential.ts";
import { openCredential } from "./open-credential.ts";
import type { Refresher } from "./refresh-connection.ts";
import type { Vault } from "./vault.ts";

export interface UseConnectionDeps {
  readonly backend: Pick<Backend, "connections">;
  readonly clock: Clock;
  readonly vault: Vault;
  readonly connectors: ConnectorRegistry;
  readonly refresher: Refresher;
  readonly request: GuardedRequest;
  /** Makes the runs of the workspace that wait for a connection look at it again. */
  readonly wakeParked: (scope: Scope, connectionId: string) => Promise<void>;
}

export interface ReadyConnection {
  readonly kind: "ready";
  readonly credential: ConnectionCredential;
  readonly hosts: readonly string[];
  /**
   * What to go on with after the provider has refused this credential (a 401): a newer one, after one forced refresh if
   * need be. Where nothing can be refreshed, or the renewed one was refused too (`isSecond`), the provider is asked
   * whether it refuses the credential itself; if so, a person has to reconnect.
   */
  readonly renew: (isSecond: boolean) => Promise<RenewedAccess>;
}

export interface ParkedConnection {
  readonly kind: "parked";
  readonly reason: string;
  readonly recheckAt: number | null;
  /** To be called by a run that has let go of itself: counted among those that wait, and woken if it need not. */
  readonly onParked: (runId: string) => Promise<void>;
}

/**
 * `parked`: a person has to mend the connection, or the provider has to come back, and waiting for them is right;
 * `recheckAt` is when to look again by oneself, null if only a person can help. `missing`: waiting would not help.
 */
export type ConnectionAccess =
  | ReadyConnection
  | ParkedConnection
  | { readonly kind: "missing"; readonly reason: string };

/** `refused`: the credential works, the provider did not want this one call. */
export type RenewedAccess = ConnectionAccess | { readonly kind: "refused" };

/** By what was found out about the credential afterwards. */
const REFUSED_CALL = {
  works: "The provider refused a call; the credential itself works.",
  untested: "The provider refused a call. If that goes on, the credential itself may be refused: enter it anew.",
  unknown: "The provider refused a call; whether it refuses the credential itself could not be found out.",
} as const;

/** A server that lacks the key may be given it; another one may have it. */
const KEY_RECHECK_MS = 60_000;

/** Opens connections' credentials for calls. Rejects only with what the backend rejects with. */
export function createConnectionUse(deps: UseConnectionDeps) {
  const { backend, clock, vault, connectors, refresher, request, wakeParked } = deps;
  const { connections } = backend;

  /** For one call: a token that has expired is refreshed before it is handed out. */
  async function useConnection(scope: Scope, id: string, connector: string): Promise<ConnectionAccess> {
    const found = await connections.findSealed(scope, id);
    if (!found) return missing(id);
    const { connection } = found;
    if (connection.connector !== connector)
      return {
        kind: "missing",
        reason: `"${id}" is a connection of "${connection.connector}", not of "${connector}".`,
      };
    if (connection.state === "needs_reconnect") return broken(scope, connection);
    // Not waited for: a disk that cannot take the time of use must not stop a call.
    connections.touch(scope, id, clock.now()).catch(() => {});
    if (isUsable(connection.expiresAt, clock.now())) return open(scope, found);
    return refreshed(scope, connection);
  }

  async function renew(scope: Scope, id: string, generation: number, isSecond: boolean): Promise<RenewedAccess> {
    const found = await connections.findSealed(scope, id);
    if (!found) return missing(id);
    const { connection } = found;
    if (connection.state === "needs_reconnect") return broken(scope, connection);
    if (connection.generation !== generation) return open(scope, found);
    return isSecond ? examine(scope, found, "call") : probe(scope, found, "call");
  }

  /** Whether the grant stands: by renewing the credential where that can be, else by the connector's own test. */
  async function probe(scope: Scope, found: SealedConnection, doubt: "call" | "word"): Promise<RenewedAccess> {
    const { connection } = found;
    const scheme = oauthSchemeOf(await load(connection), connection.scheme);
    if (scheme && (await canRefresh(found, scheme))) return refreshed(scope, connection);
    return examine(scope, found, doubt);
  }

  /**
   * One call may be refused for its own reasons; only the connector's own test condemns a credential. What was doubted for
   * a refused call, and is not condemned, is kept among what happened to the connection.
   */
  async function examine(scope: Scope, found: SealedConnection, doubt: "call" | "word"): Promise<RenewedAccess> {
    const { connection } = found;
    const definition = await load(connection);
    const { id } = connection;
    const access = await open(scope, found);
    if (access.kind !== "ready" || !definition) return access;
    const check = await checkCredential(definition, access.credential, connection.hosts, { request, clock });
    if (check.kind !== "refused") {
      if (doubt === "call")
        await connections.record(scope, id, { at: clock.now(), kind: "refused", message: REFUSED_CALL[check.kind] });
      return { kind: "refused" };
    }
    const problem = `${check.problem}. Reconnect it.`;
    if (await refresher.breakConnection(scope, connection, null, problem))
      return parked(scope, { ...connection, state: "needs_reconnect" }, problem);
    const newer = await connections.findSealed(scope, id);
    if (newer?.connection.state === "ready") return open(scope, newer);
    return newer ? broken(scope, newer.connection) : missing(id);
  }

  async function refreshed(scope: Scope, connection: Connection): Promise<ConnectionAccess> {
    const { id } = connection;
    const outcome = await refresher.refresh(scope, id, connection.generation);
    switch (outcome.kind) {
      case "refreshed":
        return open(scope, outcome);
      case "missing":
        return missing(id);
      case "needs_reconnect":
        return parked(scope, { ...connection, state: "needs_reconnect" }, outcome.reason);
      case "later": {
        const isExpired = !isUsable(connection.expiresAt, clock.now());
        const what = isExpired
          ? "The access has expired and cannot be renewed now"
          : "The access cannot be renewed now";
        const failing = { ...connection, refreshFailures: connection.refreshFailures + 1 };
        return parked(scope, failing, `${what}: ${outcome.reason}`, outcome.retryAt);
      }
    }
  }

  function broken(scope: Scope, connection: Connection): ConnectionAccess {
    return parked(
      scope,
      connection,
      connection.problem ?? `The connection "${connection.name}" has to be reconnected.`,
    );
  }

  /** `seen`: as the connection was when it was found that the run has to wait. */
  function parked(scope: Scope, seen: Connection, reason: string, recheckAt: number | null = null): ConnectionAccess {
    const { id } = seen;
    const isMended = (now: Connection) =>
      now.generation !== seen.generation || (now.state === "ready" && seen.state !== "ready");
    return {
      kind: "parked",
      reason,
      recheckAt,
      async onParked(runId) {
        await connections.park(scope, id, runId, clock.now());
        // Whoever mended it before this has woken those that waited then; this run was not yet among them.
        const now = await connections.find(scope, id);
        if (!now || isMended(now)) await wakeParked(scope, id);
      },
    };
  }

  async function canRefresh({ connection, sealed }: SealedConnection, scheme: OAuth2Scheme): Promise<boolean> {
    if (scheme.grant !== "authorization_code") return true;
    if (scheme.refresh === "none") return false;
    const opened = await openCredential(vault, connection, sealed);
    return opened.kind === "opened" && typeof opened.value.refreshToken === "string";
  }

  async function open(scope: Scope, { connection, sealed }: SealedConnection): Promise<ConnectionAccess> {
    const { id, generation } = connection;
    const opened = await openCredential(vault, connection, sealed);
    if (opened.kind === "damaged") return unreadable(scope, connection, opened.problem);
    if (opened.kind === "key_missing") return parked(scope, connection, opened.problem, clock.now() + KEY_RECHECK_MS);
    const definition = await load(connection);
    const scheme = oauthSchemeOf(definition, connection.scheme);
    const credential: ConnectionCredential = scheme
      ? toConnectionCredential(connection.scheme, scheme, opened.value as unknown as OAuthCredential)
      : { scheme: connection.scheme, fields: opened.value };
    // A connector's own hosts may have grown since the connection was stored.
    const hosts = definition === null ? connection.hosts : resolveHosts(definition, credential, connection.hosts);
    return { kind: "ready", credential, hosts, renew: (isSecond) => renew(scope, id, generation, isSecond) };
  }

  /** Only a person has it again. */
  async function unreadable(scope: Scope, connection: Connection, problem: string): Promise<ConnectionAccess> {
    await refresher.breakConnection(scope, connection, null, problem);
    return parked(scope, { ...connection, state: "needs_reconnect" }, problem);
  }

  async function load({ connector }: Connection): Promise<ConnectorDefinition | null> {
    return Object.hasOwn(connectors, connector) ? await connectors[connector]!() : null;
  }

  return { useConnection, open, probe };
}

export type ConnectionUse = ReturnType<typeof createConnectionUse>;

function missing(id: string): ConnectionAccess {
  return { kind: "missing", reason: `There is no connection ${id}.` };
}
