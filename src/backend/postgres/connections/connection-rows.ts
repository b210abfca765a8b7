import type { Connection, ConnectionState } from "../../../domain/connection.ts";
import type { SealedConnection } from "../../../domain/connection-store.ts";
import { type BigintText, decodeText, encodeText, toNumber, toNumberOrNull } from "../text-columns.ts";

export const CONNECTION_COLUMNS = `id, tenant_id, workspace_id, connector, name, scheme, hosts, state, problem, created_at,
  updated_at, last_used_at, sealed_credential, generation, account_id, account_label, scopes, expires_at, refreshed_at,
  refresh_at, refresh_failures, lease_owner, lease_until`;

export interface ConnectionRow {
  readonly id: string;
  readonly tenant_id: string;
  readonly workspace_id: string;
  readonly connector: string;
  readonly name: string;
  readonly scheme: string;
  readonly hosts: string;
  readonly state: ConnectionState;
  readonly problem: string | null;
  readonly created_at: BigintText;
  readonly updated_at: BigintText;
  readonly last_used_at: BigintText | null;
  readonly sealed_credential: string;
  readonly generation: number;
  readonly account_id: string | null;
  readonly account_label: string | null;
  readonly scopes: string;
  readonly expires_at: BigintText | null;
  readonly refreshed_at: BigintText | null;
  readonly refresh_at: BigintText | null;
  readonly refresh_failures: number;
  readonly lease_owner: string | null;
  readonly lease_until: BigintText | null;
}

export function toConnection(row: ConnectionRow): Connection {
  const { account_id, account_label } = row;
  return {
    id: row.id,
    tenantId: row.tenant_id,
    workspaceId: row.workspace_id,
    connector: row.connector,
    name: decodeText(row.name),
    scheme: row.scheme,
    hosts: JSON.parse(row.hosts) as readonly string[],
    state: row.state,
    problem: row.problem === null ? null : decodeText(row.problem),
    generation: row.generation,
    account:
      account_id === null ? null : { id: decodeText(account_id), label: decodeText(account_label ?? account_id) },
    scopes: JSON.parse(row.scopes) as readonly string[],
    expiresAt: toNumberOrNull(row.expires_at),
    refreshedAt: toNumberOrNull(row.refreshed_at),
    refreshAt: toNumberOrNull(row.refresh_at),
    refreshFailures: row.refresh_failures,
    createdAt: toNumber(row.created_at),
    updatedAt: toNumber(row.updated_at),
    lastUsedAt: toNumberOrNull(row.last_used_at),
  };
}

export function toSealed(row: ConnectionRow): SealedConnection {
  return { connection: toConnection(row), sealed: row.sealed_credential };
}

/** Text that people or providers choose, as it is stored; undefined where nothing was given. */
export function encodeOptional(text: string | null | undefined): string | null {
  return text === null || text === undefined ? null : encodeText(text);
}
