import type { EventRoute, EventRouteStore } from "../../domain/event-route-store.ts";
import type { Storage } from "./storage.ts";

export function createEventRouteStore({ raw }: Storage): EventRouteStore {
  const byAccount = raw.prepare<EventRoute, [string, string]>(
    `SELECT tenant_id AS tenantId, workspace_id AS workspaceId, workflow_id AS workflowId, version
     FROM event_routes WHERE connector = ? AND account_id = ? ORDER BY workflow_id`,
  );
  return {
    async find(connector, accountId) {
      return byAccount.all(connector, accountId);
    },
  };
}
