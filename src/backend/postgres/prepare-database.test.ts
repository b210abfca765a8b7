import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { drizzle } from "drizzle-orm/bun-sql";
import { migrate } from "drizzle-orm/bun-sql/migrator";
import { postgresMigrationsFolder } from "../../../migrations/index.ts";
import { createDatabase, type TestDatabase } from "../../../test/postgres/test-postgres.ts";
import { createTenant } from "../contract/backend-under-test.ts";
import { NOW, sampleRun, UNHELD } from "../contract/samples.ts";
import { examineDatabase } from "./examine-database.ts";
import { openPostgres } from "./open-postgres.ts";
import { SERVER_ROLE } from "./prepare-database.ts";
import { QUEUE_SCHEMA } from "./queue/install-pg-boss.ts";

/** `0003_run_lanes` came with pg-boss. */
const FIRST_WITH_JOBS = 3;

let database: TestDatabase;
let admin: Bun.SQL;
const roles: string[] = [];
beforeEach(async () => {
  database = await createDatabase(true);
  admin = new Bun.SQL(database.url, { max: 1 });
}, 60_000);
afterEach(async () => {
  await admin.close();
  await database.drop();
  const cluster = new Bun.SQL(new URL("/postgres", database.url).href, { max: 1 });
  for (const role of roles.splice(0)) await cluster.unsafe(`DROP ROLE ${role}`);
  await cluster.close();
});

const open = (databaseUrl: string) => openPostgres({ databaseUrl, owner: "srv", lock: false });

/** A user of our own in this database's cluster, and its URL. */
async function createUser(attributes: string): Promise<string> {
  const role = `user_${crypto.randomUUID().slice(0, 8)}`;
  await admin.unsafe(`CREATE ROLE ${role} LOGIN PASSWORD 'test' ${attributes}`);
  roles.push(role);
  const url = new URL(database.url);
  url.username = role;
  url.password = "test";
  return url.href;
}

describe("opening", () => {
  test("an empty database by several replicas at once, it is migrated once and all of them work", async () => {
    const backends = await Promise.all(Array.from({ length: 4 }, () => open(database.url)));
    const [first, ...others] = backends;
    if (!first) throw new Error("nothing was opened");
    const scope = await createTenant(first);
    const run = sampleRun();
    await first.runs.accept(scope, run, UNHELD);
    for (const backend of others) expect((await backend.runs.find(scope, run.id))?.id).toBe(run.id);
    const applied = await admin`SELECT hash FROM drizzle.__drizzle_migrations`;
    expect(new Set(applied.map(({ hash }: { hash: string }) => hash)).size).toBe(applied.length);
    await Promise.all(backends.map((backend) => backend.close()));
  }, 30_000);

  test.each(["LATIN1", "SQL_ASCII"])(
    "a database in %s, which cannot hold every text, is refused before anything is made",
    async (encoding) => {
      const name = `encoded_${crypto.randomUUID().slice(0, 8)}`;
      await admin.unsafe(
        `CREATE DATABASE ${name} ENCODING '${encoding}' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'`,
      );
      const url = new URL(`/${name}`, database.url).href;
      try {
        await expect(open(url)).rejects.toMatchObject({
          code: "conflict",
          message: expect.stringMatching(new RegExp(`${encoding}.*ENCODING 'UTF8'`)),
        });
        await using inside = new Bun.SQL(url, { max: 1 });
        expect(await inside`SELECT FROM pg_tables WHERE schemaname = 'public'`).toHaveLength(0);
      } finally {
        await admin.unsafe(`DROP DATABASE ${name} WITH (FORCE)`);
      }
    },
    30_000,
  );

  test("a user with any name and password is let in", async () => {
    const [user, password] = [`odd user ${crypto.randomUUID().slice(0, 8)}`, "p@ss:w/o?r#d%é &'\"\\"];
    await admin.unsafe(`CREATE ROLE "${user}" LOGIN SUPERUSER PASSWORD '${password.replaceAll("'", "''")}'`);
    roles.push(`"${user}"`);
    const url = new URL(database.url);
    url.username = encodeURIComponent(user);
    url.password = encodeURIComponent(password);
    const backend = await open(url.href);
    await backend.check();
    await backend.close();
  }, 30_000);

  test("a database of a newer version is refused and left alone", async () => {
    await (await open(database.url)).close();
    await admin`INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES ('of the future', 9999999999999)`;
    await expect(open(database.url)).rejects.toMatchObject({
      code: "conflict",
      message: expect.stringContaining("newer version of IntegrationSync"),
    });
  });

  test("a database from before pg-boss, its waiting runs are worked on as before", async () => {
    const folder = await mkdtemp(join(tmpdir(), "earlier-migrations-"));
    await cp(postgresMigrationsFolder, folder, { recursive: true });
    const journal = join(folder, "meta/_journal.json");
    const { entries, ...rest } = await Bun.file(journal).json();
    const before = entries.filter(({ idx }: { readonly idx: number }) => idx < FIRST_WITH_JOBS);
    await Bun.write(journal, JSON.stringify({ ...rest, entries: before }));
    await migrate(drizzle(admin), { migrationsFolder: folder });
    await rm(folder, { recursive: true });
    await admin`INSERT INTO runs (id, tenant_id, workspace_id, workflow_id, version, status, source, event_id, depth,
                                  created_at, trigger)
                VALUES ('run_1', 'ten_1', 'ws_1', 'wf_1', 1, 'queued', 'webhook', 'evt_1', 0, ${NOW}, '{}')`;
    await admin`INSERT INTO run_queue (run_id, tenant_id, created_at, due_at, fence, interruptions)
                VALUES ('run_1', 'ten_1', ${NOW}, ${NOW}, 0, 0)`;
    const backend = await openPostgres({ databaseUrl: database.url, owner: "srv", lock: true });
    const [claimed] = await backend.runs.claim({ owner: "srv", limit: 1, perTenant: 1, now: NOW });
    expect(claimed?.run).toMatchObject({ id: "run_1", workflowId: "wf_1" });
    await backend.close();
  });

  test("a database restored from a dump without its privileges: the role gets them anew", async () => {
    const before = await open(database.url);
    const scope = await createTenant(before);
    await before.close();
    const schemas = `public, drizzle, ${QUEUE_SCHEMA}`;
    for (const what of [`SCHEMA ${schemas}`, `ALL TABLES IN SCHEMA ${schemas}`, `ALL SEQUENCES IN SCHEMA ${schemas}`])
      await admin.unsafe(`REVOKE ALL ON ${what} FROM ${SERVER_ROLE}`);
    const restored = await open(database.url);
    const run = sampleRun();
    await restored.runs.accept(scope, run, UNHELD);
    expect((await restored.runs.find(scope, run.id))?.id).toBe(run.id);
    await restored.close();
  }, 30_000);

  test("a server is no longer ready once a newer version has migrated under it", async () => {
    const backend = await open(database.url);
    await backend.check();
    await admin`INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES ('of the future', 9999999999999)`;
    await expect(backend.check()).rejects.toThrow("newer version");
    await backend.close();
  });

  test("as the owner of the database, who is no superuser: it works as the restricted role", async () => {
    await admin.unsafe(
      `DO $$ BEGIN CREATE ROLE ${SERVER_ROLE} NOLOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$`,
    );
    const url = await createUser("CREATEROLE");
    const owner = new URL(url).username;
    await admin.unsafe(`GRANT ${SERVER_ROLE} TO ${owner}`);
    await admin.unsafe(`GRANT CREATE ON DATABASE ${new URL(database.url).pathname.slice(1)} TO ${owner}`);
    await admin.unsafe(`GRANT CREATE ON SCHEMA public TO ${owner}`);
    const backend = await open(url);
    const scope = await createTenant(backend);
    const run = sampleRun();
    await backend.runs.accept(scope, run, UNHELD);
    expect(await backend.runs.claim({ owner: "srv", limit: 1, perTenant: 1, now: NOW })).toHaveLength(1);
    const sql = new Bun.SQL(url, { max: 1 });
    // FORCE binds the owner as well.
    expect(await sql`SELECT id FROM runs`).toHaveLength(0);
    await sql.close();
    await backend.close();
    await admin.unsafe(`REASSIGN OWNED BY ${owner} TO CURRENT_USER; DROP OWNED BY ${owner}`);
  });

  test("a database with settings of its own, and a schema of the user's name: ours is where it belongs all the same", async () => {
    await admin.unsafe("CREATE SCHEMA app; CREATE SCHEMA postgres");
    for (const setting of [
      "search_path = app, public",
      "standard_conforming_strings = off",
      "row_security = off",
      "default_transaction_isolation = serializable",
    ])
      await admin.unsafe(`ALTER DATABASE ${new URL(database.url).pathname.slice(1)} SET ${setting}`);
    const backend = await open(database.url);
    const scope = await createTenant(backend);
    const run = sampleRun({ eventId: "it's \\ one" });
    await backend.runs.accept(scope, run, UNHELD);
    expect((await backend.runs.find(scope, run.id))?.eventId).toBe(run.eventId);
    const elsewhere =
      await admin`SELECT relname FROM pg_class WHERE relnamespace IN ('app'::regnamespace, 'postgres'::regnamespace)`;
    expect(elsewhere).toHaveLength(0);
    await backend.close();
  }, 30_000);

  test("as a user who may do nothing yet: it says who has to migrate", async () => {
    await admin.unsafe("REVOKE CREATE ON SCHEMA public FROM PUBLIC");
    const url = await createUser("");
    await expect(open(url)).rejects.toMatchObject({
      code: "forbidden",
      message: expect.stringContaining("integrationsync migrate"),
    });
    await admin.unsafe(`DROP OWNED BY ${new URL(url).username}`);
  });

  test("as a user whom nobody has made a member yet, after somebody else has migrated: it says what to grant", async () => {
    await (await open(database.url)).close();
    const url = await createUser("");
    const { username } = new URL(url);
    const grant = `GRANT ${SERVER_ROLE} TO "${username}"`;
    await expect(open(url)).rejects.toMatchObject({ code: "forbidden", message: expect.stringContaining(grant) });
    await expect(examineDatabase(url)).rejects.toMatchObject({ message: expect.stringContaining(grant) });
    await admin.unsafe(grant);
    await (await open(url)).close();
    expect(await examineDatabase(url)).toMatchObject({ state: "current" });
  });

  test("as a restricted user after somebody else has migrated: it works as that user", async () => {
    await (await open(database.url)).close();
    const url = await createUser(`IN ROLE ${SERVER_ROLE}`);
    const backend = await open(url);
    const scope = await createTenant(backend);
    expect(await backend.tenants.list()).toHaveLength(1);
    expect(await backend.runs.usage(scope, 0)).toEqual([]);
    await backend.close();
    await admin.unsafe(`DROP OWNED BY ${new URL(url).username}`);
  });

  test("a server that is not there is named, without the password", async () => {
    const opening = open("postgres://someone:secret@127.0.0.1:1/nowhere");
    await expect(opening).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringContaining("127.0.0.1:1/nowhere"),
    });
    await expect(opening).rejects.not.toThrow("secret");
  }, 20_000);
});
