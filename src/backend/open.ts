import type { Backend } from "../domain/backend.ts";

export interface BackendOptions {
  /** `postgres://…`; empty keeps everything in SQLite in `dataDir`. */
  readonly databaseUrl: string;
  readonly dataDir: string;
  /** The name under which this process holds runs; new at every start. */
  readonly owner: string;
  /** True for a server, which in SQLite must be alone on its data directory; false for a command beside it. */
  readonly lock: boolean;
  /** A tenant with so many runs that have not ended gets no further ones. */
  readonly maxUnfinishedPerTenant?: number;
  /** So many runs of a tenant may be under way at a time, on all replicas together; null or left out for no cap. */
  readonly maxRunningPerTenant?: number | null;
  /** What this host's clock says, for a test that sets it wrong; on SQLite there is no other clock to compare it with. */
  readonly hostNow?: () => number;
}

/** Opens the adapter that the configuration asks for; only that one is loaded. */
export async function openBackend({ databaseUrl, ...options }: BackendOptions): Promise<Backend> {
  if (databaseUrl !== "") {
    const { openPostgres } = await import("./postgres/open-postgres.ts");
    return openPostgres({ databaseUrl, ...options });
  }
  const { openSqlite } = await import("./sqlite/open-sqlite.ts");
  return openSqlite(options);
}
