import type { ConnectorDefinition, ConnectorRegistry } from "../connector-sdk/connector.ts";
import { validateInput } from "../connector-sdk/validate-input.ts";
import { authorize } from "../domain/authorize.ts";
import type { Backend, Page, PageRequest } from "../domain/backend.ts";
import type { Connection } from "../domain/connection.ts";
import { AppError, type FieldError } from "../domain/errors.ts";
import type { JsonObject } from "../domain/json.ts";
import type { Scope } from "../domain/tenant.ts";
import type { Clock } from "../platform/clock.ts";
import { credentialHosts } from "./credential-hosts.ts";
import { credentialPlace } from "./credential-place.ts";
import { findUsers } from "./find-users.ts";
import type { Vault } from "./vault.ts";

export interface ManageConnectionsDeps {
  readonly backend: Pick<Backend, "connections" | "workflows">;
  readonly clock: Clock;
  readonly newId: (prefix: string) => string;
  readonly vault: Vault;
  readonly connectors: ConnectorRegistry;
  /** The connection has a new credential: runs that wait for it can go on. */
  readonly reconnected: (scope: Scope) => Promise<void>;
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
}

export type ConnectionTest = { readonly ok: true } | { readonly ok: false; readonly problem: string };

/** Stored access to other systems. The credential goes in and is used; it never comes out. */
export function createConnectionManager(deps: ManageConnectionsDeps) {
  const { backend, clock, vault, connectors } = deps;
  const { connections } = backend;

  /** Rejects with `invalid`, naming each field. */
  async function create(scope: Scope, wanted: NewConnection): Promise<Connection> {
    authorize(scope, "connection.write");
    const connector = await loadConnector(wanted.connector);
    const hosts = credentialHosts(connector, wanted.hosts);
    const credential = checkCredential(connector, wanted.connector, wanted.scheme, wanted.credential);
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
    const hosts = patch.hosts === undefined ? null : credentialHosts(connector, patch.hosts);
    const credential =
      patch.credential && checkCredential(connector, connection.connector, connection.scheme, patch.credential);
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
    const sealed = credential && (await seal(connection, credential.value));
    const renewed = sealed && ({ sealedCredential: sealed, state: "ready", problem: null } as const);
    const details = { ...changed, credentialReplaced: sealed !== undefined };
    const change = { at: clock.now(), action: "connection.updated", target: id, details };
    if (!(await connections.update(scope, id, { ...changed, ...renewed }, change))) missing(id);
    if (renewed) await deps.reconnected(scope);
    return find(scope, id);
  }

  /** Rejects with `conflict` while a workflow names the connection. */
  async function remove(scope: Scope, id: string): Promise<void> {
    authorize(scope, "connection.write");
    await find(scope, id);
    const users = await findUsers(scope, id, backend);
    if (users.length > 0) throw inUse(users);
    const change = { at: clock.now(), action: "connection.deleted", target: id, details: {} };
    if (!(await connections.delete(scope, id, change))) missing(id);
  }

  /** Whether the credential can be used, as far as that shows without calling the other system. */
  async function test(scope: Scope, id: string): Promise<ConnectionTest> {
    authorize(scope, "connection.write");
    const found = await connections.findSealed(scope, id);
    if (!found) return missing(id);
    const { connection, sealed } = found;
    try {
      await vault.open(credentialPlace(connection), sealed);
    } catch (error) {
      if (error instanceof AppError) return { ok: false, problem: error.message };
      throw error;
    }
    if (connection.state === "ready") return { ok: true };
    return { ok: false, problem: connection.problem ?? "The connection has to be reconnected." };
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

  return { create, find, list, update, remove, test };
}

export type ConnectionManager = ReturnType<typeof createConnectionManager>;

function checkCredential(
  connector: ConnectorDefinition,
  connectorName: string,
  scheme: string,
  credential: JsonObject,
): { readonly value: JsonObject; readonly errors: readonly FieldError[] } {
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
