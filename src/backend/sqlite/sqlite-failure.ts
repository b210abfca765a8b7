import { SQLiteError } from "bun:sqlite";
import { AppError } from "../../domain/errors.ts";

/** Result codes that say the database cannot be written or read now, as opposed to a mistake in a statement. */
const UNAVAILABLE = /^SQLITE_(?:FULL|IOERR|BUSY|LOCKED|READONLY|CANTOPEN|NOMEM|CORRUPT|NOTADB|PROTOCOL|PERM|AUTH)/;
const RETRY_AFTER_MS = 1_000;

/** True when the storage failed and so everything in the same transaction is lost with it. */
export function isStorageFailure(error: unknown): error is SQLiteError {
  return error instanceof SQLiteError && UNAVAILABLE.test(error.code ?? "");
}

/** True when another process is writing: nothing has happened, and it can be tried again. */
export function isBusy(error: unknown): boolean {
  return error instanceof SQLiteError && (error.code ?? "").startsWith("SQLITE_BUSY");
}

/** What a caller is told when the storage failed; the next batch tries again, so waiting is all there is to do. */
export function unavailable(cause: unknown): AppError {
  const code = cause instanceof SQLiteError ? (cause.code ?? "unknown") : "unknown";
  const hint = code.startsWith("SQLITE_FULL")
    ? "The disk that holds DATA_DIR is full: free some space"
    : "The database in DATA_DIR cannot be written";
  return new AppError("unavailable", `${hint} (${code}). Nothing was stored; try again.`, {
    cause,
    retryAfterMs: RETRY_AFTER_MS,
  });
}

const ADVICE: readonly (readonly [RegExp, string])[] = [
  [/^SQLITE_BUSY|^SQLITE_LOCKED/, "Another program keeps it locked: end that one first."],
  [/^SQLITE_CORRUPT|^SQLITE_NOTADB/, "Restore a backup of it."],
  [/^SQLITE_READONLY|^SQLITE_CANTOPEN|^SQLITE_PERM|^SQLITE_AUTH/, "Let this user write there."],
];

/** Why nothing can be started on this directory, and what to do. */
export function cannotOpen(dataDir: string, cause: SQLiteError): AppError {
  const code = cause.code ?? "unknown";
  const advice = ADVICE.find(([codes]) => codes.test(code))?.[1] ?? "See whether its disk is full or failing.";
  const message = `The database in DATA_DIR ${dataDir} cannot be opened: ${cause.message} (${code}). ${advice}`;
  return new AppError("unavailable", message, { cause });
}
