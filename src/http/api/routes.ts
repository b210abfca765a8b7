import { apiKeyRoutes } from "./api-keys.ts";
import { auditRoutes } from "./audit.ts";
import { choicesRoutes } from "./choices.ts";
import { connectionRoutes } from "./connections.ts";
import { connectorRoutes } from "./connectors.ts";
import { headroomRoutes } from "./headroom.ts";
import type { Route } from "./route.ts";
import { runRoutes } from "./runs.ts";
import { usageRoutes } from "./usage.ts";
import { variableRoutes } from "./variables.ts";
import { workflowRoutes } from "./workflows.ts";

/** Every route below `API_ROOT`. */
export const apiRoutes: readonly Route[] = [
  ...workflowRoutes,
  ...runRoutes,
  ...connectionRoutes,
  ...headroomRoutes,
  ...connectorRoutes,
  ...choicesRoutes,
  ...apiKeyRoutes,
  ...variableRoutes,
  ...usageRoutes,
  ...auditRoutes,
];
