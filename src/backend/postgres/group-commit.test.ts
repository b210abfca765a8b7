import { afterAll, beforeAll, expect, test } from "bun:test";
import { createDatabase, type TestDatabase } from "../../../test/postgres/test-postgres.ts";
import { Database, type Transaction } from "./database.ts";
import { GroupCommit, NEXT_BATCH, type Operation } from "./group-commit.ts";
import { Pool } from "./pool.ts";

let postgres: TestDatabase;
let admin: Bun.SQL;
let pool: Pool;
let database: Database;
beforeAll(async () => {
  postgres = await createDatabase(true);
  admin = new Bun.SQL(postgres.url, { max: 1 });
  await admin`CREATE TABLE entries (name text PRIMARY KEY, tenant text NOT NULL, batch bigint NOT NULL DEFAULT txid_current())`;
  pool = new Pool(() => new Bun.SQL(postgres.url, { max: 4 }), 20_000);
  database = new Database(pool, 4, 5_000);
}, 60_000);
afterAll(async () => {
  await Promise.all([admin.close(), pool.close()]);
  await postgres.drop();
});

/** Writes each name under the tenant that is set, all in one statement; answers with them. */
const add: Operation<string, string> = {
  async write({ run }: Transaction, _tenantId, names) {
    await run(
      `INSERT INTO entries (name, tenant)
       SELECT name, current_setting('app.tenant_id') FROM json_array_elements_text($1::text::json) AS given (name)`,
      [JSON.stringify(names)],
    );
    return names;
  },
};
/** The same, sent whole. */
const addBlindly: Operation<string, string> = { ...add, needsNoAnswer: () => true };
const stored = async (prefix: string) => {
  const rows = await admin<{ name: string; tenant: string; batch: string }[]>`
    SELECT name, tenant, batch FROM entries WHERE starts_with(name, ${prefix}) ORDER BY name`;
  return [...rows];
};

for (const [how, operation] of [
  ["step by step", add],
  ["whole", addBlindly],
] as const) {
  test(`what is submitted together is one transaction, each tenant's part under that tenant, sent ${how}`, async () => {
    const commits = new GroupCommit(database);
    const names = Array.from({ length: 40 }, (_, n) => `together ${how} ${String(n).padStart(2, "0")}`);
    const tenantOf = (n: number) => (n % 3 === 0 ? "x" : "y");
    const answers = await Promise.all(names.map((name, n) => commits.submit(operation, tenantOf(n), name, 1)));
    expect(answers).toEqual(names);
    const rows = await stored(`together ${how}`);
    expect(rows.map(({ name, tenant }) => [name, tenant])).toEqual(names.map((name, n) => [name, tenantOf(n)]));
    expect(new Set(rows.map(({ batch }) => batch)).size).toBe(1);
    expect(commits.stats()).toMatchObject({ batches: 1, intentions: 40, lastBatchSize: 40, waiting: 0 });
  });

  test(`an intention that fails, fails alone, sent ${how}`, async () => {
    const commits = new GroupCommit(database);
    const [a, taken, b] = ["a", "taken", "b"].map((name) => `alone ${how} ${name}`) as [string, string, string];
    await commits.submit(operation, "x", taken, 1);
    const results = await Promise.allSettled([a, taken, b].map((name) => commits.submit(operation, "x", name, 1)));
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(results[1]).toMatchObject({ reason: { errno: "23505" } });
    expect((await stored(`alone ${how}`)).map(({ name }) => name)).toEqual([a, b, taken]);
  });
}

test("a large batch is split, by number and by size", async () => {
  const commits = new GroupCommit(database);
  await Promise.all(Array.from({ length: 1_000 }, (_, n) => commits.submit(add, "x", `many-${n}`, 1)));
  expect(commits.stats()).toMatchObject({ batches: 2, intentions: 1_000 });
  await Promise.all(Array.from({ length: 4 }, (_, n) => commits.submit(add, "x", `large-${n}`, 5_000_000)));
  expect(commits.stats()).toMatchObject({ batches: 6, intentions: 1_004 });
});

test("what cannot be in this batch is in the next", async () => {
  const commits = new GroupCommit(database);
  const oneAtATime: Operation<string, string> = {
    async write(transaction, tenantId, names) {
      await add.write(transaction, tenantId, names.slice(0, 1));
      return names.map((name, n) => (n === 0 ? name : NEXT_BATCH));
    },
  };
  const names = ["next-a", "next-b", "next-c"];
  expect(await Promise.all(names.map((name) => commits.submit(oneAtATime, "x", name, 1)))).toEqual(names);
  expect(new Set((await stored("next")).map(({ batch }) => batch)).size).toBe(3);
});

test("closing commits what waits and refuses what comes", async () => {
  const commits = new GroupCommit(database);
  const waiting = commits.submit(add, "x", "closing-a", 1);
  await commits.close();
  await waiting;
  await expect(commits.submit(add, "x", "closing-b", 1)).rejects.toMatchObject({ code: "unavailable" });
  expect(await stored("closing")).toHaveLength(1);
});

/** Until a second statement waits for a lock, after the first has given up. */
async function untilTriedAgain(): Promise<void> {
  const looking = new Bun.SQL(postgres.url, { max: 1 });
  const tries = new Set<string>();
  while (tries.size < 2) {
    const waiting = await looking`SELECT query_start::text AS begun FROM pg_stat_activity
                                  WHERE datname = current_database() AND wait_event_type = 'Lock'`;
    for (const { begun } of waiting) tries.add(begun);
  }
  await looking.close();
}

test("a batch that others are in the way of is tried again, and then all of it is unavailable", async () => {
  const connection = { lock_timeout: "400" };
  const impatient = new Pool(() => new Bun.SQL(postgres.url, { max: 2, connection }), 20_000);
  const beside = new Database(impatient, 2, 5_000);
  const commits = new GroupCommit(beside);
  const free = Promise.withResolvers<void>();
  const locked = Promise.withResolvers<void>();
  const holding = admin.begin(async (sql) => {
    await sql`LOCK TABLE entries IN EXCLUSIVE MODE`;
    locked.resolve();
    await free.promise;
  });
  await locked.promise;
  const tries = [commits.submit(add, "x", "locked-a", 1), commits.submit(add, "x", "locked-b", 1)];
  for (const result of await Promise.allSettled(tries))
    expect(result).toMatchObject({ status: "rejected", reason: { code: "unavailable" } });
  expect(commits.stats()).toMatchObject({ failedBatches: 1 });
  const again = commits.submit(add, "x", "locked-c", 1);
  await untilTriedAgain();
  free.resolve();
  await holding;
  expect(await again).toBe("locked-c");
  expect((await stored("locked")).map(({ name }) => name)).toEqual(["locked-c"]);
  await impatient.close();
});
