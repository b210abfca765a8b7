import { Database } from "bun:sqlite";
import { existsSync } from "node:fs";
import { isBusy, isStorageFailure } from "./sqlite-failure.ts";

/**
 * - `folded`: what was in the log stands in the database file, and nobody else has it open;
 * - `in_use`: another process has it open;
 * - `damaged`: it cannot be read, so that its log stays where it is.
 */
export type FoldedLog = "folded" | "in_use" | "damaged";

/** Moves what is in the write-ahead log into the database file, before another one takes its place. */
export function foldLog(file: string): FoldedLog {
  try {
    // Whoever closes a database last removes its log.
    const database = new Database(file);
    try {
      database.run("PRAGMA wal_checkpoint(TRUNCATE)");
    } finally {
      database.close();
    }
  } catch (error) {
    if (isBusy(error)) return "in_use";
    if (isStorageFailure(error)) return "damaged";
    throw error;
  }
  return existsSync(`${file}-wal`) ? "in_use" : "folded";
}
