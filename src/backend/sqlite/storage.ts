import type { Database } from "bun:sqlite";
import type { BunSQLiteDatabase } from "drizzle-orm/bun-sqlite";
import type { AppendAudit } from "./append-audit.ts";
import type { GroupCommit } from "./group-commit.ts";

/**
 * What every store works with: one connection, seen plainly (`raw`, for the hand-tuned statements) and through
 * drizzle (`orm`), and the group commit through which everything that is written goes.
 */
export interface Storage {
  readonly raw: Database;
  readonly orm: BunSQLiteDatabase;
  readonly commits: GroupCommit;
  /** To be called inside an intention. */
  readonly appendAudit: AppendAudit;
  /** So many runs of a tenant may be held at a time; null for no cap. */
  readonly maxRunningPerTenant: number | null;
}
