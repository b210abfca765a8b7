import type { AppOwner } from "../../../domain/event-route-store.ts";

/** Which rows (with a tenant and a connector) an app reaches; `owner` is the parameter that `ownerTenant` gives. */
export function isReached(table: string, owner: string): string {
  return `CASE WHEN ${owner} IS NOT NULL THEN ${table}.tenant_id = ${owner} ELSE NOT EXISTS (
    SELECT 1 FROM event_apps AS own
    WHERE own.tenant_id = ${table}.tenant_id AND own.connector = ${table}.connector
      AND own.sealed_secrets IS NOT NULL) END`;
}

export function ownerTenant(owner: AppOwner): string | null {
  return owner.kind === "tenant" ? owner.tenantId : null;
}
