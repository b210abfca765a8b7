import { sql } from "drizzle-orm";
import { index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { MissedTicks, ScheduleSpec } from "../../../domain/schedule.ts";
import type { WorkflowDefinition } from "../../../domain/workflow.ts";
import type { WorkflowDraft } from "../../../domain/workflow-draft.ts";
import { tenantColumn, workspaceColumn } from "./tenants.ts";

export const workflows = sqliteTable(
  "workflows",
  {
    id: text("id").primaryKey(),
    tenantId: tenantColumn(),
    workspaceId: workspaceColumn(),
    name: text("name").notNull(),
    definition: text("definition", { mode: "json" }).$type<WorkflowDefinition>().notNull(),
    publishedVersion: integer("published_version"),
    latestVersion: integer("latest_version").notNull(),
    revision: integer("revision").notNull(),
    createdAt: integer("created_at").notNull(),
    updatedAt: integer("updated_at").notNull(),
    /** Set instead of removing the row: runs and versions stay readable by id. */
    deletedAt: integer("deleted_at"),
  },
  (table) => [index("workflows_by_workspace").on(table.workspaceId, table.id).where(sql`deleted_at IS NULL`)],
);

export const workflowVersions = sqliteTable(
  "workflow_versions",
  {
    tenantId: text("tenant_id").notNull(),
    workspaceId: text("workspace_id").notNull(),
    workflowId: text("workflow_id")
      .notNull()
      .references(() => workflows.id),
    version: integer("version").notNull(),
    definition: text("definition", { mode: "json" }).$type<WorkflowDefinition>().notNull(),
    createdAt: integer("created_at").notNull(),
    createdBy: text("created_by").notNull(),
  },
  (table) => [primaryKey({ columns: [table.workflowId, table.version] })],
);

/** Half-finished edits; the definition beside them is always complete. */
export const workflowDrafts = sqliteTable("workflow_drafts", {
  ...ofWorkflow(),
  draft: text("draft", { mode: "json" }).$type<WorkflowDraft>().notNull(),
});

/** Routing: what a delivery is found by before its tenant is known. */
export const hooks = sqliteTable("hooks", {
  secretHash: text("secret_hash").primaryKey(),
  tenantId: text("tenant_id").notNull(),
  workspaceId: text("workspace_id").notNull(),
  workflowId: text("workflow_id")
    .notNull()
    .unique()
    .references(() => workflows.id),
  /** Null while the workflow is not published; the row stays, so that its URL comes back with the next publication. */
  version: integer("version"),
  sealedSecret: text("sealed_secret").notNull(),
});

/** What `subscription` triggers have registered at their providers. */
export const triggerSubscriptions = sqliteTable(
  "trigger_subscriptions",
  {
    ...ofWorkflow(),
    /** JSON, as are the next. */
    wanted: text("wanted"),
    standing: text("standing"),
    sealed: text("sealed").notNull(),
    nextAt: integer("next_at").notNull(),
    failures: integer("failures").notNull(),
    problem: text("problem"),
    paused: integer("paused").notNull(),
    fence: integer("fence").notNull(),
  },
  (table) => [
    index("trigger_subscriptions_due").on(table.nextAt),
    index("trigger_subscriptions_paused").on(table.workspaceId).where(sql`paused = 1`),
  ],
);

/** Routing: which published workflows listen to an account of a connector's app. */
export const eventRoutes = sqliteTable(
  "event_routes",
  {
    ...ofWorkflow(),
    version: integer("version").notNull(),
    connector: text("connector").notNull(),
    connectionId: text("connection_id").notNull(),
    accountId: text("account_id").notNull(),
  },
  (table) => [
    index("event_routes_by_account").on(table.connector, table.accountId),
    index("event_routes_by_connection").on(table.connectionId),
  ],
);

/** Where each published `poll` trigger stands. */
export const polls = sqliteTable(
  "polls",
  {
    ...ofWorkflow(),
    version: integer("version").notNull(),
    triggerHash: text("trigger_hash").notNull(),
    everyMs: integer("every_ms").notNull(),
    nextAt: integer("next_at").notNull(),
    /** JSON. */
    cursor: text("cursor").notNull(),
    succeededAt: integer("succeeded_at"),
    failures: integer("failures").notNull(),
    problem: text("problem"),
    paused: integer("paused").notNull(),
    fence: integer("fence").notNull(),
  },
  (table) => [index("polls_due").on(table.nextAt), index("polls_paused").on(table.workspaceId).where(sql`paused = 1`)],
);

export const schedules = sqliteTable(
  "schedules",
  {
    ...ofWorkflow(),
    version: integer("version").notNull(),
    spec: text("spec", { mode: "json" }).$type<ScheduleSpec>().notNull(),
    missed: text("missed").$type<MissedTicks>().notNull(),
    /** Null when there is no further tick. */
    nextAt: integer("next_at"),
  },
  (table) => [index("schedules_due").on(table.nextAt).where(sql`next_at IS NOT NULL`)],
);

/** How many runs of a workflow may be under way at a time; only workflows with such a cap have a row. */
export const workflowCaps = sqliteTable("workflow_caps", {
  workflowId: text("workflow_id").primaryKey(),
  tenantId: text("tenant_id").notNull(),
  maxRunning: integer("max_running").notNull(),
});

/** One row of a workflow. */
function ofWorkflow() {
  return {
    workflowId: text("workflow_id")
      .primaryKey()
      .references(() => workflows.id),
    tenantId: text("tenant_id").notNull(),
    workspaceId: text("workspace_id").notNull(),
  };
}
