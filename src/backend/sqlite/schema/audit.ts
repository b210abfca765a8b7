import { sql } from "drizzle-orm";
import { index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { JsonObject } from "../../../domain/json.ts";
import type { Actor } from "../../../domain/tenant.ts";

/**
 * What stands before the dot of an action; asked for in these very words, or the index is not used. The generator breaks
 * an expression at its commas: its line in the migration is mended by hand.
 */
export const auditArea = sql.raw(`substr("action", 1, instr("action", '.') - 1)`);

export const auditLog = sqliteTable(
  "audit_log",
  {
    tenantId: text("tenant_id").notNull(),
    seq: integer("seq").notNull(),
    at: integer("at").notNull(),
    actorKind: text("actor_kind").$type<Actor["kind"]>().notNull(),
    actorId: text("actor_id").notNull(),
    action: text("action").notNull(),
    target: text("target").notNull(),
    details: text("details", { mode: "json" }).$type<JsonObject>().notNull(),
    previousHash: text("previous_hash").notNull(),
    hash: text("hash").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.seq] }),
    index("audit_log_by_actor").on(table.tenantId, table.actorId, table.seq),
    index("audit_log_by_target").on(table.tenantId, table.target, table.seq),
    index("audit_log_by_area").on(table.tenantId, auditArea, table.seq),
  ],
);

/** Where each chain ends, so that entries cut off at the end are missed. */
export const auditHeads = sqliteTable("audit_heads", {
  tenantId: text("tenant_id").primaryKey(),
  seq: integer("seq").notNull(),
  hash: text("hash").notNull(),
});
