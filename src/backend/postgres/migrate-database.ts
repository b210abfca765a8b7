import { drizzle } from "drizzle-orm/bun-sql";
import { migrate } from "drizzle-orm/bun-sql/migrator";
import { readMigrationFiles } from "drizzle-orm/migrator";
import { postgresMigrationsFolder } from "../../../migrations/index.ts";
import { AppError } from "../../domain/errors.ts";

/** Held while migrating and while the server's role is made, so that replicas that start together take turns. */
const MIGRATION_LOCK = 7_304_115_926;

/**
 * `empty`: nothing was ever applied. `unknown`: the database holds a migration that this version does not have, so a
 * newer version has written it.
 */
export type MigrationState = "empty" | "pending" | "current" | "unknown";

export async function migrationState(sql: Bun.SQL): Promise<MigrationState> {
  // Read once: `/readyz` asks as well.
  known ??= readMigrationFiles({ migrationsFolder: postgresMigrationsFolder }).map((migration) => migration.hash);
  const applied = await appliedHashes(sql);
  if (applied.length === 0) return "empty";
  if (applied.some((hash) => !known?.includes(hash))) return "unknown";
  return applied.length < known.length ? "pending" : "current";
}
let known: readonly string[] | null = null;

export function newerDatabase(): AppError {
  return new AppError(
    "conflict",
    "The Postgres database was written by a newer version of IntegrationSync. Install that version again, or restore a backup.",
  );
}

/** `sql` has a single connection: the lock belongs to its session, and ends with it if this process dies. */
export async function withMigrationLock<T>(sql: Bun.SQL, body: () => Promise<T>): Promise<T> {
  await sql.unsafe("SELECT pg_advisory_lock($1::bigint)", [MIGRATION_LOCK]);
  try {
    return await body();
  } finally {
    await sql.unsafe("SELECT pg_advisory_unlock($1::bigint)", [MIGRATION_LOCK]);
  }
}

/** Applies what is pending, all of it or nothing. The caller holds the lock: drizzle's migrator takes none. */
export async function applyMigrations(sql: Bun.SQL): Promise<void> {
  await migrate(drizzle(sql), { migrationsFolder: postgresMigrationsFolder });
}

/** Tables whose policy does not bind their owner: drizzle-kit writes ENABLE only. */
const UNFORCED = `SELECT relname FROM pg_class
  WHERE relnamespace = 'public'::regnamespace AND relrowsecurity AND NOT relforcerowsecurity`;

export async function isRowSecurityForced(sql: Bun.SQL): Promise<boolean> {
  return (await sql.unsafe<unknown[]>(UNFORCED)).length === 0;
}

/** The caller owns the tables and holds the lock. */
export async function forceRowSecurity(sql: Bun.SQL): Promise<void> {
  await sql.unsafe(`DO $$ DECLARE name text; BEGIN
    FOR name IN ${UNFORCED} LOOP EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name); END LOOP;
  END $$`);
}

async function appliedHashes(sql: Bun.SQL): Promise<readonly string[]> {
  const [table] = await sql.unsafe<{ found: boolean }[]>(
    "SELECT to_regclass('drizzle.__drizzle_migrations') IS NOT NULL AS found",
  );
  if (!table?.found) return [];
  const rows = await sql.unsafe<{ hash: string }[]>("SELECT hash FROM drizzle.__drizzle_migrations");
  return rows.map((row) => row.hash);
}
