import { sql } from "drizzle-orm";
import { boolean, index, integer, pgTable, primaryKey, text } from "drizzle-orm/pg-core";
import { key, tenantColumn, tenantOnly, time } from "./columns.ts";
import { toWorkspace } from "./tenants.ts";

export const workflows = pgTable(
  "workflows",
  {
    id: key("id").primaryKey(),
    tenantId: tenantColumn(),
    workspaceId: key("workspace_id").notNull(),
    name: text("name").notNull(),
    definition: text("definition").notNull(),
    publishedVersion: integer("published_version"),
    latestVersion: integer("latest_version").notNull(),
    revision: integer("revision").notNull(),
    createdAt: time("created_at").notNull(),
    updatedAt: time("updated_at").notNull(),
    /** Set instead of removing the row: runs and versions stay readable by id. */
    deletedAt: time("deleted_at"),
  },
  (table) => [
    index("workflows_by_workspace").on(table.workspaceId, table.id).where(sql`deleted_at IS NULL`),
    toWorkspace(table.workspaceId),
    tenantOnly(),
  ],
);

export const workflowVersions = pgTable(
  "workflow_versions",
  {
    tenantId: tenantColumn(),
    workspaceId: key("workspace_id").notNull(),
    workflowId: key("workflow_id").notNull(),
    version: integer("version").notNull(),
    definition: text("definition").notNull(),
    createdAt: time("created_at").notNull(),
    createdBy: text("created_by").notNull(),
  },
  (table) => [primaryKey({ columns: [table.workflowId, table.version] }), tenantOnly()],
);

/** Half-finished edits; the definition beside them is always complete. */
export const workflowDrafts = pgTable(
  "workflow_drafts",
  {
    ...ofWorkflow(),
    draft: text("draft").notNull(),
  },
  () => [tenantOnly()],
);

/** What a delivery is found by. `version` is null while the workflow is not published; the row and its URL stay. */
export const hookRoutes = pgTable("hook_routes", {
  secretHash: key("secret_hash").primaryKey(),
  tenantId: tenantColumn(),
  workspaceId: key("workspace_id").notNull(),
  workflowId: key("workflow_id").notNull().unique(),
  version: integer("version"),
});

export const hookSecrets = pgTable(
  "hook_secrets",
  {
    ...ofWorkflow(),
    sealedSecret: text("sealed_secret").notNull(),
  },
  () => [tenantOnly()],
);

/** How many runs of a workflow may be under way at a time; only workflows with such a cap have a row. */
export const workflowCaps = pgTable("workflow_caps", {
  workflowId: key("workflow_id").primaryKey(),
  tenantId: tenantColumn(),
  maxRunning: integer("max_running").notNull(),
});

/** When each subscription at a provider is next to be looked after, of all tenants. */
export const subscriptionQueue = pgTable(
  "subscription_queue",
  { workflowId: key("workflow_id").primaryKey(), tenantId: tenantColumn(), nextAt: time("next_at").notNull() },
  (table) => [index("subscription_queue_due").on(table.nextAt)],
);

/** What `subscription` triggers have registered at their providers. */
export const triggerSubscriptions = pgTable(
  "trigger_subscriptions",
  {
    ...ofWorkflow(),
    /** JSON, as are the next. */
    wanted: text("wanted"),
    standing: text("standing"),
    sealed: text("sealed").notNull(),
    nextAt: time("next_at").notNull(),
    failures: integer("failures").notNull(),
    problem: text("problem"),
    paused: boolean("paused").notNull(),
    fence: integer("fence").notNull(),
  },
  (table) => [index("trigger_subscriptions_paused").on(table.workspaceId).where(sql`paused`), tenantOnly()],
);

/** Which published workflows listen to an account of a connector's app, whichever tenants they are. */
export const eventRoutes = pgTable(
  "event_routes",
  {
    ...ofWorkflow(),
    version: integer("version").notNull(),
    connector: key("connector").notNull(),
    connectionId: key("connection_id").notNull(),
    accountId: key("account_id").notNull(),
  },
  (table) => [
    index("event_routes_by_account").on(table.connector, table.accountId),
    index("event_routes_by_connection").on(table.connectionId),
  ],
);

/** When each poll is next due, of all tenants. */
export const pollQueue = pgTable(
  "poll_queue",
  { workflowId: key("workflow_id").primaryKey(), tenantId: tenantColumn(), nextAt: time("next_at").notNull() },
  (table) => [index("poll_queue_due").on(table.nextAt)],
);

/** Where each published `poll` trigger stands. */
export const polls = pgTable(
  "polls",
  {
    ...ofWorkflow(),
    version: integer("version").notNull(),
    triggerHash: text("trigger_hash").notNull(),
    everyMs: time("every_ms").notNull(),
    nextAt: time("next_at").notNull(),
    /** JSON. */
    cursor: text("cursor").notNull(),
    succeededAt: time("succeeded_at"),
    failures: integer("failures").notNull(),
    problem: text("problem"),
    paused: boolean("paused").notNull(),
    fence: integer("fence").notNull(),
  },
  (table) => [index("polls_paused").on(table.workspaceId).where(sql`paused`), tenantOnly()],
);

/** When each schedule ticks next, of all tenants. */
export const scheduleQueue = pgTable(
  "schedule_queue",
  { workflowId: key("workflow_id").primaryKey(), tenantId: tenantColumn(), nextAt: time("next_at").notNull() },
  (table) => [index("schedule_queue_due").on(table.nextAt)],
);

export const schedules = pgTable(
  "schedules",
  {
    ...ofWorkflow(),
    version: integer("version").notNull(),
    spec: text("spec").notNull(),
    missed: text("missed").notNull(),
    /** Null when there is no further tick. */
    nextAt: time("next_at"),
  },
  () => [tenantOnly()],
);

/** One row of a workflow. */
function ofWorkflow() {
  return {
    workflowId: key("workflow_id").primaryKey(),
    tenantId: tenantColumn(),
    workspaceId: key("workspace_id").notNull(),
  };
}
