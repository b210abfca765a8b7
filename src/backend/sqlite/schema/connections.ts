import { sql } from "drizzle-orm";
import { index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { ConnectionEvent, ConnectionState } from "../../../domain/connection.ts";
import type { DueWork } from "../../../domain/connection-store.ts";
import type { Json } from "../../../domain/json.ts";
import { tenantColumn, workspaceColumn } from "./tenants.ts";

export const connections = sqliteTable(
  "connections",
  {
    id: text("id").primaryKey(),
    tenantId: tenantColumn(),
    workspaceId: workspaceColumn(),
    connector: text("connector").notNull(),
    name: text("name").notNull(),
    scheme: text("scheme").notNull(),
    hosts: text("hosts", { mode: "json" }).$type<readonly string[]>().notNull(),
    state: text("state").$type<ConnectionState>().notNull(),
    problem: text("problem"),
    createdAt: integer("created_at").notNull(),
    updatedAt: integer("updated_at").notNull(),
    lastUsedAt: integer("last_used_at"),
    sealedCredential: text("sealed_credential").notNull(),
    generation: integer("generation").notNull().default(1),
    accountId: text("account_id"),
    accountLabel: text("account_label"),
    scopes: text("scopes").notNull().default("[]"),
    expiresAt: integer("expires_at"),
    refreshedAt: integer("refreshed_at"),
    refreshAt: integer("refresh_at"),
    refreshFailures: integer("refresh_failures").notNull().default(0),
    /** Who refreshes it now, and until when nobody else does. */
    leaseOwner: text("lease_owner"),
    leaseUntil: integer("lease_until"),
  },
  (table) => [
    index("connections_by_workspace").on(table.workspaceId, table.id),
    index("connections_leased").on(table.leaseOwner).where(sql`lease_owner IS NOT NULL`),
    index("connections_by_account").on(table.connector, table.accountId).where(sql`account_id IS NOT NULL`),
  ],
);

/** What is due for connections, of all tenants; its own table, so that a look at it touches nothing else. */
export const connectionQueue = sqliteTable(
  "connection_queue",
  {
    kind: text("kind").$type<DueWork["kind"]>().notNull(),
    subject: text("subject").notNull(),
    tenantId: text("tenant_id").notNull(),
    workspaceId: text("workspace_id").notNull(),
    dueAt: integer("due_at").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.kind, table.subject] }),
    index("connection_queue_due").on(table.dueAt),
  ],
);

/** Credentials that no connection holds any more, until the provider has been told. */
export const revocations = sqliteTable("revocations", {
  id: text("id").primaryKey(),
  tenantId: text("tenant_id").notNull(),
  workspaceId: text("workspace_id").notNull(),
  connector: text("connector").notNull(),
  scheme: text("scheme").notNull(),
  sealedCredential: text("sealed_credential").notNull(),
  attempts: integer("attempts").notNull(),
  connectionId: text("connection_id"),
  accountId: text("account_id"),
  accountLabel: text("account_label"),
});

export const connectionEvents = sqliteTable(
  "connection_events",
  {
    id: integer("id").primaryKey(),
    tenantId: text("tenant_id").notNull(),
    connectionId: text("connection_id").notNull(),
    at: integer("at").notNull(),
    kind: text("kind").$type<ConnectionEvent["kind"]>().notNull(),
    message: text("message").notNull(),
  },
  (table) => [index("connection_events_by_connection").on(table.connectionId, table.id)],
);

/** Runs that wait for a connection; those that do not any more are left out when they are looked at. */
export const parkedRuns = sqliteTable(
  "parked_runs",
  {
    connectionId: text("connection_id").notNull(),
    runId: text("run_id").notNull(),
    tenantId: text("tenant_id").notNull(),
    at: integer("at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.connectionId, table.runId] })],
);

export const oauthClients = sqliteTable(
  "oauth_clients",
  {
    tenantId: text("tenant_id").notNull(),
    provider: text("provider").notNull(),
    clientId: text("client_id").notNull(),
    sealedSecret: text("sealed_secret"),
    updatedAt: integer("updated_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.tenantId, table.provider] })],
);

/** What signs the events of a tenant's own apps, and the address of each. */
export const eventApps = sqliteTable(
  "event_apps",
  {
    tenantId: text("tenant_id").notNull(),
    connector: text("connector").notNull(),
    publicId: text("public_id").notNull().unique(),
    sealedSecrets: text("sealed_secrets"),
    updatedAt: integer("updated_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.tenantId, table.connector] })],
);

export const oauthAppProblems = sqliteTable(
  "oauth_app_problems",
  {
    tenantId: text("tenant_id").notNull(),
    provider: text("provider").notNull(),
    problem: text("problem").notNull(),
    since: integer("since").notNull(),
  },
  (table) => [primaryKey({ columns: [table.tenantId, table.provider] })],
);

export const oauthFlows = sqliteTable("oauth_flows", {
  stateHash: text("state_hash").primaryKey(),
  tenantId: text("tenant_id").notNull(),
  workspaceId: text("workspace_id").notNull(),
  sessionId: text("session_id").notNull(),
  sealedPayload: text("sealed_payload").notNull(),
  expiresAt: integer("expires_at").notNull(),
});

/** The tenant's data-encryption keys, wrapped by the key-encryption key; the highest generation seals. */
export const dataKeys = sqliteTable(
  "data_keys",
  {
    tenantId: text("tenant_id").notNull(),
    generation: integer("generation").notNull().default(1),
    wrapped: text("wrapped").notNull(),
  },
  (table) => [primaryKey({ columns: [table.tenantId, table.generation] })],
);

export const variables = sqliteTable(
  "variables",
  {
    tenantId: text("tenant_id").notNull(),
    workspaceId: workspaceColumn(),
    name: text("name").notNull(),
    value: text("value", { mode: "json" }).$type<Json>(),
    updatedAt: integer("updated_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.workspaceId, table.name] })],
);
