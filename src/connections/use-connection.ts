import type { ConnectorRegistry } from "../connector-sdk/connector.ts";
import type { ConnectionCredential } from "../connector-sdk/http-exchange.ts";
import { resolveHosts } from "../connector-sdk/resolve-hosts.ts";
import type { Backend } from "../domain/backend.ts";
import type { Connection } from "../domain/connection.ts";
import { AppError } from "../domain/errors.ts";
import type { JsonObject } from "../domain/json.ts";
import type { Scope } from "../domain/tenant.ts";
import type { Clock } from "../platform/clock.ts";
import { credentialPlace } from "./credential-place.ts";
import type { Vault } from "./vault.ts";

export interface UseConnectionDeps {
  readonly backend: Pick<Backend, "connections">;
  readonly clock: Clock;
  readonly vault: Vault;
  readonly connectors: ConnectorRegistry;
}

/** `parked`: a person has to mend the connection, and waiting for them is right. `missing`: waiting would not help. */
export type ConnectionAccess =
  | { readonly kind: "ready"; readonly credential: ConnectionCredential; readonly hosts: readonly string[] }
  | { readonly kind: "parked"; readonly reason: string }
  | { readonly kind: "missing"; readonly reason: string };

/** Opens a connection's credential for one call. Rejects only with what the backend rejects with. */
export function createUseConnection({ backend, clock, vault, connectors }: UseConnectionDeps) {
  return async function useConnection(scope: Scope, id: string, connector: string): Promise<ConnectionAccess> {
    const found = await backend.connections.findSealed(scope, id);
    if (!found) return { kind: "missing", reason: `There is no connection ${id}.` };
    const { connection, sealed } = found;
    if (connection.connector !== connector)
      return {
        kind: "missing",
        reason: `"${id}" is a connection of "${connection.connector}", not of "${connector}".`,
      };
    if (connection.state === "needs_reconnect")
      return {
        kind: "parked",
        reason: connection.problem ?? `The connection "${connection.name}" has to be reconnected.`,
      };
    const fields = await open(connection, sealed);
    if (typeof fields === "string") return { kind: "parked", reason: fields };
    // Not waited for: a disk that cannot take the time of use must not stop a call.
    backend.connections.touch(scope, id, clock.now()).catch(() => {});
    const credential = { scheme: connection.scheme, fields };
    return { kind: "ready", credential, hosts: await hostsOf(connection, credential) };
  };

  /** The credential's fields, or why they cannot be read. */
  async function open(connection: Connection, sealed: string): Promise<JsonObject | string> {
    try {
      return JSON.parse(await vault.open(credentialPlace(connection), sealed)) as JsonObject;
    } catch (error) {
      if (error instanceof AppError) return error.message;
      throw error;
    }
  }

  /** A connector's own hosts may have grown since the connection was stored. */
  async function hostsOf(
    { connector, hosts }: Connection,
    credential: ConnectionCredential,
  ): Promise<readonly string[]> {
    const definition = Object.hasOwn(connectors, connector) ? await connectors[connector]!() : null;
    return definition === null ? hosts : resolveHosts(definition, credential, hosts);
  }
}
