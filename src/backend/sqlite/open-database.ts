import { Database } from "bun:sqlite";

/**
 * A connection with the settings everything here relies on. `synchronous=FULL` makes a commit wait for the disk: a
 * 2xx or an effect is only ever based on what survives a power cut.
 */
export function openDatabase(file: string): Database {
  const database = new Database(file, { create: true, strict: true });
  // First, so that the statements below wait for a CLI command that is writing instead of failing.
  database.run("PRAGMA busy_timeout = 5000");
  database.run("PRAGMA journal_mode = WAL");
  database.run("PRAGMA synchronous = FULL");
  database.run("PRAGMA foreign_keys = ON");
  database.run("PRAGMA temp_store = MEMORY");
  database.run("PRAGMA cache_size = -16000"); // KiB: 16 MB
  // Pages: every 4 MB of log, a checkpoint of a few milliseconds; a rarer one would be a longer pause.
  database.run("PRAGMA wal_autocheckpoint = 1000");
  // Bytes: a log that grew while a backup was reading is cut back to this afterwards.
  database.run("PRAGMA journal_size_limit = 16777216");
  // From here on the group commit does the waiting, without keeping the thread; readers never wait for a writer.
  database.run("PRAGMA busy_timeout = 2");
  return database;
}
