import { AppError } from "../../domain/errors.ts";

const RETRY_AFTER_MS = 1_000;

/**
 * SQLSTATE classes and codes (PostgreSQL manual, appendix A) that say the server cannot be reached or written to now,
 * as opposed to a mistake in a statement: connection exceptions, bad credentials, an unknown database, a read-only
 * standby, rollbacks that lost against other transactions, resources, lock and statement time-outs, shut-downs, I/O.
 */
const UNAVAILABLE = /^(?:08|28|40|53|57|58|XX)|^(?:3D000|25006|25P03|55P03)$/;
/** Rolled back because of other transactions (a deadlock, a lock waited for too long): the same may well work now. */
const WORTH_ANOTHER_TRY = /^40|^55P03$/;

/** The SQLSTATE, or null when the failure is not an answer of the server (a connection that broke or never came). */
export function sqlStateOf(error: unknown): string | null {
  if (!(error instanceof Bun.SQL.PostgresError)) return null;
  return ANSWERS.has(error.code) ? String(error.errno) : null;
}

/** The driver's codes for what the server said. */
const ANSWERS: ReadonlySet<string> = new Set(["ERR_POSTGRES_SERVER_ERROR", "ERR_POSTGRES_SYNTAX_ERROR"]);

/** True when the storage failed, and everything in the same transaction is lost with it. */
export function isStorageFailure(error: unknown): boolean {
  if (!(error instanceof Bun.SQL.PostgresError)) return false;
  const state = sqlStateOf(error);
  return state === null ? !DRIVER_MISUSE.test(error.code) : UNAVAILABLE.test(state);
}
/** Of the driver's own codes, those that are bugs of the caller. */
const DRIVER_MISUSE = /^ERR_POSTGRES_(?:INVALID_QUERY_BINDING|NOT_TAGGED_CALL|UNSAFE_TRANSACTION|UNSUPPORTED)/;

/** True when the server itself said no, so that what it said it to has not happened; a session that ends says nothing. */
export function isRefusal(error: unknown): boolean {
  return error instanceof Bun.SQL.PostgresError && sqlStateOf(error) !== null && error.severity === "ERROR";
}

export function isWorthAnotherTry(error: unknown): boolean {
  return WORTH_ANOTHER_TRY.test(sqlStateOf(error) ?? "");
}

/** What a caller is told when Postgres failed; connections come back by themselves, so waiting is all there is to do. */
export function unavailable(cause: unknown): AppError {
  const reason = cause instanceof Bun.SQL.PostgresError ? (sqlStateOf(cause) ?? cause.code) : "no answer in time";
  const message = `The Postgres database cannot be used now (${reason}). Nothing was stored; try again.`;
  return new AppError("unavailable", message, { cause, retryAfterMs: RETRY_AFTER_MS });
}
