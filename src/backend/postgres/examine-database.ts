import type { MigrationState } from "./migrate-database.ts";
import { migrationState } from "./migrate-database.ts";
import { withOneConnection } from "./one-connection.ts";
import { findPrepared } from "./prepare-database.ts";
import { queueState } from "./queue/install-pg-boss.ts";

export interface ExaminedDatabase {
  /** `pending` also where only the queue, the policies or the server's role are still to be made. */
  readonly state: MigrationState;
  /** How far this machine's clock is ahead of the database's. */
  readonly clockAheadMs: number;
}

/** How a start would find the database. Changes nothing; rejects with `unavailable` when it cannot be reached. */
export function examineDatabase(databaseUrl: string): Promise<ExaminedDatabase> {
  return withOneConnection(databaseUrl, async (sql) => ({
    state: await stateOf(sql),
    clockAheadMs: await compareClocks(sql),
  }));
}

async function stateOf(sql: Bun.SQL): Promise<MigrationState> {
  const state = await migrationState(sql);
  if ((await queueState(sql)) === "newer") return "unknown";
  if (state !== "current") return state;
  return (await findPrepared(sql)) ? "current" : "pending";
}

async function compareClocks(sql: Bun.SQL): Promise<number> {
  const askedAt = Date.now();
  const [row] = await sql.unsafe<{ now: number }[]>(
    "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now",
  );
  const answeredAt = Date.now();
  return (askedAt + answeredAt) / 2 - Number(row?.now);
}
