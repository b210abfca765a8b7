import { Database, SQLiteError } from "bun:sqlite";
import { join } from "node:path";
import { AppError } from "../../domain/errors.ts";

/** Collecting a connection as garbage would close it, and let the directory go while the server runs. */
const held = new Set<Database>();

/**
 * Makes this process the only server on a data directory until the returned function is called or the process dies,
 * however it dies: the lock is SQLite's own on an empty file, which the operating system drops with the process. A
 * second server would claim the first one's runs and perform their effects twice.
 *
 * Throws `conflict` when another process holds it.
 */
export function lockDataDir(dataDir: string): () => void {
  return takeLock(
    join(dataDir, "server.lock"),
    `Another IntegrationSync server is using ${dataDir}. Stop it first, or give this one another DATA_DIR.`,
  );
}

/** Makes this process the only one that changes the key file in the data directory; a server may run beside it. */
export function lockKeyFile(dataDir: string): () => void {
  return takeLock(join(dataDir, "key-change.lock"), `Another process is changing the key in ${dataDir}. Wait for it.`);
}

function takeLock(file: string, whenHeld: string): () => void {
  const lock = new Database(file, { create: true });
  try {
    lock.run("BEGIN EXCLUSIVE");
  } catch (error) {
    lock.close();
    if (!(error instanceof SQLiteError && error.code === "SQLITE_BUSY")) throw error;
    throw new AppError("conflict", whenHeld, { cause: error });
  }
  held.add(lock);
  return () => {
    held.delete(lock);
    lock.close();
  };
}
