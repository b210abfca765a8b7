import { foreignKey, index, type PgColumn, pgTable, text, uniqueIndex } from "drizzle-orm/pg-core";
import { key, tenantColumn, tenantOnly, time } from "./columns.ts";

export const tenants = pgTable("tenants", {
  id: key("id").primaryKey(),
  slug: key("slug").notNull().unique(),
  createdAt: time("created_at").notNull(),
});

export const workspaces = pgTable(
  "workspaces",
  { id: key("id").primaryKey(), tenantId: tenantColumn(), slug: key("slug").notNull() },
  (table) => [uniqueIndex("workspaces_by_slug").on(table.tenantId, table.slug), toTenant(table.tenantId), tenantOnly()],
);

/** The only way from a presented key to its tenant. */
export const apiKeyRoutes = pgTable("api_key_routes", {
  id: key("id").primaryKey(),
  tenantId: tenantColumn(),
});

export const apiKeys = pgTable(
  "api_keys",
  {
    id: key("id").primaryKey(),
    tenantId: tenantColumn(),
    workspaceId: key("workspace_id").notNull(),
    name: text("name").notNull(),
    scopes: text("scopes").notNull(),
    secretHash: text("secret_hash").notNull(),
    createdAt: time("created_at").notNull(),
    expiresAt: time("expires_at"),
    lastUsedAt: time("last_used_at"),
  },
  (table) => [
    index("api_keys_by_workspace").on(table.workspaceId, table.id),
    toWorkspace(table.workspaceId),
    tenantOnly(),
  ],
);

export function toTenant(column: PgColumn) {
  return foreignKey({ columns: [column], foreignColumns: [tenants.id] });
}

export function toWorkspace(column: PgColumn) {
  return foreignKey({ columns: [column], foreignColumns: [workspaces.id] });
}
