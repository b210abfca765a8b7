import {
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
} from "node:fs";
import { dirname, resolve } from "node:path";
import { AppError } from "../../domain/errors.ts";
import { defineCommand } from "../command.ts";
import type { StorageTools } from "../command-context.ts";
import { describeBackup } from "../describe-backup.ts";
import { requireSqlite } from "../require-sqlite.ts";

export const restore = defineCommand({
  details:
    "Refuses while a server uses DATA_DIR. The present database is kept beside the new one. The backup replaces it in one\n" +
    "step after it was copied and verified; when anything fails, nothing has changed.",
  arguments: { file: { description: "A file that backup has written." } },
  options: { verify: { description: "Only verify the file; change nothing." } },
  async run(input, context) {
    const { dataDir } = requireSqlite(context);
    const file = resolve(input.arguments.file);
    const storage = await context.loadStorage();
    const contents = await requireIntact(storage, file);
    if (input.options.verify) {
      await context.tell(`${file} is intact: ${contents}.`);
      return 0;
    }
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    const unlock = storage.lockDataDir(dataDir);
    try {
      const kept = await replaceDatabase(storage, dataDir, file);
      await context.tell(
        `Restored ${file}: ${contents}.${kept === null ? "" : ` The database before it is kept as ${kept}.`}`,
      );
    } finally {
      unlock();
    }
    const key = await context.checkEncryptionKey();
    if (key.kind === "unusable") await context.tell(`Before the server can start: ${key.message}`);
    return 0;
  },
});

/** Where the database from before is kept; null when there was none. */
async function replaceDatabase(storage: StorageTools, dataDir: string, file: string): Promise<string | null> {
  const database = storage.databaseFile(dataDir);
  const incoming = `${database}.restoring`;
  try {
    copyFileSync(file, incoming);
    syncFile(incoming);
    await requireIntact(storage, incoming);
    const kept = keepDatabase(storage, database);
    // The one step: before it the old database stands under the name, after it the new one.
    renameSync(incoming, database);
    syncFile(dirname(database));
    return kept;
  } finally {
    rmSync(incoming, { force: true });
  }
}

/**
 * A second name for the old file, so that the name `database` is never without one; null when there is none. Of a database
 * that cannot be read any more everything is kept as it lies there.
 */
function keepDatabase(storage: StorageTools, database: string): string | null {
  const isThere = existsSync(database);
  const log = isThere ? storage.foldLog(database) : "folded";
  if (log === "in_use")
    throw new AppError("conflict", "Another command is using the database. Wait until it has ended, then try again.");
  const kept = `${database}.before-restore-${new Date().toISOString().replace(/[:.]/g, "-")}`;
  if (isThere) linkSync(database, kept);
  // A write-ahead log left beside the new database would be replayed into it.
  for (const suffix of ["-wal", "-shm"])
    if (existsSync(database + suffix)) renameSync(database + suffix, kept + suffix);
  return isThere ? kept : null;
}

/** What is in the backup, in words. */
async function requireIntact(storage: StorageTools, file: string): Promise<string> {
  const verdict = await storage.verifyBackup(file);
  if (!verdict.ok) throw new AppError("invalid", `${file} cannot be restored. ${verdict.problem}`);
  return describeBackup(verdict);
}

function syncFile(path: string): void {
  const descriptor = openSync(path, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
