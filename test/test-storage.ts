import { Database } from "bun:sqlite";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { BackendOptions } from "../src/backend/open.ts";
import type { TestDatabase } from "./postgres/test-postgres.ts";

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
  /** Another one with the same in it, while no server uses this one. */
  copy(): Promise<TestStorage>;
  remove(): Promise<void>;
}

export const BACKEND = readBackend();

function readBackend(): TestStorage["kind"] {
  const named = process.env.TEST_BACKEND ?? "sqlite";
  if (named !== "sqlite" && named !== "postgres") throw new Error(`TEST_BACKEND is "${named}": sqlite or postgres.`);
  return named;
}

export interface StorageOptions {
  /** Where the folder is made, when the machine's temporary folder will not do. */
  readonly parent?: string;
  /** On Postgres, without tables: as before the first start. On SQLite it always is. */
  readonly isNew?: boolean;
}

export async function openTestStorage(kind = BACKEND, options: StorageOptions = {}): Promise<TestStorage> {
  const { parent = tmpdir(), isNew = false } = options;
  const dataDir = await makeFolder(parent);
  if (kind === "sqlite") return inFolder(dataDir);
  const { createDatabase } = await import("./postgres/test-postgres.ts");
  const { lendDatabase } = await import("./postgres/lend-database.ts");
  return inPostgres(dataDir, await (isNew ? createDatabase(true) : lendDatabase()));
}

function makeFolder(parent: string): Promise<string> {
  return mkdtemp(join(parent, "integrationsync-"));
}

async function copyFolder(folder: string): Promise<string> {
  const copy = await makeFolder(dirname(folder));
  await cp(folder, copy, { recursive: true });
  return copy;
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
    copy: async () => inFolder(await copyFolder(dataDir)),
    remove: () => rm(dataDir, { recursive: true, force: true }),
  };
}

function inPostgres(dataDir: string, database: TestDatabase): TestStorage {
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
    async copy() {
      const { copyDatabase } = await import("./postgres/test-postgres.ts");
      return inPostgres(await copyFolder(dataDir), await copyDatabase(databaseUrl));
    },
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
