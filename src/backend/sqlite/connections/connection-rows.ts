import type { Connection, ConnectionState } from "../../../domain/connection.ts";
import type { SealedConnection } from "../../../domain/connection-store.ts";

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
  readonly created_at: number;
  readonly updated_at: number;
  readonly last_used_at: number | null;
  readonly sealed_credential: string;
  readonly generation: number;
  readonly account_id: string | null;
  readonly account_label: string | null;
  readonly scopes: string;
  readonly expires_at: number | null;
  readonly refreshed_at: number | null;
  readonly refresh_at: number | null;
  readonly refresh_failures: number;
  readonly lease_owner: string | null;
  readonly lease_until: number | null;
}

export function toConnection(row: ConnectionRow): Connection {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    workspaceId: row.workspace_id,
    connector: row.connector,
    name: row.name,
    scheme: row.scheme,
    hosts: JSON.parse(row.hosts) as readonly string[],
    state: row.state,
    problem: row.problem,
    generation: row.generation,
    account: row.account_id === null ? null : { id: row.account_id, label: row.account_label ?? row.account_id },
    scopes: JSON.parse(row.scopes) as readonly string[],
    expiresAt: row.expires_at,
    refreshedAt: row.refreshed_at,
    refreshAt: row.refresh_at,
    refreshFailures: row.refresh_failures,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    lastUsedAt: row.last_used_at,
  };
}

export function toSealed(row: ConnectionRow): SealedConnection {
  return { connection: toConnection(row), sealed: row.sealed_credential };
}
