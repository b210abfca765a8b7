import { type BlankDatabase, describeBlank, makeBlank } from "./blank-database.ts";
import { createDatabase, newName, onServer, type TestDatabase, withDatabase } from "./test-postgres.ts";

/**
 * Copying a database costs Postgres a quarter of a second of computing, emptying one a few milliseconds. So a test that
 * looks at rows, not at Postgres itself, borrows one: of the current schema, with nothing in it, under a name that nobody
 * has heard yet. `drop` gives it back.
 */
export async function lendDatabase(): Promise<TestDatabase> {
  const database = (await returned.shift()) ?? (await createDatabase());
  // A server of somebody else's outlives this process, and so would what we keep on it.
  if (process.env.TEST_DATABASE_URL) return database;
  blank ??= await within(database, describeBlank);
  return { url: database.url, drop: () => takeBack(database) };
}
let blank: BlankDatabase | undefined;
/** Being emptied; null for what turns out not to be as it was lent. */
const returned: Promise<TestDatabase | null>[] = [];

async function takeBack(database: TestDatabase): Promise<void> {
  const renamed = await rename(database);
  const emptied = empty(renamed);
  // Whoever borrows it hears of it.
  emptied.catch(() => {});
  returned.push(emptied);
}

/** Whoever is connected is thrown out, and whoever comes back, as servers do that a test has left behind, finds nothing. */
async function rename({ url }: TestDatabase): Promise<TestDatabase> {
  const [name, next] = [new URL(url).pathname.slice(1), newName()];
  await onServer(url, `ALTER DATABASE ${name} ALLOW_CONNECTIONS false`);
  // Renaming waits for those who are leaving too, but looks only every tenth of a second.
  while ((await onServer(url, THROW_OUT, [name])).length > 0) await Bun.sleep(1);
  await onServer(url, `ALTER DATABASE ${name} RENAME TO ${next}`);
  await onServer(url, `ALTER DATABASE ${next} ALLOW_CONNECTIONS true`);
  return {
    url: withDatabase(url, next),
    drop: async () => void (await onServer(url, `DROP DATABASE ${next} WITH (FORCE)`)),
  };
}
const THROW_OUT = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1";

async function empty(database: TestDatabase): Promise<TestDatabase | null> {
  const known = blank;
  if (known && (await within(database, (sql) => makeBlank(sql, known)))) return database;
  await database.drop();
  return null;
}

async function within<T>({ url }: TestDatabase, work: (sql: Bun.SQL) => Promise<T>): Promise<T> {
  const sql = new Bun.SQL(url, { max: 1 });
  try {
    return await work(sql);
  } finally {
    await sql.close();
  }
}
