import { bigint, index, integer, pgTable, primaryKey, text } from "drizzle-orm/pg-core";
import { key, tenantColumn, tenantOnly, time } from "./columns.ts";
import { toWorkspace } from "./tenants.ts";

export const connections = pgTable(
  "connections",
  {
    id: key("id").primaryKey(),
    tenantId: tenantColumn(),
    workspaceId: key("workspace_id").notNull(),
    connector: text("connector").notNull(),
    name: text("name").notNull(),
    scheme: text("scheme").notNull(),
    hosts: text("hosts").notNull(),
    state: text("state").notNull(),
    problem: text("problem"),
    createdAt: time("created_at").notNull(),
    updatedAt: time("updated_at").notNull(),
    lastUsedAt: time("last_used_at"),
    sealedCredential: text("sealed_credential").notNull(),
    generation: integer("generation").notNull().default(1),
    accountId: text("account_id"),
    accountLabel: text("account_label"),
    scopes: text("scopes").notNull().default("[]"),
    expiresAt: time("expires_at"),
    refreshedAt: time("refreshed_at"),
    refreshAt: time("refresh_at"),
    refreshFailures: integer("refresh_failures").notNull().default(0),
    /** Who refreshes it now, and until when nobody else does. */
    leaseOwner: text("lease_owner"),
    leaseUntil: time("lease_until"),
  },
  (table) => [
    index("connections_by_workspace").on(table.workspaceId, table.id),
    toWorkspace(table.workspaceId),
    tenantOnly(),
  ],
);

/** Whose account each connection is, for what a provider says about an account before a tenant is known. */
export const connectionAccounts = pgTable(
  "connection_accounts",
  {
    connectionId: key("connection_id").primaryKey(),
    tenantId: tenantColumn(),
    workspaceId: key("workspace_id").notNull(),
    connector: key("connector").notNull(),
    accountId: key("account_id").notNull(),
  },
  (table) => [index("connection_accounts_by_account").on(table.connector, table.accountId)],
);

/** What is due for connections, of all tenants. */
export const connectionQueue = pgTable(
  "connection_queue",
  {
    kind: key("kind").notNull(),
    subject: key("subject").notNull(),
    tenantId: tenantColumn(),
    workspaceId: key("workspace_id").notNull(),
    dueAt: time("due_at").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.kind, table.subject] }),
    index("connection_queue_due").on(table.dueAt),
  ],
);

/** Credentials that no connection holds any more, until the provider has been told. */
export const revocations = pgTable(
  "revocations",
  {
    id: key("id").primaryKey(),
    tenantId: tenantColumn(),
    workspaceId: key("workspace_id").notNull(),
    connector: text("connector").notNull(),
    scheme: text("scheme").notNull(),
    sealedCredential: text("sealed_credential").notNull(),
    attempts: integer("attempts").notNull(),
    connectionId: key("connection_id"),
    accountId: text("account_id"),
    accountLabel: text("account_label"),
  },
  () => [tenantOnly()],
);

export const connectionEvents = pgTable(
  "connection_events",
  {
    id: bigint("id", { mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
    tenantId: tenantColumn(),
    connectionId: key("connection_id").notNull(),
    at: time("at").notNull(),
    kind: text("kind").notNull(),
    message: text("message").notNull(),
  },
  (table) => [index("connection_events_by_connection").on(table.connectionId, table.id), tenantOnly()],
);

/** Runs that wait for a connection; those that do not any more are left out when they are looked at. */
export const parkedRuns = pgTable(
  "parked_runs",
  {
    connectionId: key("connection_id").notNull(),
    runId: key("run_id").notNull(),
    tenantId: tenantColumn(),
    at: time("at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.connectionId, table.runId] }), tenantOnly()],
);

export const oauthClients = pgTable(
  "oauth_clients",
  {
    tenantId: tenantColumn(),
    provider: key("provider").notNull(),
    clientId: text("client_id").notNull(),
    sealedSecret: text("sealed_secret"),
    updatedAt: time("updated_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.tenantId, table.provider] }), tenantOnly()],
);

/** What signs the events of a tenant's own apps. */
export const eventApps = pgTable(
  "event_apps",
  {
    tenantId: tenantColumn(),
    connector: key("connector").notNull(),
    publicId: key("public_id").notNull(),
    sealedSecrets: text("sealed_secrets"),
    updatedAt: time("updated_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.tenantId, table.connector] }), tenantOnly()],
);

/** The addresses of these apps, and whether they receive: found before a tenant is known. */
export const eventAppRoutes = pgTable(
  "event_app_routes",
  {
    publicId: key("public_id").primaryKey(),
    tenantId: tenantColumn(),
    connector: key("connector").notNull(),
    hasSecrets: integer("has_secrets").notNull(),
  },
  (table) => [index("event_app_routes_by_tenant").on(table.tenantId, table.connector)],
);

export const oauthAppProblems = pgTable(
  "oauth_app_problems",
  {
    tenantId: tenantColumn(),
    provider: key("provider").notNull(),
    problem: text("problem").notNull(),
    since: time("since").notNull(),
  },
  (table) => [primaryKey({ columns: [table.tenantId, table.provider] }), tenantOnly()],
);

export const oauthFlows = pgTable(
  "oauth_flows",
  {
    stateHash: key("state_hash").primaryKey(),
    tenantId: tenantColumn(),
    workspaceId: key("workspace_id").notNull(),
    sessionId: key("session_id").notNull(),
    sealedPayload: text("sealed_payload").notNull(),
    expiresAt: time("expires_at").notNull(),
  },
  () => [tenantOnly()],
);

export const variables = pgTable(
  "variables",
  {
    tenantId: tenantColumn(),
    workspaceId: key("workspace_id").notNull(),
    name: key("name").notNull(),
    value: text("value").notNull(),
    updatedAt: time("updated_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.workspaceId, table.name] }), toWorkspace(table.workspaceId), tenantOnly()],
);

/** The tenant's data-encryption keys, wrapped by the key-encryption key; the highest generation seals. */
export const dataKeys = pgTable(
  "data_keys",
  {
    tenantId: tenantColumn(),
    wrapped: text("wrapped").notNull(),
    generation: integer("generation").notNull().default(1),
  },
  (table) => [primaryKey({ columns: [table.tenantId, table.generation] }), tenantOnly()],
);
