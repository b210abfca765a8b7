import type { Database } from "bun:sqlite";
import { drizzle } from "drizzle-orm/bun-sqlite";
import { migrate } from "drizzle-orm/bun-sqlite/migrator";
import { readMigrationFiles } from "drizzle-orm/migrator";
import { sqliteMigrationsFolder } from "../../../migrations/index.ts";
import { AppError } from "../../domain/errors.ts";

/** Drizzle's own table of what has been applied. */
const APPLIED = "__drizzle_migrations";

/**
 * `empty`: nothing was ever applied. `unknown`: the database holds a migration that this version does not have, so a
 * newer version has written it.
 */
export type MigrationState = "empty" | "pending" | "current" | "unknown";

export function migrationState(database: Database): MigrationState {
  const known = readMigrationFiles({ migrationsFolder: sqliteMigrationsFolder }).map((migration) => migration.hash);
  const applied = appliedHashes(database);
  if (applied.length === 0) return "empty";
  if (applied.some((hash) => !known.includes(hash))) return "unknown";
  return applied.length < known.length ? "pending" : "current";
}

/** Applies what is pending. The caller holds the data directory's lock: drizzle's migrator takes none. */
export function migrateDatabase(database: Database): void {
  // A migration that rebuilds a table drops it for a moment, which must not cascade. Has no effect in a transaction.
  database.run("PRAGMA foreign_keys = OFF");
  try {
    migrate(drizzle(database), { migrationsFolder: sqliteMigrationsFolder });
  } finally {
    database.run("PRAGMA foreign_keys = ON");
  }
}

export function newerDatabase(file: string): AppError {
  return new AppError(
    "conflict",
    `${file} was written by a newer version of IntegrationSync. Install that version again, or restore a backup.`,
  );
}

function appliedHashes(database: Database): readonly string[] {
  const table = database.query("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?").get(APPLIED);
  if (!table) return [];
  return database
    .query<{ hash: string }, []>(`SELECT hash FROM ${APPLIED}`)
    .all()
    .map((row) => row.hash);
}
