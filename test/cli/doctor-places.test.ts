import { describe, expect, test } from "bun:test";
import { chmodSync, readdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { examine } from "./examine.ts";
import { type Environment, runCli, startServer, tempFolder } from "./run-cli.ts";

/* What doctor says about the place of the data: the folder of SQLite, and the server of Postgres. */

describe("doctor about DATA_DIR", () => {
  test("finds a folder that is not there yet fit, and makes none", async () => {
    using folder = tempFolder();
    const { ok, checks } = await examine(folder);
    expect(ok).toBe(true);
    expect(checks["data folder"]?.says).toContain("will be made");
    expect(readdirSync(folder.path)).toEqual([]);
  });

  test.each<[string, string, (folder: string) => Environment | undefined, string]>([
    [
      "data folder",
      "is a file",
      (folder) => {
        writeFileSync(join(folder, "file"), "");
        return { DATA_DIR: "file" };
      },
      "is a file",
    ],
    [
      "database",
      "is no database",
      (folder) => void writeFileSync(join(folder, "data/integrationsync.db"), "text".repeat(2_000)),
      "Restore a backup",
    ],
    [
      "encryption key",
      "is open to others",
      (folder) => void chmodSync(join(folder, "data/encryption.key"), 0o644),
      "chmod 600",
    ],
    [
      "clock",
      "is behind the data",
      (folder) => {
        const tomorrow = new Date(Date.now() + 86_400_000);
        utimesSync(join(folder, "data/integrationsync.db"), tomorrow, tomorrow);
      },
      "set it right",
    ],
  ])("fails when the %s %s", async (check, _problem, spoil, says) => {
    using folder = tempFolder();
    await using first = await startServer(folder);
    await first.stop();
    const report = await examine(folder, spoil(folder.path));
    expect({ exitCode: report.exitCode, ok: report.ok }).toEqual({ exitCode: 1, ok: false });
    expect(report.checks[check]).toMatchObject({ verdict: "fail", says: expect.stringContaining(says) });
  });
});

test("doctor says when no Postgres answers at DATABASE_URL, without the password, and checks the rest", async () => {
  using folder = tempFolder();
  const env = { DATABASE_URL: "postgres://me:hunter2@127.0.0.1:1/x", ENCRYPTION_KEY: "0".repeat(64), PORT: "1" };
  const { exitCode, stdout, stderr } = await runCli(folder, ["doctor"], { env });
  expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: "" });
  expect(stdout).toMatch(
    /^fail {2}database +The Postgres database at 127\.0\.0\.1:1\/x cannot be opened.*Check DATABASE_URL/m,
  );
  expect(stdout).not.toContain("hunter2");
  expect(stdout.trim().split("\n")).toHaveLength(6);
});
