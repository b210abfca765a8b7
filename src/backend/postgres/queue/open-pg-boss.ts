import type { BunSqlLike, PgBoss } from "pg-boss";
import type { Database } from "../database.ts";
import { QUEUE_SCHEMA } from "./install-pg-boss.ts";
import { KEEP_SECONDS, SUSPECTS } from "./run-jobs.ts";

/** Done by one replica at a time, whichever pg-boss gives it to. */
const UPKEEP = "upkeep";
const UPKEEP_CRON = "*/5 * * * *";
const UPKEEP_POLL_SECONDS = 30;

export interface PgBossOptions {
  readonly database: Database;
  /** True for a server: it looks after the queues. A command only puts jobs in. */
  readonly looksAfter: boolean;
  /** What a server does every few minutes, and at its start. */
  readonly upkeep: () => Promise<void>;
  /** What pg-boss could not do in the background; it tries again by itself. */
  readonly failed: (error: unknown) => void;
}

/** Starts pg-boss over our own pool, as the restricted role: its tables are made by `install-pg-boss.ts`. */
export async function openPgBoss({ database, looksAfter, upkeep, failed }: PgBossOptions): Promise<PgBoss> {
  const { PgBoss: Boss, fromBunSql } = await import("pg-boss");
  const boss = new Boss({
    db: fromBunSql(toClient(database)),
    schema: QUEUE_SCHEMA,
    migrate: false,
    createSchema: false,
    supervise: looksAfter,
    schedule: looksAfter,
    // Indexes belong to whoever migrated.
    reindex: false,
    registerInstance: false,
    openTelemetry: { enabled: false },
  });
  // An `error` that nobody listens to would end the process.
  boss.on("error", failed);
  await boss.start();
  await boss.createQueue(SUSPECTS, { retentionSeconds: KEEP_SECONDS });
  if (!looksAfter) return boss;
  await boss.createQueue(UPKEEP, { retryLimit: 0, policy: "short", deleteAfterSeconds: 3_600 });
  await boss.schedule(UPKEEP, UPKEEP_CRON);
  await boss.work(UPKEEP, { pollingIntervalSeconds: UPKEEP_POLL_SECONDS }, upkeep);
  return boss;
}

/** What pg-boss asks for by itself goes the way of all statements: it too may find its connection dead. */
function toClient(database: Database): BunSqlLike {
  const unsafe = (text: string, values?: unknown[]) =>
    database.work((connection) => connection.unsafe(text, values as Parameters<typeof connection.unsafe>[1]));
  // Each of its scripts that is a transaction is one text.
  return { unsafe, reserve: async () => ({ unsafe, release() {} }) };
}
