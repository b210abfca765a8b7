import type { GuardedRequest } from "../connector-sdk/call-provider.ts";
import type { ConnectorDefinition, ConnectorRegistry } from "../connector-sdk/connector.ts";
import { validateInput } from "../connector-sdk/validate-input.ts";
import { authorize } from "../domain/authorize.ts";
import type { Backend } from "../domain/backend.ts";
import { type ConnectedAccount, type Connection, type ConnectionEvent, NO_TOKEN } from "../domain/connection.ts";
import type { ParkedRun } from "../domain/connection-store.ts";
import { AppError, type FieldError } from "../domain/errors.ts";
import type { JsonObject } from "../domain/json.ts";
import type { Page, PageRequest } from "../domain/page.ts";
import type { RegisteredTrigger } from "../domain/subscription-store.ts";
import type { Scope } from "../domain/tenant.ts";
import type { Clock } from "../platform/clock.ts";
import { awaitUnregistered, stillRegistered } from "./await-unregistered.ts";
import { checkCredential } from "./check-credential.ts";
import { credentialHosts } from "./credential-hosts.ts";
import { credentialPlace } from "./credential-place.ts";
import { findUsers } from "./find-users.ts";
import type { ConnectionAuthorization } from "./oauth/authorize-connection.ts";
import { oauthSchemeOf } from "./oauth/oauth-credential.ts";
import { openCredential } from "./open-credential.ts";
import { planRevocation } from "./plan-revocation.ts";
import { refuseOtherAccount } from "./refuse-other-account.ts";
import type { ConnectionUse } from "./use-connection.ts";
import type { Vault } from "./vault.ts";

export interface ManageConnectionsDeps {
  readonly backend: Pick<Backend, "connections" | "workflows" | "oauth" | "audit" | "subscriptions">;
  readonly clock: Clock;
  readonly newId: (prefix: string) => string;
  readonly vault: Vault;
  readonly connectors: ConnectorRegistry;
  readonly request: GuardedRequest;
  readonly useConnection: ConnectionUse["useConnection"];
  /** The connection has a new credential: runs that wait for it can go on. */
  readonly reconnected: (scope: Scope, connectionId: string) => Promise<void>;
  /** Something is due at once that was not known before. */
  readonly queued: () => void;
  /** What is registered at providers is due to be looked at. */
  readonly wakeSubscriptions: () => void;
  /** For what is typed in and exchanged for tokens before it is stored. */
  readonly exchange: Pick<ConnectionAuthorization, "connectDirectly" | "reconnectDirectly">;
}

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

/** `asked`: the provider itself has said so; otherwise the credential is there and nothing is known against it. */
export type ConnectionTest =
  | { readonly ok: true; readonly asked: boolean; readonly account: ConnectedAccount | null }
  | { readonly ok: false; readonly problem: string };

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

/** Whoever clicks again and again, or lets a script ask, is told of once in so long, by outcome. */
const TESTS_GATHER_MS = 10 * 60_000;

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
    return (await connections.find(scope, id)) ?? missing(id);
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
      if (!(await connections.reconnect(scope, id, renewed, change))) missing(id);
      await deps.reconnected(scope, id);
    } else if (!(await connections.update(scope, id, changed, change))) missing(id);
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

  /**
   * Rejects with `conflict` while a workflow names the connection, and while something is registered at the provider
   * through it that the provider cannot be made to forget now, unless it may stay there.
   */
  async function remove(scope: Scope, id: string, { leaveRegistered = false } = {}): Promise<void> {
    authorize(scope, "connection.write");
    for (;;) {
      const found = await connections.findSealed(scope, id);
      if (!found) return missing(id);
      const users = await findUsers(scope, id, backend);
      if (users.length > 0) throw inUse(users);
      const registered = await awaitUnregistered(scope, id, deps);
      if (registered.length > 0 && !leaveRegistered) throw stillRegistered(registered);
      const { connection } = found;
      const opened = await open(connection, found.sealed);
      // What was granted is taken back at the provider; a credential that cannot be read cannot be.
      const plan = typeof opened === "string" ? null : await planRevocation(scope, connection, opened, deps);
      const revocation = plan?.kind === "planned" ? plan.revocation : null;
      const details = {
        ...described(connection),
        ...(registered.length > 0 && { leftRegistered: registered.map(({ workflowId }) => workflowId) }),
      };
      const change = { at: clock.now(), action: "connection.deleted", target: id, details };
      // Refreshed meanwhile: what it holds now is what has to be taken back.
      if (!(await connections.delete(scope, id, { revocation, generation: connection.generation }, change))) continue;
      if (revocation) deps.queued();
      return forgetProblem(scope, connection);
    }
  }

  /** It may have been the only one whose app was refused; if not, the next refusal says so again. */
  async function forgetProblem(scope: Scope, { connector, scheme, refreshFailures }: Connection): Promise<void> {
    if (refreshFailures === 0) return;
    const definition = Object.hasOwn(connectors, connector) ? await connectors[connector]!() : null;
    const granted = oauthSchemeOf(definition, scheme);
    if (granted) await backend.oauth.clearProblem(scope, granted.provider);
  }

  /** Asks the provider where the connector can; else looks whether the credential is there and readable. */
  async function test(scope: Scope, id: string): Promise<ConnectionTest> {
    authorize(scope, "connection.write");
    const tested = await tryOut(scope, id);
    const outcome = tested.ok
      ? { action: "connection.tested", details: tested.account ? { account: tested.account.label } : {} }
      : { action: "connection.test_failed", details: { problem: tested.problem } };
    await backend.audit.append(scope, { at: clock.now(), target: id, gatherMs: TESTS_GATHER_MS, ...outcome });
    return tested;
  }

  async function tryOut(scope: Scope, id: string): Promise<ConnectionTest> {
    const found = await connections.findSealed(scope, id);
    if (!found) return missing(id);
    const { connection, sealed } = found;
    const opened = await open(connection, sealed);
    if (typeof opened === "string") return { ok: false, problem: opened };
    if (connection.state !== "ready")
      return { ok: false, problem: connection.problem ?? "The connection has to be reconnected." };
    const definition = Object.hasOwn(connectors, connection.connector)
      ? await connectors[connection.connector]!()
      : null;
    if (!definition?.testConnection) return { ok: true, asked: false, account: connection.account };
    const access = await deps.useConnection(scope, id, connection.connector);
    if (access.kind !== "ready") return { ok: false, problem: access.reason };
    const check = await checkCredential(definition, access.credential, connection.hosts, deps);
    if (check.kind === "works") {
      if (check.account) await learnAccount(scope, connection, check.account);
      return { ok: true, asked: true, account: check.account };
    }
    return { ok: false, problem: check.kind === "untested" ? "The connector cannot test it." : check.problem };
  }

  /** Of a credential that was typed in nobody knew; and accounts are renamed. Another one is a person's decision. */
  async function learnAccount(scope: Scope, { id, generation, account }: Connection, now: ConnectedAccount) {
    if (account?.label === now.label || (account !== null && account.id !== now.id)) return;
    await connections.learnAccount(scope, id, generation, now);
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

  /** What was sealed, or why it cannot be read. */
  async function open(connection: Connection, sealed: string): Promise<JsonObject | string> {
    const opened = await openCredential(vault, connection, sealed);
    return opened.kind === "opened" ? opened.value : opened.problem;
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

  return { create, find, list, update, remove, test, health };
}

export type ConnectionManager = ReturnType<typeof createConnectionManager>;

/** What is gone has to be called something in the audit log. */
function described({ name, connector }: Connection): JsonObject {
  return { name, connector };
}

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

function inUse(users: readonly { readonly id: string; readonly name: string }[]): AppError {
  const named = users.slice(0, 10).map(({ id, name }) => `"${name}" (${id})`);
  const more = users.length > named.length ? ` and ${users.length - named.length} more` : "";
  return new AppError(
    "conflict",
    `The connection is used by ${named.join(", ")}${more}. Take it out of these workflows and publish them, then delete it.`,
    { detailCode: "connection_in_use" },
  );
}

function invalid(fields: readonly FieldError[]): AppError {
  return new AppError("invalid", "The connection has errors; each names its field.", { fields });
}

function missing(id: string): never {
  throw new AppError("not_found", `There is no connection ${id}.`);
}
