import { pgTable, text } from "drizzle-orm/pg-core";
import { key } from "./columns.ts";

export const settings = pgTable("settings", { key: key("key").primaryKey(), value: text("value").notNull() });
