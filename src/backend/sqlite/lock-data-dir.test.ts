import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Subprocess } from "bun";
import { lockDataDir } from "./lock-data-dir.ts";

let dataDir: string;
let holders: Subprocess[];
beforeEach(() => {
  holders = [];
  dataDir = mkdtempSync(join(tmpdir(), "lock-"));
});
afterEach(async () => {
  for (const holder of holders) {
    holder.kill("SIGKILL");
    await holder.exited;
  }
  rmSync(dataDir, { recursive: true, force: true });
});

/** Another process that locks the directory, says so, and stays until it is killed. */
async function startHolder() {
  const module = JSON.stringify(join(import.meta.dir, "lock-data-dir.ts"));
  const code = `const { lockDataDir } = await import(${module});
    try { lockDataDir(${JSON.stringify(dataDir)}); Bun.gc(true); process.stdout.write("locked"); setInterval(() => {}, 1e6); }
    catch (error) { process.stdout.write(error.code + ": " + error.message); }`;
  const holder = Bun.spawn([process.execPath, "-e", code], { stdout: "pipe", stderr: "inherit" });
  holders.push(holder);
  const { value } = await holder.stdout.getReader().read();
  return { holder, said: new TextDecoder().decode(value) };
}

describe("the lock on a data directory", () => {
  test("keeps a second process out, and says what to do", async () => {
    const unlock = lockDataDir(dataDir);
    const { holder, said } = await startHolder();
    expect(said).toStartWith(`conflict: Another IntegrationSync server is using ${dataDir}.`);
    expect(said).toContain("Stop it first");
    await holder.exited;
    unlock();
    const second = await startHolder();
    expect(second.said).toBe("locked");
  });

  test("dies with a process that is killed", async () => {
    const { holder, said } = await startHolder();
    expect(said).toBe("locked");
    expect(() => lockDataDir(dataDir)).toThrow("Another IntegrationSync server");
    holder.kill("SIGKILL");
    await holder.exited;
    lockDataDir(dataDir)();
  });

  test("keeps a second server of the same process out", () => {
    const unlock = lockDataDir(dataDir);
    expect(() => lockDataDir(dataDir)).toThrow("Another IntegrationSync server");
    unlock();
    lockDataDir(dataDir)();
  });
});
