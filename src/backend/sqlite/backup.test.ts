import { Database } from "bun:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Backend } from "../../domain/backend.ts";
import type { Scope } from "../../domain/tenant.ts";
import { createTenant } from "../contract/backend-under-test.ts";
import { change, sampleRun, UNHELD } from "../contract/samples.ts";
import { backupTo, verifyBackup } from "./backup.ts";
import { DATABASE_FILE, openSqlite } from "./open-sqlite.ts";

let folder: string;
let dataDir: string;
let file: string;
let backend: Backend;
let scope: Scope;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "backup-"));
  dataDir = join(folder, "data");
  file = join(folder, "backup.db");
  backend = openSqlite({ dataDir, owner: "srv", lock: true });
  scope = await createTenant(backend);
});
afterEach(async () => {
  await backend.close();
  rmSync(folder, { recursive: true, force: true });
});

const acceptRuns = (count: number) =>
  Promise.all(Array.from({ length: count }, () => backend.runs.accept(scope, sampleRun(), UNHELD)));

describe("a backup", () => {
  test("taken beside a running server holds what was committed, and can be opened in its place", async () => {
    const accepted = await acceptRuns(50);
    backupTo(dataDir, file);
    await acceptRuns(5);
    expect(await verifyBackup(file)).toEqual({ ok: true, tenants: 1, runs: 50, auditEntries: 1 });

    const restored = join(folder, "restored");
    mkdirSync(restored);
    renameSync(file, join(restored, DATABASE_FILE));
    const copy = openSqlite({ dataDir: restored, owner: "srv", lock: true });
    for (const { runId } of accepted) expect(await copy.runs.find(scope, runId)).not.toBeNull();
    await copy.close();
  });

  test("holds what a killed server had acknowledged", async () => {
    await acceptRuns(50);
    // As a kill leaves it: the log beside the database, nothing moved into it.
    const killed = join(folder, "killed");
    mkdirSync(killed);
    for (const suffix of ["", "-wal"])
      writeFileSync(join(killed, DATABASE_FILE + suffix), readFileSync(join(dataDir, DATABASE_FILE + suffix)));
    backupTo(killed, file);
    expect(await verifyBackup(file)).toMatchObject({ ok: true, runs: 50 });
  });

  test("is readable by its owner alone", () => {
    backupTo(dataDir, file);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  test("does not replace a file, and leaves nothing behind when it fails", () => {
    writeFileSync(file, "precious");
    expect(() => backupTo(dataDir, file)).toThrow("exists already");
    expect(readFileSync(file, "utf8")).toBe("precious");
    const nowhere = join(folder, "no", "such", "folder.db");
    expect(() => backupTo(dataDir, nowhere)).toThrow("could not be written");
    expect(() => backupTo(join(folder, "empty"), join(folder, "x.db"))).toThrow("no database");
    expect(existsSync(`${nowhere}.partial`)).toBe(false);
  });

  test("that was damaged, cut off or tampered with does not verify", async () => {
    for (let n = 0; n < 300; n += 1) await backend.audit.append(scope, change(`entry.${n}`, "x"));
    backupTo(dataDir, file);
    const whole = readFileSync(file);
    const verifyBytes = async (bytes: Uint8Array) => {
      writeFileSync(file, bytes);
      return verifyBackup(file);
    };
    expect(await verifyBytes(whole)).toMatchObject({ ok: true });
    expect(await verifyBytes(whole.subarray(0, whole.length / 2))).toMatchObject({ ok: false });
    expect(await verifyBytes(Buffer.from("not a database at all, but text of some length".repeat(100)))).toMatchObject({
      ok: false,
    });
    const overwritten = Buffer.from(whole).fill(0xff, whole.length - 8_192, whole.length - 4_096);
    expect(await verifyBytes(overwritten)).toMatchObject({ ok: false });

    await verifyBytes(whole);
    const database = new Database(file);
    database.run("UPDATE audit_log SET target = 'y' WHERE seq = 200");
    database.close();
    const verdict = await verifyBackup(file);
    expect(verdict).toMatchObject({ ok: false });
    expect(verdict.ok ? "" : verdict.problem).toContain("entry 200");
  });

  test("of something else, or of a newer version, does not verify", async () => {
    new Database(file, { create: true }).run("CREATE TABLE other (id)");
    expect(await verifyBackup(file)).toEqual({ ok: false, problem: "It is not a database of IntegrationSync." });
    rmSync(file);
    backupTo(dataDir, file);
    const database = new Database(file);
    database.run("INSERT INTO __drizzle_migrations (hash, created_at) VALUES ('of the future', 9999999999999)");
    database.close();
    const verdict = await verifyBackup(file);
    expect(verdict.ok ? "" : verdict.problem).toContain("newer version");
    await expect(verifyBackup(join(folder, "none.db"))).rejects.toMatchObject({ code: "not_found" });
  });
});
