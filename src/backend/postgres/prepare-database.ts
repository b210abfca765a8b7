import { AppError } from "../../domain/errors.ts";
import {
  applyMigrations,
  forceRowSecurity,
  isRowSecurityForced,
  migrationState,
  newerDatabase,
  withMigrationLock,
} from "./migrate-database.ts";
import { sqlStateOf } from "./postgres-failure.ts";
import { installQueue, QUEUE_SCHEMA, queueState } from "./queue/install-pg-boss.ts";

/** What the server works as when it was given the URL of somebody whom row-level security does not bind. */
export const SERVER_ROLE = "integrationsync_server";
export const INSUFFICIENT_PRIVILEGE = "42501";

interface Identity {
  readonly name: string;
  readonly is_superuser: boolean;
  readonly bypasses_rls: boolean;
  readonly owns_tables: boolean;
}

/**
 * Brings the schema up to date and tells the role to work as: null for the URL's own user, when row-level security
 * binds that one anyway; else a restricted role, made here if need be, which can read and write rows and nothing more.
 * `sql` has a single connection. Throws `conflict` when a newer version has written the database, or its encoding will not do.
 */
export async function prepareDatabase(sql: Bun.SQL): Promise<string | null> {
  await requireUnicode(sql);
  // What every start but the first finds, without a lock and without writing anything.
  const ready = await findPrepared(sql);
  if (ready) return ready.role;
  return withMigrationLock(sql, async () => {
    const state = await migrationState(sql);
    const queue = await queueState(sql);
    if (state === "unknown" || queue === "newer") throw newerDatabase();
    if (state !== "current") await explained(applyMigrations(sql), "apply the migrations");
    if (queue !== "current") await explained(installQueue(sql), "install the queue (pg-boss)");
    // Also when an earlier start died between the two.
    if (!(await isRowSecurityForced(sql))) await explained(forceRowSecurity(sql), "force row-level security");
    const identity = await identify(sql);
    if (isBound(identity)) return null;
    await explained(makeServerRole(sql, identity), `make the role ${SERVER_ROLE}`);
    return SERVER_ROLE;
  });
}

/** The role to work as where nothing is left to be done; null where there is. Changes nothing. */
export async function findPrepared(sql: Bun.SQL): Promise<{ readonly role: string | null } | null> {
  if (!(await isUpToDate(sql)) || !(await isRowSecurityForced(sql))) return null;
  if (isBound(await identify(sql))) return { role: null };
  return (await isServerRoleReady(sql)) ? { role: SERVER_ROLE } : null;
}

/** In any other encoding texts from all over the world are refused, one by one, when they come. */
async function requireUnicode(sql: Bun.SQL): Promise<void> {
  const [row] = await sql.unsafe<{ encoding: string }[]>("SELECT current_setting('server_encoding') AS encoding");
  if (row?.encoding === "UTF8") return;
  throw new AppError(
    "conflict",
    `The Postgres database is encoded in ${row?.encoding}, which cannot hold every text. Make another: CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0`,
  );
}

async function isUpToDate(sql: Bun.SQL): Promise<boolean> {
  return (await migrationState(sql)) === "current" && (await queueState(sql)) === "current";
}

/** An owner is bound by FORCE, but could lift it; so the server works as none either. */
function isBound(identity: Identity): boolean {
  return !identity.is_superuser && !identity.bypasses_rls && !identity.owns_tables;
}

async function identify(sql: Bun.SQL): Promise<Identity> {
  const [identity] = await sql.unsafe<Identity[]>(
    `SELECT current_user::text AS name, rolsuper AS is_superuser, rolbypassrls AS bypasses_rls,
            EXISTS (SELECT FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relname = 'runs'
                    AND pg_has_role(current_user, relowner, 'MEMBER')) AS owns_tables
     FROM pg_roles WHERE rolname = current_user`,
  );
  if (!identity) throw new Error("The current user has no role.");
  return identity;
}

/** Bound by row-level security, usable by the URL's user, and allowed what it needs on every table. */
async function isServerRoleReady(sql: Bun.SQL): Promise<boolean> {
  const [role] = await sql.unsafe<{ ready: boolean }[]>(
    `SELECT NOT rolsuper AND NOT rolbypassrls AND pg_has_role(current_user, pg_roles.oid, 'SET')
        AND has_schema_privilege(pg_roles.oid, 'drizzle', 'USAGE')
        AND has_schema_privilege(pg_roles.oid, '${QUEUE_SCHEMA}', 'USAGE')
        AND NOT EXISTS (
          SELECT FROM pg_class, unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS privilege
          WHERE relnamespace IN ('public'::regnamespace, '${QUEUE_SCHEMA}'::regnamespace) AND relkind IN ('r', 'p')
            AND NOT has_table_privilege(pg_roles.oid, pg_class.oid, privilege)) AS ready
     FROM pg_roles WHERE rolname = $1`,
    [SERVER_ROLE],
  );
  return role?.ready ?? false;
}

/** Roles belong to the whole cluster, so another installation may have made it; privileges belong to this database. */
async function makeServerRole(sql: Bun.SQL, { name, is_superuser }: Identity): Promise<void> {
  const [role] = await sql.unsafe<{ unsafe: boolean }[]>(
    "SELECT rolsuper OR rolbypassrls AS unsafe FROM pg_roles WHERE rolname = $1",
    [SERVER_ROLE],
  );
  if (role?.unsafe) {
    const message = `The role ${SERVER_ROLE} can bypass row-level security. Run: ALTER ROLE ${SERVER_ROLE} NOSUPERUSER NOBYPASSRLS`;
    throw new AppError("conflict", message);
  }
  if (!role) await createRole(sql);
  const user = `"${name.replaceAll('"', '""')}"`;
  const [member] = await sql.unsafe<{ yes: boolean }[]>("SELECT pg_has_role(current_user, $1, 'SET') AS yes", [
    SERVER_ROLE,
  ]);
  if (!is_superuser && !member?.yes) await sql.unsafe(`GRANT ${SERVER_ROLE} TO ${user}`);
  for (const grant of [
    `USAGE ON SCHEMA public, drizzle, ${QUEUE_SCHEMA}`,
    `SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public, ${QUEUE_SCHEMA}`,
    `USAGE ON ALL SEQUENCES IN SCHEMA ${QUEUE_SCHEMA}`,
    "USAGE ON ALL SEQUENCES IN SCHEMA public",
    "SELECT ON drizzle.__drizzle_migrations",
  ])
    await sql.unsafe(`GRANT ${grant} TO ${SERVER_ROLE}`);
}

/** The lock that keeps replicas apart is this database's; another database of the cluster may be first by a moment. */
async function createRole(sql: Bun.SQL): Promise<void> {
  try {
    await sql.unsafe(`CREATE ROLE ${SERVER_ROLE} NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOINHERIT`);
  } catch (error) {
    const alreadyThere = ["42710", "23505"].includes(sqlStateOf(error) ?? "");
    if (!alreadyThere) throw error;
  }
}

async function explained<T>(working: Promise<T>, what: string): Promise<T> {
  try {
    return await working;
  } catch (error) {
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
    if (sqlStateOf(cause) !== INSUFFICIENT_PRIVILEGE) throw cause;
    throw new AppError(
      "forbidden",
      `The user in DATABASE_URL may not ${what} (${(cause as Error).message}). ` +
        "Run `integrationsync migrate` once with the DATABASE_URL of a user who owns the database and may create roles.",
      { cause },
    );
  }
}
