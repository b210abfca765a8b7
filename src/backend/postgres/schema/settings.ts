import { pgTable, text } from "drizzle-orm/pg-core";
import { key, time } from "./columns.ts";

export const settings = pgTable("settings", { key: key("key").primaryKey(), value: text("value").notNull() });

/** The last write of each writer whose COMMIT may have gone unanswered: what stands here is what was committed. */
export const writeMarks = pgTable("write_marks", {
  writer: key("writer").primaryKey(),
  mark: text("mark").notNull(),
  markedAt: time("marked_at").notNull(),
});
