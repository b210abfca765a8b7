import { Database } from "bun:sqlite";
import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { AppError } from "../../domain/errors.ts";
import { migrationState } from "./migrate-database.ts";
import { DATABASE_FILE } from "./open-sqlite.ts";
import { isStorageFailure } from "./sqlite-failure.ts";
import { verifyAuditChain } from "./verify-audit-chain.ts";

export type BackupVerdict =
  | { readonly ok: true; readonly tenants: number; readonly runs: number; readonly auditEntries: number }
  | { readonly ok: false; readonly problem: string };

/**
 * Writes a consistent copy of the database to `file`, beside a running server if there is one. Takes seconds for a
 * large database and does not give way: it belongs into a process of its own, not into the server.
 *
 * The copy appears under its name only once it is complete and on disk. Throws `not_found` when there is no database,
 * `conflict` when `file` exists, and `unavailable` when the copy cannot be written.
 */
export function backupTo(dataDir: string, file: string): void {
  const source = join(dataDir, DATABASE_FILE);
  if (!existsSync(source)) throw new AppError("not_found", `There is no database in ${dataDir}.`);
  if (existsSync(file)) throw new AppError("conflict", `${file} exists already; name a file that does not.`);
  const partial = `${file}.partial`;
  try {
    rmSync(partial, { force: true });
    // SQLite writes into an empty file that is there. Made here because the copy holds sealed credentials and hashes.
    closeSync(openSync(partial, "wx", 0o600));
    copyInto(source, partial);
    sync(partial);
    renameSync(partial, file);
    sync(dirname(file));
  } catch (cause) {
    rmSync(partial, { force: true });
    throw new AppError("unavailable", `The backup could not be written to ${file}: ${(cause as Error).message}`, {
      cause,
    });
  }
}

/** Whether a backup can be restored: every page and index is sound, this version knows it, every audit chain holds. */
export async function verifyBackup(file: string): Promise<BackupVerdict> {
  if (!existsSync(file)) throw new AppError("not_found", `There is no file ${file}.`);
  let backup: Database;
  try {
    backup = new Database(file, { readonly: true, strict: true });
  } catch (error) {
    return { ok: false, problem: `It cannot be opened as a file: ${(error as Error).message}.` };
  }
  try {
    return findDamage(backup) ?? (await verifyContents(backup));
  } catch (error) {
    if (!isStorageFailure(error)) throw error;
    return { ok: false, problem: `It cannot be read as a database: ${(error as Error).message}.` };
  } finally {
    backup.close();
  }
}

function copyInto(source: string, target: string): void {
  // Not read-only: after a crash the log has to be recovered before anything can be read.
  const database = new Database(source, { readwrite: true, create: false });
  try {
    database.run("PRAGMA busy_timeout = 5000");
    database.query("VACUUM INTO ?").run(target);
  } finally {
    database.close();
  }
}

function sync(path: string): void {
  const descriptor = openSync(path, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function findDamage(backup: Database): BackupVerdict | null {
  const [first] = backup.query<{ integrity_check: string }, []>("PRAGMA integrity_check(1)").all();
  if (first?.integrity_check !== "ok") return { ok: false, problem: `It is damaged: ${first?.integrity_check}.` };
  const state = migrationState(backup);
  if (state === "empty") return { ok: false, problem: "It is not a database of IntegrationSync." };
  if (state === "unknown") return { ok: false, problem: "It was written by a newer version of IntegrationSync." };
  return null;
}

async function verifyContents(backup: Database): Promise<BackupVerdict> {
  const tenants = backup.query<{ id: string; slug: string }, []>("SELECT id, slug FROM tenants").all();
  let auditEntries = 0;
  for (const { id, slug } of tenants) {
    const chain = await verifyAuditChain(backup, id);
    if (!chain.ok)
      return { ok: false, problem: `The audit log of ${slug} is broken at entry ${chain.seq}: ${chain.problem}` };
    auditEntries += chain.entries;
  }
  const runs = backup.query<{ n: number }, []>("SELECT count(*) AS n FROM runs").get()?.n ?? 0;
  return { ok: true, tenants: tenants.length, runs, auditEntries };
}
