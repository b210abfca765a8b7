import { Database } from "bun:sqlite";
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { copyFileSync, cpSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Place, runCli, startServer, succeed, tempFolder } from "./run-cli.ts";

/* Both commands are about the file of SQLite; on Postgres they name its own tools. */

/** A copy of a folder, for a test that spoils it. */
function copyOf(original: Place) {
  const copy = tempFolder();
  cpSync(original.path, copy.path, { recursive: true });
  return copy;
}

async function slugs(folder: Place): Promise<string[]> {
  const listed = JSON.parse(await succeed(folder, ["tenant", "list", "--json"]));
  return listed.map(({ slug }: { slug: string }) => slug);
}

/** A folder in which a server has run once, with a tenant `acme`, a backup of that in `a.db`, and then a tenant `beta`. */
const original = tempFolder();
afterAll(() => original[Symbol.dispose]());
beforeAll(async () => {
  // The server makes the key.
  await (await startServer(original))[Symbol.asyncDispose]();
  await succeed(original, ["tenant", "create", "acme"]);
  await succeed(original, ["backup", "a.db"]);
  await succeed(original, ["tenant", "create", "beta"]);
});

describe("backup", () => {
  test("works beside a running server, and the copy holds what was committed", async () => {
    using folder = tempFolder();
    await using server = await startServer(folder);
    await succeed(folder, ["tenant", "create", "acme"]);
    const { exitCode, stdout, stderr } = await runCli(folder, ["backup", "a.db"]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: "" });
    expect(stderr).toContain("1 tenant, 0 runs, 1 audit entry");
    expect(statSync(join(folder.path, "a.db")).mode & 0o077).toBe(0);
    expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
    expect((await runCli(folder, ["restore", "a.db", "--verify"])).exitCode).toBe(0);
  });

  test("never overwrites a file, and says when there is nothing to back up", async () => {
    using folder = tempFolder();
    writeFileSync(join(folder.path, "mine.txt"), "precious");
    const missing = await runCli(folder, ["backup", "a.db"]);
    expect(missing).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("There is no database in") });
    await succeed(folder, ["tenant", "create", "acme"]);
    const taken = await runCli(folder, ["backup", "mine.txt"]);
    expect(taken).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("mine.txt exists already") });
    expect(readFileSync(join(folder.path, "mine.txt"), "utf8")).toBe("precious");
  });
});

describe("restore", () => {
  test("brings back what the backup holds and keeps the database from before", async () => {
    using folder = copyOf(original);
    expect(await slugs(folder)).toEqual(["acme", "beta"]);
    const { exitCode, stderr } = await runCli(folder, ["restore", "a.db"]);
    expect({ exitCode }).toEqual({ exitCode: 0 });
    expect(await slugs(folder)).toEqual(["acme"]);

    const kept = /kept as (\S+)\.$/.exec(stderr.trim())?.[1] ?? "";
    expect(kept).toContain(".before-restore-");
    expect((await runCli(folder, ["restore", kept])).exitCode).toBe(0);
    expect(await slugs(folder)).toEqual(["acme", "beta"]);
    await using server = await startServer(folder);
    expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
  });

  test("works into a folder where nothing has run yet, and says that the key has to come along", async () => {
    using folder = copyOf(original);
    const env = { DATA_DIR: "fresh" };
    const { exitCode, stderr } = await runCli(folder, ["restore", "a.db"], { env });
    expect(exitCode).toBe(0);
    expect(stderr).toMatch(/\nBefore the server can start: The key file .* is missing/);
    copyFileSync(join(folder.path, "data/encryption.key"), join(folder.path, "fresh/encryption.key"));
    expect(JSON.parse(await succeed(folder, ["tenant", "list", "--json"], env))).toHaveLength(1);
  });

  test("takes what a killed server left in its log into the database that it keeps", async () => {
    using folder = copyOf(original);
    await using server = await startServer(folder);
    await succeed(folder, ["tenant", "create", "gamma"]);
    server.process.kill("SIGKILL");
    await server.process.exited;
    const { stderr } = await runCli(folder, ["restore", "a.db"]);
    const kept = /kept as (\S+)\.$/.exec(stderr.trim())?.[1] ?? "";
    await succeed(folder, ["restore", kept]);
    expect(await slugs(folder)).toEqual(["acme", "beta", "gamma"]);
  });

  test.each([
    ["overwritten in part", (bytes: Uint8Array) => bytes.fill(120, 100, 300)],
    ["no database at all", () => new TextEncoder().encode("not a database at all, though long enough to be looked at")],
    ["empty", () => new Uint8Array()],
  ])("replaces a database that cannot be read any more: %s", async (_what, spoil) => {
    using folder = copyOf(original);
    const database = join(folder.path, "data/integrationsync.db");
    const spoilt = spoil(new Uint8Array(readFileSync(database)));
    writeFileSync(database, spoilt);
    writeFileSync(`${database}-wal`, "what was in the log");
    const { exitCode, stderr } = await runCli(folder, ["restore", "a.db"]);
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0, stderr: expect.stringContaining("Restored") });
    expect(await slugs(folder)).toEqual(["acme"]);
    const kept = /kept as (\S+)\.$/.exec(stderr.trim())?.[1] ?? "";
    expect(readFileSync(kept).equals(spoilt)).toBeTrue();
  });

  test("a log whose database is gone is not replayed into the new one", async () => {
    using folder = copyOf(original);
    const database = join(folder.path, "data/integrationsync.db");
    const log = join(folder.path, "log");
    {
      using writer = new Database(database);
      writer.run("CREATE TABLE only_in_the_log (a)");
      copyFileSync(`${database}-wal`, log);
    }
    rmSync(database);
    copyFileSync(log, `${database}-wal`);
    await succeed(folder, ["restore", "a.db"]);
    using restored = new Database(database);
    expect(restored.query("SELECT name FROM sqlite_schema WHERE name = 'only_in_the_log'").all()).toEqual([]);
    expect(restored.query("PRAGMA integrity_check").get()).toEqual({ integrity_check: "ok" });
    expect(await slugs(folder)).toEqual(["acme"]);
  });

  test("refuses while a server uses the data, and changes nothing", async () => {
    using folder = copyOf(original);
    await using server = await startServer(folder);
    const { exitCode, stderr } = await runCli(folder, ["restore", "a.db"]);
    expect(exitCode).toBe(1);
    expect(stderr).toContain("Another IntegrationSync server is using");
    expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
    expect(await slugs(folder)).toEqual(["acme", "beta"]);
  });

  test("refuses while another command has the database open", async () => {
    using folder = copyOf(original);
    using other = new Database(join(folder.path, "data/integrationsync.db"));
    other.query("SELECT count(*) FROM tenants").get();
    const { exitCode, stderr } = await runCli(folder, ["restore", "a.db"]);
    expect(exitCode).toBe(1);
    expect(stderr).toContain("Another command is using the database");
    other.close();
    expect(await slugs(folder)).toEqual(["acme", "beta"]);
  });

  test("--verify changes nothing", async () => {
    using folder = copyOf(original);
    const { exitCode, stderr } = await runCli(folder, ["restore", "--verify", "a.db"]);
    expect(exitCode).toBe(0);
    expect(stderr).toContain("a.db is intact: 1 tenant, 0 runs, 1 audit entry.");
    expect(await slugs(folder)).toEqual(["acme", "beta"]);
  });

  test("refuses what is not an intact backup, and leaves nothing behind", async () => {
    using folder = copyOf(original);
    const path = (name: string) => join(folder.path, name);
    writeFileSync(path("text.db"), "not a database at all, though long enough to be looked at");
    new Database(path("foreign.db")).run("CREATE TABLE t (a)");
    const bytes = readFileSync(path("a.db"));
    writeFileSync(path("short.db"), bytes.subarray(0, bytes.length - 8_192));
    const forged = path("forged.db");
    writeFileSync(forged, bytes);
    new Database(forged).run("UPDATE audit_log SET details = '{}'");
    for (const name of ["text.db", "foreign.db", "short.db", "forged.db", "missing.db"]) {
      const { exitCode, stderr } = await runCli(folder, ["restore", name]);
      expect({ name, exitCode }).toEqual({ name, exitCode: 1 });
      expect(stderr).not.toContain("A bug");
    }
    expect(await slugs(folder)).toEqual(["acme", "beta"]);
    const left = readdirSync(path("data")).filter((name) => !name.startsWith("server.lock"));
    expect(left.sort()).toEqual(["encryption.key", "integrationsync.db"]);
    expect(existsSync(path("missing.db"))).toBeFalse();
  });
});

test("a folder is no backup, and is refused as one", async () => {
  using folder = tempFolder();
  const { exitCode, stderr } = await runCli(folder, ["restore", ".", "--verify"]);
  expect(exitCode).toBe(1);
  expect(stderr).toContain("cannot be restored");
  expect(stderr).not.toContain("bug");
});

test("with Postgres, both point to its own tools", async () => {
  using folder = tempFolder();
  const env = { DATABASE_URL: "postgres://db/x", ENCRYPTION_KEY: "0".repeat(64) };
  for (const command of ["backup", "restore"]) {
    const { exitCode, stderr } = await runCli(folder, [command, "a.db"], { env });
    expect(exitCode).toBe(1);
    expect(stderr).toContain("pg_dump");
  }
});
