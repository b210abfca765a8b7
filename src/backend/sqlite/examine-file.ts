import { Database } from "bun:sqlite";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type MigrationState, migrationState } from "./migrate-database.ts";
import { DATABASE_FILE } from "./open-sqlite.ts";
import { cannotOpen, isStorageFailure } from "./sqlite-failure.ts";

/**
 * How a start would find the database file in the folder. Changes nothing: it makes no file. Throws `unavailable` when
 * it is no database, or cannot be read.
 */
export function examineFile(dataDir: string): MigrationState {
  const file = join(dataDir, DATABASE_FILE);
  if (!existsSync(file)) return "empty";
  try {
    using database = new Database(file, { readonly: true });
    return migrationState(database);
  } catch (error) {
    throw isStorageFailure(error) ? cannotOpen(dataDir, error) : error;
  }
}
