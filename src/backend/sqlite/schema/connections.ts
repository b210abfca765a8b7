import { index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { ConnectionState } from "../../../domain/connection.ts";
import type { Json } from "../../../domain/json.ts";
import { tenants, workspaces } from "./tenants.ts";

export const connections = sqliteTable(
  "connections",
  {
    id: text("id").primaryKey(),
    tenantId: text("tenant_id")
      .notNull()
      .references(() => tenants.id),
    workspaceId: text("workspace_id")
      .notNull()
      .references(() => workspaces.id),
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
  },
  (table) => [index("connections_by_workspace").on(table.workspaceId, table.id)],
);

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
    workspaceId: text("workspace_id")
      .notNull()
      .references(() => workspaces.id),
    name: text("name").notNull(),
    value: text("value", { mode: "json" }).$type<Json>(),
    updatedAt: integer("updated_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.workspaceId, table.name] })],
);
