import { sql } from "drizzle-orm";
import { index, integer, pgTable, text, uniqueIndex } from "drizzle-orm/pg-core";
import { key, tenantColumn, tenantOnly, time } from "./columns.ts";
import { toWorkspace } from "./tenants.ts";

/** What is to be mailed, and for a while what was: so that nothing is mailed a second time. */
export const mails = pgTable(
  "mails",
  {
    id: key("id").primaryKey(),
    tenantId: tenantColumn(),
    workspaceId: key("workspace_id").notNull(),
    key: key("key").notNull(),
    recipient: text("recipient").notNull(),
    subject: text("subject").notNull(),
    /** Null once it was sent. */
    sealedContent: text("sealed_content"),
    state: text("state").notNull(),
    attempts: integer("attempts").notNull(),
    problem: text("problem"),
    createdAt: time("created_at").notNull(),
    giveUpAt: time("give_up_at").notNull(),
    /** Null when it is not to be tried any more. */
    dueAt: time("due_at"),
    /** When it was sent or failed. */
    settledAt: time("settled_at"),
  },
  (table) => [
    uniqueIndex("mails_by_key").on(table.tenantId, table.key),
    index("mails_undelivered").on(table.workspaceId, table.id).where(sql`state <> 'sent'`),
    toWorkspace(table.workspaceId),
    tenantOnly(),
  ],
);

/** Whose mails are to be tried when, and when those that were sent or failed are forgotten. */
export const mailQueue = pgTable(
  "mail_queue",
  {
    mailId: key("mail_id").primaryKey(),
    tenantId: tenantColumn(),
    dueAt: time("due_at"),
    settledAt: time("settled_at"),
  },
  (table) => [
    index("mail_queue_due").on(table.dueAt).where(sql`due_at IS NOT NULL`),
    index("mail_queue_by_end").on(table.settledAt).where(sql`settled_at IS NOT NULL`),
  ],
);
