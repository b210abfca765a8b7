import { Database } from "bun:sqlite";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BackendOptions } from "../src/backend/open.ts";

/**
 * Where the server of a test keeps everything. `bun run test` runs each test file that opens one once on SQLite and
 * once, with `TEST_BACKEND=postgres`, on Postgres (`run-tests.ts`).
 */
export interface TestStorage {
  readonly kind: "sqlite" | "postgres";
  readonly dataDir: string;
  /** Empty on SQLite. */
  readonly databaseUrl: string;
  /** The settings with which a server finds it. */
  readonly environment: Readonly<Record<string, string>>;
  /** For `openBackend`. */
  readonly place: Pick<BackendOptions, "databaseUrl" | "dataDir">;
  /**
   * As if nobody had heard of the processes that hold runs under these names (without: of any) for a lease. On SQLite
   * there is nothing to do: to whoever claims, every other owner's lease is void.
   */
  expireLeases(owners?: readonly string[]): Promise<void>;
  /** Runs a statement behind the server's back; values stand as `$1`, `$2`. */
  run<Row>(statement: string, ...values: readonly (string | number)[]): Promise<readonly Row[]>;
  /** Everything that is stored, so that a test can look for what must not be there in the clear. */
  contents(): Promise<string>;
  remove(): Promise<void>;
}

export const BACKEND = readBackend();

function readBackend(): TestStorage["kind"] {
  const named = process.env.TEST_BACKEND ?? "sqlite";
  if (named !== "sqlite" && named !== "postgres") throw new Error(`TEST_BACKEND is "${named}": sqlite or postgres.`);
  return named;
}

/** `parent` is where the folder is made, when the machine's temporary folder will not do. */
export async function openTestStorage(kind = BACKEND, parent = tmpdir()): Promise<TestStorage> {
  const dataDir = await mkdtemp(join(parent, "integrationsync-"));
  return kind === "sqlite" ? inFolder(dataDir) : await inPostgres(dataDir);
}

function inFolder(dataDir: string): TestStorage {
  return {
    kind: "sqlite",
    dataDir,
    databaseUrl: "",
    environment: { DATA_DIR: dataDir },
    place: { dataDir, databaseUrl: "" },
    expireLeases: async () => {},
    async run<Row>(statement: string, ...values: readonly (string | number)[]) {
      using database = new Database(join(dataDir, "integrationsync.db"), { readwrite: true });
      database.run("PRAGMA busy_timeout = 5000");
      return database.query<Row, (string | number)[]>(statement.replaceAll(/\$(\d+)/g, "?$1")).all(...values);
    },
    async contents() {
      const files = [...new Bun.Glob("**").scanSync({ cwd: dataDir, dot: true })];
      const texts = await Promise.all(files.map((file) => Bun.file(join(dataDir, file)).text()));
      return texts.join("\n");
    },
    remove: () => rm(dataDir, { recursive: true, force: true }),
  };
}

async function inPostgres(dataDir: string): Promise<TestStorage> {
  const { createDatabase } = await import("./postgres/test-postgres.ts");
  const database = await createDatabase();
  const databaseUrl = database.url;
  return {
    kind: "postgres",
    dataDir,
    databaseUrl,
    environment: {
      DATA_DIR: dataDir,
      DATABASE_URL: databaseUrl,
      ENCRYPTION_KEY: Buffer.alloc(32, "key of the tests").toString("base64"),
    },
    place: { dataDir, databaseUrl },
    expireLeases: (owners) =>
      asSuperuser(databaseUrl, async (sql) => {
        if (!owners) await sql`UPDATE workers SET expires_at = 0`;
        else if (owners.length > 0) await sql`UPDATE workers SET expires_at = 0 WHERE owner IN ${sql(owners)}`;
      }),
    run: <Row>(statement: string, ...values: readonly (string | number)[]) =>
      asSuperuser(databaseUrl, (sql) => sql.unsafe<Row[]>(statement, [...values])),
    contents: () =>
      asSuperuser(databaseUrl, async (sql) => {
        const tables = await sql<{ name: string }[]>`
          SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'`;
        const texts: string[] = [];
        for (const { name } of tables)
          for (const { row } of await sql<{ row: string }[]>`SELECT t::text AS row FROM ${sql(name)} AS t`)
            texts.push(row);
        return texts.join("\n");
      }),
    async remove() {
      await database.drop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

async function asSuperuser<T>(databaseUrl: string, work: (sql: Bun.SQL) => Promise<T>): Promise<T> {
  const sql = new Bun.SQL(databaseUrl, { max: 1 });
  try {
    return await work(sql);
  } finally {
    await sql.close();
  }
}
