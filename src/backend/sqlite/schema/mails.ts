import { sql } from "drizzle-orm";
import { index, integer, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import type { MailState } from "../../../domain/mail-store.ts";
import { tenantColumn, workspaceColumn } from "./tenants.ts";

/** What is to be mailed, and for a while what was: so that nothing is mailed a second time. */
export const mails = sqliteTable(
  "mails",
  {
    id: text("id").primaryKey(),
    tenantId: tenantColumn(),
    workspaceId: workspaceColumn(),
    key: text("key").notNull(),
    recipient: text("recipient").notNull(),
    subject: text("subject").notNull(),
    /** Null once it was sent. */
    sealedContent: text("sealed_content"),
    state: text("state").$type<MailState>().notNull(),
    attempts: integer("attempts").notNull(),
    problem: text("problem"),
    createdAt: integer("created_at").notNull(),
    giveUpAt: integer("give_up_at").notNull(),
    /** Null when it is not to be tried any more. */
    dueAt: integer("due_at"),
    /** When it was sent or failed. */
    settledAt: integer("settled_at"),
  },
  (table) => [
    uniqueIndex("mails_by_key").on(table.tenantId, table.key),
    index("mails_due").on(table.dueAt).where(sql`due_at IS NOT NULL`),
    index("mails_undelivered").on(table.tenantId, table.workspaceId, table.id).where(sql`state <> 'sent'`),
    index("mails_by_end").on(table.settledAt).where(sql`settled_at IS NOT NULL`),
  ],
);
