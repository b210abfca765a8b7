import type { EventRoute, EventRouteStore } from "../../domain/event-route-store.ts";
import { isReached, ownerTenant } from "./connections/reached-by-app.ts";
import type { Storage } from "./storage.ts";

export function createEventRouteStore({ raw }: Storage): EventRouteStore {
  const byAccount = raw.prepare<EventRoute, [string, string, string | null]>(
    `SELECT tenant_id AS tenantId, workspace_id AS workspaceId, workflow_id AS workflowId, version
     FROM event_routes WHERE connector = ?1 AND account_id = ?2 AND ${isReached("event_routes", "?3")}
     ORDER BY workflow_id`,
  );
  return {
    async find(connector, accountId, owner) {
      return byAccount.all(connector, accountId, ownerTenant(owner));
    },
  };
}
