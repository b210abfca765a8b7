import { Database } from "bun:sqlite";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Backend } from "../domain/backend.ts";
import { AppError } from "../domain/errors.ts";
import { newId } from "../platform/ids.ts";
import { type MovedRows, moveToPostgres } from "./move-to-postgres.ts";
import { RELIED_ON } from "./postgres/one-connection.ts";
import { isStorageFailure, unavailable } from "./postgres/postgres-failure.ts";
import { prepareDatabase } from "./postgres/prepare-database.ts";
import { DATABASE_FILE, openSqlite } from "./sqlite/open-sqlite.ts";

export interface MoveOptions {
  /** Where the embedded database is. No server may be running on it. */
  readonly dataDir: string;
  readonly databaseUrl: string;
  /** Rejects when the key of the new installation does not open what the old one has sealed. */
  readonly checkKey: (source: Backend) => Promise<void>;
  /** Told of each table once it is copied and counted; nothing stands before all are. */
  readonly moved: (rows: MovedRows) => Promise<void>;
}

/**
 * Moves an installation from the embedded database into an empty Postgres database: all of it, or nothing. The embedded
 * one is left as it is, but for migrations. Throws `not_found` without one, `conflict` when either is in use.
 */
export async function moveInstallation({ dataDir, databaseUrl, checkKey, moved }: MoveOptions) {
  const file = join(dataDir, DATABASE_FILE);
  if (!existsSync(file)) throw new AppError("not_found", `There is no database in DATA_DIR ${dataDir}.`);
  // Holds the folder's lock to the end, and brings the database up to date.
  const backend = openSqlite({ dataDir, owner: newId("owner"), lock: true });
  try {
    await checkKey(backend);
    using source = new Database(file, { readonly: true });
    source.run("BEGIN");
    return await withTarget(databaseUrl, (sql) => moveToPostgres(source, sql, moved));
  } finally {
    await backend.close();
  }
}

async function withTarget<T>(databaseUrl: string, work: (sql: Bun.SQL) => Promise<T>): Promise<T> {
  const connect = (connection: Record<string, string>) =>
    new Bun.SQL(databaseUrl, {
      adapter: "postgres",
      max: 1,
      connectionTimeout: 5,
      connection: { ...RELIED_ON, ...connection },
    });
  try {
    const owner = connect({ client_min_messages: "warning" });
    const role = await prepareDatabase(owner).finally(() => owner.close());
    const sql = connect({ application_name: "integrationsync migrate", ...(role === null ? {} : { role }) });
    return await work(sql).finally(() => sql.close());
  } catch (error) {
    throw isStorageFailure(error) ? unavailable(error) : error;
  }
}
