import { doublePrecision, pgTable } from "drizzle-orm/pg-core";
import { key, time } from "./columns.ts";

/** Providers' budgets as all replicas share them. Counts, and nothing of a tenant's; lost without harm. */
export const rateBuckets = pgTable("rate_buckets", {
  /** Connector, limit and whose it is. */
  key: key("key").primaryKey(),
  tokens: doublePrecision("tokens").notNull(),
  /** What the last lease was given. */
  granted: doublePrecision("granted").notNull(),
  at: time("at").notNull(),
  frozenUntil: time("frozen_until").notNull(),
});
