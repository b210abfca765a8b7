import type { EventRoute, EventRouteStore } from "../../domain/event-route-store.ts";
import { isReached, ownerTenant } from "./connections/connection-accounts.ts";
import type { Storage } from "./storage.ts";
import { encodeText } from "./text-columns.ts";

export function createEventRouteStore({ database }: Storage): EventRouteStore {
  return {
    async find(connector, accountId, owner) {
      const routes = await database.query<EventRoute>(
        `SELECT tenant_id AS "tenantId", workspace_id AS "workspaceId", workflow_id AS "workflowId", version
         FROM event_routes WHERE connector = $1 AND account_id = $2 AND ${isReached("event_routes", "$3")}
         ORDER BY workflow_id`,
        [connector, encodeText(accountId), ownerTenant(owner)],
      );
      return [...routes];
    },
  };
}
