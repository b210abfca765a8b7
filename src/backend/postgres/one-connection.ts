import { AppError } from "../../domain/errors.ts";
import { isStorageFailure, sqlStateOf } from "./postgres-failure.ts";

export const CONNECT_TIMEOUT_SECONDS = 5;

/** Works over a single session, which is closed afterwards. Rejects with `unavailable` when the server is out of reach. */
export async function withOneConnection<T>(databaseUrl: string, use: (sql: Bun.SQL) => Promise<T>): Promise<T> {
  const sql = new Bun.SQL(databaseUrl, {
    adapter: "postgres",
    max: 1,
    connectionTimeout: CONNECT_TIMEOUT_SECONDS,
    connection: { client_min_messages: "warning" },
  });
  try {
    return await use(sql);
  } catch (error) {
    throw isStorageFailure(error) ? cannotOpen(databaseUrl, error) : error;
  } finally {
    await sql.close();
  }
}

/** Says where it was looked for, and never the password. */
export function cannotOpen(databaseUrl: string, cause: unknown): AppError {
  const { hostname, port, pathname } = new URL(databaseUrl);
  const state = sqlStateOf(cause);
  const where = `${hostname}:${port || "5432"}${pathname}`;
  const message = `The Postgres database at ${where} cannot be opened: ${(cause as Error).message} (${state ?? "no connection"}). Check DATABASE_URL, and that the server is running.`;
  return new AppError("unavailable", message, { cause });
}
