import { index, integer, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";

/*
 * The tables on SQLite, a file for each part of the product; `bun run generate` writes `migrations/sqlite` from them,
 * `schema.test.ts` holds that the two agree. Times are epoch milliseconds, JSON is text, and every table with tenant
 * data carries `tenant_id`.
 */

export const tenants = sqliteTable("tenants", {
  id: text("id").primaryKey(),
  slug: text("slug").notNull().unique(),
  createdAt: integer("created_at").notNull(),
});

export const workspaces = sqliteTable(
  "workspaces",
  {
    id: text("id").primaryKey(),
    tenantId: tenantColumn(),
    slug: text("slug").notNull(),
  },
  (table) => [uniqueIndex("workspaces_by_slug").on(table.tenantId, table.slug)],
);

export const apiKeys = sqliteTable(
  "api_keys",
  {
    id: text("id").primaryKey(),
    tenantId: tenantColumn(),
    workspaceId: workspaceColumn(),
    name: text("name").notNull(),
    scopes: text("scopes", { mode: "json" }).$type<readonly string[]>().notNull(),
    secretHash: text("secret_hash").notNull(),
    createdAt: integer("created_at").notNull(),
    expiresAt: integer("expires_at"),
    lastUsedAt: integer("last_used_at"),
  },
  (table) => [index("api_keys_by_workspace").on(table.workspaceId, table.id)],
);

export function tenantColumn() {
  return text("tenant_id")
    .notNull()
    .references(() => tenants.id);
}

export function workspaceColumn() {
  return text("workspace_id")
    .notNull()
    .references(() => workspaces.id);
}
