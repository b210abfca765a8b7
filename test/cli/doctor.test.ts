import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { chmodSync, readdirSync, utimesSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { runCli, startServer, succeed, tempFolder } from "./run-cli.ts";

type Environment = Readonly<Record<string, string>>;
interface Report {
  readonly exitCode: number;
  readonly ok: boolean;
  readonly checks: Readonly<Record<string, { readonly verdict: string; readonly says: string }>>;
}

/** PORT=1 answers nowhere. */
async function examine(folder: string, env: Environment = {}): Promise<Report> {
  const { exitCode, stdout } = await runCli(folder, ["doctor", "--json"], { env: { PORT: "1", ...env } });
  const { ok, checks } = JSON.parse(stdout);
  return { exitCode, ok, checks: Object.fromEntries(checks.map((each: { check: string }) => [each.check, each])) };
}

describe("doctor", () => {
  test("finds a new installation fit and makes nothing", async () => {
    using folder = tempFolder();
    const { exitCode, ok, checks } = await examine(folder.path);
    expect({ exitCode, ok }).toEqual({ exitCode: 0, ok: true });
    expect(Object.values(checks).map(({ verdict }) => verdict)).toEqual(Array(7).fill("ok"));
    expect(checks.database?.says).toContain("none yet");
    expect(checks["data folder"]?.says).toContain("will be made");
    expect(readdirSync(folder.path)).toEqual([]);
  });

  test("finds a running server ready", async () => {
    using folder = tempFolder();
    await using server = await startServer(folder.path);
    const { exitCode, checks } = await examine(folder.path, { PORT: String(server.port) });
    expect(exitCode).toBe(0);
    expect(checks.server?.says).toBe(`running on port ${server.port} and ready`);
    expect(checks.database?.says).toBe("up to date");
    expect(checks["encryption key"]?.says).toContain("opens the stored credentials");
  });

  test("prints a line for each check", async () => {
    using folder = tempFolder();
    const lines = (await succeed(folder.path, ["doctor"], { PORT: "1" })).split("\n");
    expect(lines).toHaveLength(7);
    for (const line of lines) expect(line).toMatch(/^(ok {4}|warn {2}|fail {2})\S.+ {2}\S/);
  });

  test("lists every bad variable, not just the first", async () => {
    using folder = tempFolder();
    const { exitCode, stdout } = await runCli(folder.path, ["doctor"], { env: { PORT: "abc", LOG_LEVEL: "loud" } });
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/^fail {2}configuration +PORT is "abc".*\nfail {2}configuration +LOG_LEVEL is "loud".*\n$/);
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
      "encryption key",
      "is open to others",
      (folder) => void chmodSync(join(folder, "data/encryption.key"), 0o644),
      "chmod 600",
    ],
    ["encryption key", "is another one", () => ({ ENCRYPTION_KEY: "3".repeat(64) }), "not the one"],
    [
      "database",
      "is from a newer version",
      (folder) => {
        using database = new Database(join(folder, "data/integrationsync.db"));
        database.run("INSERT INTO __drizzle_migrations (hash, created_at) VALUES ('future', 9999999999999)");
      },
      "newer version",
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
    [
      "outgoing calls",
      "have a proxy that does not answer",
      () => ({ EGRESS_PROXY: "http://me:hunter2@127.0.0.1:1" }),
      "EGRESS_PROXY",
    ],
  ])("fails when the %s %s", async (check, _problem, spoil, says) => {
    using folder = tempFolder();
    await using first = await startServer(folder.path);
    await first.stop();
    const report = await examine(folder.path, spoil(folder.path));
    expect({ exitCode: report.exitCode, ok: report.ok }).toEqual({ exitCode: 1, ok: false });
    expect(report.checks[check]).toMatchObject({ verdict: "fail", says: expect.stringContaining(says) });
    expect(JSON.stringify(report)).not.toContain("hunter2");
  });

  test("fails when something else answers on the port", async () => {
    using folder = tempFolder();
    using other = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response("tea", { status: 418 }) });
    const { exitCode, checks } = await examine(folder.path, { PORT: String(other.port) });
    expect(exitCode).toBe(1);
    expect(checks.server?.says).toContain("418: tea");
  });

  test("warns, and still succeeds, when every private address is open", async () => {
    using folder = tempFolder();
    const { exitCode, checks } = await examine(folder.path, { EGRESS_ALLOW: "0.0.0.0/0" });
    expect(exitCode).toBe(0);
    expect(checks["outgoing calls"]?.verdict).toBe("warn");
  });
});

describe("healthcheck", () => {
  test("succeeds silently when the server answers, on whatever address it listens", async () => {
    using folder = tempFolder();
    for (const HOST of ["127.0.0.1", "0.0.0.0", "::"]) {
      await using server = await startServer(folder.path, { HOST });
      const env = { HOST, PORT: String(server.port) };
      expect(await runCli(folder.path, ["healthcheck"], { env })).toEqual({ exitCode: 0, stdout: "", stderr: "" });
    }
  });

  test("fails when nobody answers", async () => {
    using folder = tempFolder();
    const { exitCode, stderr } = await runCli(folder.path, ["healthcheck"], { env: { PORT: "1" } });
    expect(exitCode).toBe(1);
    expect(stderr).toStartWith("The server on port 1 does not answer");
  });

  test("fails when the server takes connections and never answers", async () => {
    using folder = tempFolder();
    const silent = createServer();
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    try {
      const { port } = silent.address() as { port: number };
      const { exitCode, stderr } = await runCli(folder.path, ["healthcheck"], { env: { PORT: String(port) } });
      expect(exitCode).toBe(1);
      expect(stderr).toContain("no answer within 3 s");
    } finally {
      silent.close();
    }
  }, 15_000);
});

test("migrate makes the database, and says it is up to date as often as it is asked", async () => {
  using folder = tempFolder();
  for (let times = 0; times < 2; times += 1) {
    const { exitCode, stdout, stderr } = await runCli(folder.path, ["migrate"]);
    expect({ exitCode, stdout, stderr }).toEqual({ exitCode: 0, stdout: "", stderr: "The database is up to date.\n" });
  }
  expect(readdirSync(join(folder.path, "data"))).toContain("integrationsync.db");
});
