/** Where pg-boss keeps its tables; they hold ids of ours and nothing that people wrote. */
export const QUEUE_SCHEMA = "pgboss";
/** The version of its schema that the pg-boss of this release works with; a test holds the two together. */
export const QUEUE_SCHEMA_VERSION = 46;
/** A setting of a transaction: what pg-boss takes for now in it. */
export const QUEUE_CLOCK = "app.now";

export type QueueState = "missing" | "old" | "current" | "newer";

export async function queueState(sql: Bun.SQL): Promise<QueueState> {
  const [table] = await sql.unsafe<{ found: boolean }[]>(
    `SELECT to_regclass('${QUEUE_SCHEMA}.version') IS NOT NULL
        AND to_regprocedure('${QUEUE_SCHEMA}.job_now()') IS NOT NULL AS found`,
  );
  if (!table?.found) return "missing";
  // The clock is set last of all: where it is not ours, an earlier start died in between.
  const [row] = await sql.unsafe<{ version: number; clock: string }[]>(
    `SELECT version, pg_get_functiondef('${QUEUE_SCHEMA}.job_now()'::regprocedure) AS clock FROM ${QUEUE_SCHEMA}.version`,
  );
  const version = row?.version ?? 0;
  if (version > QUEUE_SCHEMA_VERSION) return "newer";
  return version < QUEUE_SCHEMA_VERSION || !row?.clock.includes(QUEUE_CLOCK) ? "old" : "current";
}

/** Makes pg-boss's tables, or brings them up to date. The caller owns them and holds the migration lock. */
export async function installQueue(sql: Bun.SQL): Promise<void> {
  const { getConstructionPlans, getMigrationPlans } = await import("pg-boss");
  const state = await queueState(sql);
  if (state === "missing") await sql.unsafe(getConstructionPlans(QUEUE_SCHEMA));
  if (state === "old") {
    const [row] = await sql.unsafe<{ version: number }[]>(`SELECT version FROM ${QUEUE_SCHEMA}.version`);
    const version = row?.version ?? QUEUE_SCHEMA_VERSION;
    if (version < QUEUE_SCHEMA_VERSION) await sql.unsafe(getMigrationPlans(QUEUE_SCHEMA, version));
  }
  await sql.unsafe(NO_STATISTICS);
  await sql.unsafe(OUR_CLOCK);
}

/**
 * A queue is empty now and holds a hundred thousand jobs a minute later, before Postgres looks again. Planned by what it
 * saw then, a fetch compares each job with every other and takes seconds; planned without, it finds them by their keys.
 */
const NO_STATISTICS = `ALTER TABLE ${QUEUE_SCHEMA}.job_common ALTER COLUMN name SET STATISTICS 0`;

/**
 * pg-boss reads the clock in this one function. Whoever claims runs says what time it is, because due times are of the
 * engine's clock; everywhere else it is the database's. Written so that the planner inlines it, as it does pg-boss's.
 */
const OUR_CLOCK = `
  CREATE OR REPLACE FUNCTION ${QUEUE_SCHEMA}.job_now() RETURNS timestamp with time zone AS
  $$ SELECT COALESCE(NULLIF(current_setting('${QUEUE_CLOCK}', true), '')::timestamptz, pg_catalog.now()); $$
  LANGUAGE sql STABLE`;
