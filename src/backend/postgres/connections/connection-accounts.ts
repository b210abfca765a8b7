import type { AppOwner } from "../../../domain/event-route-store.ts";
import type { Statement } from "../database.ts";

/** Follows what the connection's row says, in the same transaction. */
export async function routeAccount(run: Statement, connectionId: string): Promise<void> {
  await run("DELETE FROM connection_accounts WHERE connection_id = $1", [connectionId]);
  await run(
    `INSERT INTO connection_accounts (connection_id, tenant_id, workspace_id, connector, account_id)
     SELECT id, tenant_id, workspace_id, connector, account_id FROM connections
     WHERE id = $1 AND account_id IS NOT NULL`,
    [connectionId],
  );
}

/** Which rows (with a tenant and a connector) an app reaches; `$owner` is the parameter that `ownerTenant` gives. */
export function isReached(table: string, owner: string): string {
  return `CASE WHEN ${owner}::text IS NOT NULL THEN ${table}.tenant_id = ${owner} ELSE NOT EXISTS (
    SELECT FROM event_app_routes AS own
    WHERE own.tenant_id = ${table}.tenant_id AND own.connector = ${table}.connector AND own.has_secrets = 1) END`;
}

export function ownerTenant(owner: AppOwner): string | null {
  return owner.kind === "tenant" ? owner.tenantId : null;
}
