import type { Connection, ConnectionState } from "../../domain/connection.ts";
import type { SealedConnection } from "../../domain/connection-store.ts";
import { type BigintText, toNumber, toNumberOrNull } from "./cells.ts";

export const CONNECTION_COLUMNS = `id, tenant_id, workspace_id, connector, name, scheme, hosts, state, problem, created_at,
  updated_at, last_used_at, sealed_credential, generation, account_id, account_label, scopes, expires_at, refreshed_at,
  refresh_at, refresh_failures, lease_owner, lease_until`;

export interface ConnectionRow<Time = BigintText> {
  readonly id: string;
  readonly tenant_id: string;
  readonly workspace_id: string;
  readonly connector: string;
  readonly name: string;
  readonly scheme: string;
  readonly hosts: string;
  readonly state: ConnectionState;
  readonly problem: string | null;
  readonly created_at: Time;
  readonly updated_at: Time;
  readonly last_used_at: Time | null;
  readonly sealed_credential: string;
  readonly generation: number;
  readonly account_id: string | null;
  readonly account_label: string | null;
  readonly scopes: string;
  readonly expires_at: Time | null;
  readonly refreshed_at: Time | null;
  readonly refresh_at: Time | null;
  readonly refresh_failures: number;
  readonly lease_owner: string | null;
  readonly lease_until: Time | null;
}

export function connectionOf(row: ConnectionRow): Connection {
  const { account_id, account_label } = row;
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
    account: account_id === null ? null : { id: account_id, label: account_label ?? account_id },
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

export function sealedOf(row: ConnectionRow): SealedConnection {
  return { connection: connectionOf(row), sealed: row.sealed_credential };
}
