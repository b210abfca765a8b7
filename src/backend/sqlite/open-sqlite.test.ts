import { Database } from "bun:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Backend } from "../../domain/backend.ts";
import { createTenant } from "../contract/backend-under-test.ts";
import { change, dedupe, ending, firstLease, NOW, sampleRun, sampleStep, UNHELD } from "../contract/samples.ts";
import { lockDataDir } from "./lock-data-dir.ts";
import { openDatabase } from "./open-database.ts";
import { createSqliteBackend, DATABASE_FILE, openSqlite } from "./open-sqlite.ts";

let dataDir: string;
let opened: Backend[];
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), "open-sqlite-"));
  opened = [];
});
afterEach(async () => {
  for (const backend of opened) await backend.close();
  rmSync(dataDir, { recursive: true, force: true });
});

function open(lock: boolean, owner = "srv_test"): Backend {
  const backend = openSqlite({ dataDir, owner, lock });
  opened.push(backend);
  return backend;
}

/** Runs `code` in another process, with `backend` opened beside this one as a CLI command would. */
function spawnBeside(code: string) {
  const module = JSON.stringify(join(import.meta.dir, "open-sqlite.ts"));
  const options = JSON.stringify({ dataDir, owner: "cli", lock: false });
  const prelude = `const { openSqlite } = await import(${module}); const backend = openSqlite(${options});`;
  return Bun.spawn([process.execPath, "-e", `${prelude}\n${code}`], { stdout: "pipe", stderr: "inherit" });
}

describe("opening", () => {
  test("makes the data directory and the database, durable by default", () => {
    dataDir = join(dataDir, "deep", "er");
    open(true);
    const database = openDatabase(join(dataDir, DATABASE_FILE));
    const pragma = (name: string) => Object.values(database.query(`PRAGMA ${name}`).get() as object)[0];
    expect(pragma("journal_mode")).toBe("wal");
    expect(pragma("synchronous")).toBe(2);
    expect(pragma("foreign_keys")).toBe(1);
    database.close();
  });

  test("a second server is refused and the first goes on; a command beside it is welcome", async () => {
    const server = open(true);
    const scope = await createTenant(server);
    expect(() => open(true)).toThrow("Another IntegrationSync server");
    const command = open(false, "cli");
    await command.audit.append(scope, change("from.the_command", "x"));
    await server.audit.append(scope, change("from.the_server", "x"));
    expect(await server.audit.verify(scope.tenantId)).toEqual({ ok: true, entries: 3 });
  });

  test("a directory is free again once its server has closed, or has failed to open", async () => {
    await open(true).close();
    await open(true).close();
    const database = new Database(join(dataDir, DATABASE_FILE));
    database.run("INSERT INTO __drizzle_migrations (hash, created_at) VALUES ('of the future', 9999999999999)");
    database.close();
    expect(() => open(true)).toThrow("newer version");
    lockDataDir(dataDir)();
  });

  test("a database of a newer version is refused and left alone", async () => {
    await open(true).close();
    const database = new Database(join(dataDir, DATABASE_FILE));
    database.run("INSERT INTO __drizzle_migrations (hash, created_at) VALUES ('of the future', 9999999999999)");
    database.close();
    for (const lock of [true, false]) expect(() => open(lock)).toThrow("newer version");
  });

  test("a command does not migrate under a running server", async () => {
    const unlock = lockDataDir(dataDir);
    expect(() => open(false)).toThrow("Another IntegrationSync server");
    unlock();
    await createTenant(open(false));
  });

  test("a data directory that cannot be made is named", () => {
    const file = join(dataDir, "file");
    writeFileSync(file, "");
    expect(() => openSqlite({ dataDir: join(file, "data"), owner: "srv", lock: true })).toThrow(file);
  });

  test.each([
    ["that is no database", (file: string) => writeFileSync(file, "x".repeat(2_000)), "Restore a backup"],
    ["that is a folder", (file: string) => mkdirSync(file), "Let this user write there"],
  ])("a file %s is named, with what to do about it", (_, make, advice) => {
    make(join(dataDir, DATABASE_FILE));
    const problem = `The database in DATA_DIR ${dataDir} cannot be opened: `;
    expect(() => open(true)).toThrow(expect.objectContaining({ code: "unavailable" }));
    expect(() => open(true)).toThrow(problem);
    expect(() => open(true)).toThrow(advice);
  });
});

describe("beside another process", () => {
  test("both write at the same time and neither loses anything", async () => {
    const server = open(true);
    const scope = await createTenant(server);
    const other = spawnBeside(`
      const scope = ${JSON.stringify(scope)};
      for (let n = 0; n < 200; n += 1)
        await backend.audit.append(scope, { at: n, action: "from.outside", target: "x", details: {} });
      await backend.close();
    `);
    let own = 0;
    while (other.exitCode === null) {
      await server.audit.append(scope, change("from.inside", "x"));
      await server.runs.accept(scope, sampleRun(), UNHELD);
      own += 1;
    }
    expect(other.exitCode).toBe(0);
    expect(await server.audit.verify(scope.tenantId)).toEqual({ ok: true, entries: 1 + 200 + own });
    expect(await server.runs.usage(scope, 0)).toEqual([{ day: "2026-01-15", runs: own }]);
  }, 30_000);

  test("killed while it writes, what it acknowledged is there", async () => {
    const server = open(true);
    const scope = await createTenant(server);
    const other = spawnBeside(`
      const scope = ${JSON.stringify(scope)};
      const run = ${JSON.stringify(sampleRun())};
      for (let n = 0; ; n += 1) {
        const accepted = await backend.runs.accept(scope, { ...run, id: "run_" + n }, { dedupe: null, hold: null });
        process.stdout.write(accepted.runId + "\\n");
      }
    `);
    let said = "";
    for await (const chunk of other.stdout) {
      said += new TextDecoder().decode(chunk);
      if (said.length > 2_000) other.kill("SIGKILL");
    }
    const acknowledged = said.split("\n").slice(0, -1);
    expect(acknowledged.length).toBeGreaterThan(100);
    for (const id of acknowledged) expect(await server.runs.find(scope, id)).not.toBeNull();
  }, 30_000);
});

describe("a full disk", () => {
  test("makes every change unavailable, none half stored, and passes by itself", async () => {
    await open(true).close();
    const database = openDatabase(join(dataDir, DATABASE_FILE));
    const backend = createSqliteBackend(database, {
      owner: "srv",
      maxUnfinishedPerTenant: 3,
      maxRunningPerTenant: null,
      onClosed: () => {},
    });
    opened.push(backend);
    const scope = await createTenant(backend);
    const held = sampleRun();
    await backend.runs.accept(scope, held, { dedupe: null, hold: { owner: "srv", first: null } });

    const pages = database.query<{ page_count: number }, []>("PRAGMA page_count").get()?.page_count ?? 0;
    database.run(`PRAGMA max_page_count = ${pages}`);
    const { trigger } = sampleRun();
    const large = { ...trigger, body: "x".repeat(50_000) };
    for (let n = 0; n < 5; n += 1) {
      const run = sampleRun({ trigger: large });
      const accepted = backend.runs.accept(scope, run, { dedupe: dedupe("k"), hold: null });
      await expect(accepted).rejects.toMatchObject({ code: "unavailable", retryAfterMs: 1_000 });
      expect(await backend.runs.find(scope, run.id)).toBeNull();
    }
    const step = sampleStep("a", { output: "x".repeat(50_000) });
    const end = ending({ steps: [step] });
    const lease = firstLease(scope, held, "srv");
    await expect(backend.runs.commit(lease, end)).rejects.toMatchObject({ code: "unavailable" });
    expect(await backend.runs.steps(scope, held.id)).toEqual([]);
    expect((await backend.runs.find(scope, held.id))?.status).toBe("queued");

    database.run("PRAGMA max_page_count = 1000000");
    expect(await backend.runs.commit(lease, end)).toMatchObject({ kind: "committed", released: true });
    // What was refused is not counted against the tenant, and its dedupe key was not kept.
    for (let n = 0; n < 3; n += 1) {
      const run = sampleRun({ trigger: large, createdAt: NOW });
      const accepted = await backend.runs.accept(scope, run, { dedupe: dedupe(`k${n || ""}`), hold: null });
      expect(accepted).toEqual({ runId: run.id, duplicate: false });
    }
    await backend.check();
    expect(backend.metrics()).toMatchObject({ sqlite_commit_batches_failed_total: 6 });
  });
});
