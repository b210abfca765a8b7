import { index, integer, pgTable, primaryKey, text } from "drizzle-orm/pg-core";
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
  },
  (table) => [
    index("connections_by_workspace").on(table.workspaceId, table.id),
    toWorkspace(table.workspaceId),
    tenantOnly(),
  ],
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
