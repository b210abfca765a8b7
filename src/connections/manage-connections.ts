import type { ConnectorDefinition } from "../connector-sdk/connector.ts";
import { validateInput } from "../connector-sdk/validate-input.ts";
import { authorize } from "../domain/authorize.ts";
import { type ConnectedAccount, type Connection, type ConnectionEvent, NO_TOKEN } from "../domain/connection.ts";
import type { ParkedRun } from "../domain/connection-store.ts";
import type { FieldError } from "../domain/errors.ts";
import type { JsonObject } from "../domain/json.ts";
import type { Page, PageRequest } from "../domain/page.ts";
import type { RegisteredTrigger } from "../domain/subscription-store.ts";
import type { Scope } from "../domain/tenant.ts";
import { checkCredential } from "./check-credential.ts";
import { invalid, missing } from "./connection-errors.ts";
import { credentialHosts } from "./credential-hosts.ts";
import { credentialPlace } from "./credential-place.ts";
import { createConnectionRemoval, type DeleteConnectionDeps } from "./delete-connection.ts";
import { findUsers } from "./find-users.ts";
import type { ConnectionAuthorization } from "./oauth/authorize-connection.ts";
import { oauthSchemeOf } from "./oauth/oauth-credential.ts";
import { refuseOtherAccount } from "./refuse-other-account.ts";
import { createConnectionTest, type TestConnectionDeps } from "./test-connection.ts";

export type ManageConnectionsDeps = TestConnectionDeps &
  DeleteConnectionDeps & {
    readonly newId: (prefix: string) => string;
    /** The connection has a new credential: runs that wait for it can go on. */
    readonly reconnected: (scope: Scope, connectionId: string) => Promise<void>;
    /** For what is typed in and exchanged for tokens before it is stored. */
    readonly exchange: Pick<ConnectionAuthorization, "connectDirectly" | "reconnectDirectly">;
  };

export interface NewConnection {
  readonly connector: string;
  readonly name: string;
  /** One of the connector's authentication schemes. */
  readonly scheme: string;
  /** The scheme's fields; sealed before they are stored and never shown again. */
  readonly credential: JsonObject;
  /** Only for connectors that can call any host. */
  readonly hosts: readonly string[] | null;
}

/** What is undefined stays as it is. */
export interface ConnectionPatch {
  readonly name?: string | undefined;
  readonly credential?: JsonObject | undefined;
  readonly hosts?: readonly string[] | undefined;
  /** A person has said that the credential may be another account's than the one before. */
  readonly otherAccount?: boolean | undefined;
}

/** All that a person looks at when they want to know how a connection is. */
export interface ConnectionHealth {
  readonly connection: Connection;
  readonly events: readonly ConnectionEvent[];
  /** The workflows that would fail without it. */
  readonly usedBy: readonly { readonly id: string; readonly name: string; readonly publishedVersion: number | null }[];
  readonly parked: { readonly count: number; readonly runs: readonly ParkedRun[] };
  /** What stands at the provider through it: where a workflow does not use it any more, it is being taken away. */
  readonly registered: readonly RegisteredTrigger[];
}

const SHOWN_PARKED_RUNS = 10;

/** Stored access to other systems. The credential goes in and is used; it never comes out. */
export function createConnectionManager(deps: ManageConnectionsDeps) {
  const { backend, clock, vault, connectors } = deps;
  const { connections } = backend;

  /** Rejects with `invalid`, naming each field. */
  async function create(scope: Scope, wanted: NewConnection): Promise<Connection> {
    authorize(scope, "connection.write");
    const connector = await loadConnector(wanted.connector);
    if (oauthSchemeOf(connector, wanted.scheme)?.grant === "assertion")
      return deps.exchange.connectDirectly(scope, { ...wanted, fields: wanted.credential });
    const hosts = credentialHosts(connector, wanted.hosts);
    const credential = checkFields(connector, wanted.connector, wanted.scheme, wanted.credential);
    const errors = [...nameErrors(wanted.name), ...(hosts.ok ? [] : hosts.errors), ...credential.errors];
    if (!hosts.ok || errors.length > 0) throw invalid(errors);
    const now = clock.now();
    const { name, scheme } = wanted;
    const connection: Connection = {
      id: deps.newId("conn"),
      tenantId: scope.tenantId,
      workspaceId: scope.workspaceId,
      connector: wanted.connector,
      name,
      scheme,
      hosts: hosts.hosts,
      state: "ready",
      problem: null,
      generation: 1,
      refreshFailures: 0,
      ...NO_TOKEN,
      createdAt: now,
      updatedAt: now,
      lastUsedAt: null,
    };
    const sealed = await seal(connection, credential.value);
    const details = { name, connector: wanted.connector, scheme, hosts: hosts.hosts };
    const change = { at: now, action: "connection.created", target: connection.id, details };
    await connections.create(scope, connection, sealed, change);
    return connection;
  }

  async function find(scope: Scope, id: string): Promise<Connection> {
    authorize(scope, "connection.read");
    const found = await connections.find(scope, id);
    if (!found) throw missing(id);
    return found;
  }

  async function list(scope: Scope, page: PageRequest): Promise<Page<Connection>> {
    authorize(scope, "connection.read");
    return connections.list(scope, page);
  }

  async function update(scope: Scope, id: string, patch: ConnectionPatch): Promise<Connection> {
    authorize(scope, "connection.write");
    const connection = await find(scope, id);
    const connector = await loadConnector(connection.connector);
    if (patch.credential && oauthSchemeOf(connector, connection.scheme)?.grant === "assertion") {
      const { credential: entered, ...others } = patch;
      // The rest first: it may be refused, and a credential that is stored has had its effect.
      if (others.name !== undefined || others.hosts !== undefined) await update(scope, id, others);
      return deps.exchange.reconnectDirectly(scope, id, entered, patch.otherAccount === true);
    }
    const hosts = patch.hosts === undefined ? null : credentialHosts(connector, patch.hosts);
    const credential =
      patch.credential && checkFields(connector, connection.connector, connection.scheme, patch.credential);
    const errors = [
      ...(patch.name === undefined ? [] : nameErrors(patch.name)),
      ...(hosts?.ok === false ? hosts.errors : []),
      ...(hosts?.ok && !credential ? newHostErrors(connection, hosts.hosts) : []),
      ...(credential?.errors ?? []),
    ];
    if (errors.length > 0) throw invalid(errors);
    const changed = {
      ...(patch.name !== undefined && { name: patch.name }),
      ...(hosts?.ok && { hosts: hosts.hosts }),
    };
    const details = { ...changed, credentialReplaced: credential !== undefined };
    const change = { at: clock.now(), action: "connection.updated", target: id, details };
    if (credential) {
      const account = await askAccount(connector, connection, credential.value, hosts?.ok ? hosts.hosts : null);
      if (!patch.otherAccount) refuseOtherAccount(connection.account, account);
      const sealedCredential = await seal(connection, credential.value);
      const renewed = { ...NO_TOKEN, account, ...changed, sealedCredential };
      if (!(await connections.reconnect(scope, id, renewed, change))) throw missing(id);
      await deps.reconnected(scope, id);
    } else if (!(await connections.update(scope, id, changed, change))) throw missing(id);
    return find(scope, id);
  }

  /** Null where the provider does not tell, or cannot be asked now: then it shows when the connection is tested. */
  async function askAccount(
    connector: ConnectorDefinition,
    { scheme, hosts }: Connection,
    fields: JsonObject,
    newHosts: readonly string[] | null,
  ): Promise<ConnectedAccount | null> {
    const check = await checkCredential(connector, { scheme, fields }, newHosts ?? hosts, deps);
    return check.kind === "works" ? check.account : null;
  }

  async function health(scope: Scope, id: string): Promise<ConnectionHealth> {
    const connection = await find(scope, id);
    const [events, usedBy, parked, registered] = await Promise.all([
      connections.events(scope, id),
      findUsers(scope, id, backend),
      connections.parkedRuns(scope, id, SHOWN_PARKED_RUNS),
      backend.subscriptions.registeredThrough(scope, id),
    ]);
    return { connection, events, usedBy, parked, registered };
  }

  function seal(connection: Connection, credential: JsonObject): Promise<string> {
    return vault.seal(credentialPlace(connection), JSON.stringify(credential));
  }

  async function loadConnector(name: string): Promise<ConnectorDefinition> {
    const load = Object.hasOwn(connectors, name) ? connectors[name] : undefined;
    if (load) return load();
    const names = Object.keys(connectors).join(", ");
    throw invalid([{ path: "connector", message: `there is no connector "${name}"; there is: ${names}` }]);
  }

  return {
    create,
    find,
    list,
    update,
    remove: createConnectionRemoval(deps),
    test: createConnectionTest(deps),
    health,
  };
}

export type ConnectionManager = ReturnType<typeof createConnectionManager>;

function checkFields(
  connector: ConnectorDefinition,
  connectorName: string,
  scheme: string,
  credential: JsonObject,
): { readonly value: JsonObject; readonly errors: readonly FieldError[] } {
  if (oauthSchemeOf(connector, scheme)) {
    const message = `"${scheme}" is granted by the provider, not typed in: connect it in the browser`;
    return { value: {}, errors: [{ path: "scheme", message }] };
  }
  if (Object.hasOwn(connector.auth, scheme))
    return validateInput(connector.auth[scheme]!.fields, credential, { path: "credential", expressions: "resolved" });
  const schemes = Object.keys(connector.auth);
  const message =
    schemes.length === 0
      ? `"${connectorName}" needs no connection`
      : `"${connectorName}" has no scheme "${scheme}"; there is: ${schemes.join(", ")}`;
  return { value: {}, errors: [{ path: schemes.length === 0 ? "connector" : "scheme", message }] };
}

function nameErrors(name: string): FieldError[] {
  return name.trim() === "" ? [{ path: "name", message: "must not be empty" }] : [];
}

/**
 * Whoever may edit a connection must not be able to have its stored credential sent to a host of their own: a new
 * host needs the credential again, which only its owner has.
 */
function newHostErrors(connection: Connection, hosts: readonly string[]): FieldError[] {
  const added = hosts.filter((host) => !connection.hosts.includes(host));
  if (added.length === 0) return [];
  return [{ path: "credential", message: `is required again, because ${added.join(", ")} would receive it` }];
}
