import { AppError } from "../../domain/errors.ts";
import { isStorageFailure, sqlStateOf } from "./postgres-failure.ts";
import { INSUFFICIENT_PRIVILEGE, SERVER_ROLE } from "./prepare-database.ts";

export const CONNECT_TIMEOUT_SECONDS = 5;

/**
 * What a database, or a user, may have been given otherwise, and every statement relies on: where our tables are, whatever
 * schema has the user's name, and whatever temporary table has theirs; what a string is; and the ordinary transaction.
 */
export const RELIED_ON = {
  search_path: "public, pg_temp",
  standard_conforming_strings: "on",
  row_security: "on",
  default_transaction_isolation: "read committed",
};

/**
 * Works over a single session, which is closed afterwards. Rejects with `unavailable` when the server is out of reach, and
 * with `forbidden` when the user in the URL may not even look.
 */
export async function withOneConnection<T>(databaseUrl: string, use: (sql: Bun.SQL) => Promise<T>): Promise<T> {
  const sql = new Bun.SQL(databaseUrl, {
    adapter: "postgres",
    max: 1,
    connectionTimeout: CONNECT_TIMEOUT_SECONDS,
    connection: { client_min_messages: "warning", ...RELIED_ON },
  });
  try {
    return await use(sql);
  } catch (error) {
    if (sqlStateOf(error) === INSUFFICIENT_PRIVILEGE) throw mayNotLook(databaseUrl, error as Error);
    throw isStorageFailure(error) ? cannotOpen(databaseUrl, error) : error;
  } finally {
    await sql.close();
  }
}

/** The schema is there already, so what is missing is one grant. */
function mayNotLook(databaseUrl: string, cause: Error): AppError {
  const user = decodeURIComponent(new URL(databaseUrl).username);
  const message = `The user in DATABASE_URL may not look at the database (${cause.message}). As its owner, run: GRANT ${SERVER_ROLE} TO "${user}"`;
  return new AppError("forbidden", message, { cause });
}

/** Says where it was looked for, and never the password. */
export function cannotOpen(databaseUrl: string, cause: unknown): AppError {
  const { hostname, port, pathname } = new URL(databaseUrl);
  const state = sqlStateOf(cause);
  const where = `${hostname}:${port || "5432"}${pathname}`;
  const message = `The Postgres database at ${where} cannot be opened: ${(cause as Error).message} (${state ?? "no connection"}). Check DATABASE_URL, and that the server is running.`;
  return new AppError("unavailable", message, { cause });
}
