import { sql } from "drizzle-orm";
import { index, integer, pgTable, primaryKey, text } from "drizzle-orm/pg-core";
import { key, tenantColumn, tenantOnly, time } from "./columns.ts";

/** What stands before the dot of an action; asked for in these very words, or the index is not used. */
export const AUDIT_AREA = "split_part(action, '.', 1)";

export const auditLog = pgTable(
  "audit_log",
  {
    tenantId: tenantColumn(),
    seq: integer("seq").notNull(),
    at: time("at").notNull(),
    actorKind: text("actor_kind").notNull(),
    actorId: text("actor_id").notNull(),
    action: text("action").notNull(),
    target: text("target").notNull(),
    details: text("details").notNull(),
    previousHash: text("previous_hash").notNull(),
    hash: text("hash").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.seq] }),
    index("audit_log_by_actor").on(table.tenantId, table.actorId, table.seq),
    index("audit_log_by_target").on(table.tenantId, table.target, table.seq),
    index("audit_log_by_area").on(table.tenantId, sql.raw(AUDIT_AREA), table.seq),
    tenantOnly(),
  ],
);

/** Where each chain ends, so that entries cut off at the end are missed; its lock puts the writers in order. */
export const auditHeads = pgTable(
  "audit_heads",
  { tenantId: key("tenant_id").primaryKey(), seq: integer("seq").notNull(), hash: text("hash").notNull() },
  () => [tenantOnly()],
);
