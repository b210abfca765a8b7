import { describe, expect, test } from "bun:test";
import { BACKEND } from "../test-storage.ts";
import { examine } from "./examine.ts";
import { type CliInstallation, openInstallation } from "./open-installation.ts";
import { type Environment, PROGRAM_NAME, runCli, startServer, succeed } from "./run-cli.ts";

/** A line each; on Postgres there is no folder to look at. */
const CHECKS = BACKEND === "sqlite" ? 7 : 6;
/** Where drizzle notes what it has applied. */
const MIGRATIONS = BACKEND === "sqlite" ? "__drizzle_migrations" : "drizzle.__drizzle_migrations";

describe("doctor", () => {
  test("finds a new installation fit and makes nothing", async () => {
    await using folder = await openInstallation(true);
    const { exitCode, ok, checks } = await examine(folder);
    expect({ exitCode, ok }).toEqual({ exitCode: 0, ok: true });
    expect(Object.values(checks).map(({ verdict }) => verdict)).toEqual(Array(CHECKS).fill("ok"));
    expect(checks.database?.says).toContain("none yet");
    expect(await folder.storage.contents()).toBe("");
  });

  test("finds a running server ready", async () => {
    await using folder = await openInstallation();
    await using server = await startServer(folder);
    const { exitCode, checks } = await examine(folder, { PORT: String(server.port) });
    expect(exitCode).toBe(0);
    expect(checks.server?.says).toBe(`running on port ${server.port} and ready`);
    expect(checks.database?.says).toBe("up to date");
    expect(checks["encryption key"]?.says).toContain("opens the stored credentials");
  });

  test("prints a line for each check", async () => {
    await using folder = await openInstallation();
    const lines = (await succeed(folder, ["doctor"], { PORT: "1" })).split("\n");
    expect(lines).toHaveLength(CHECKS);
    for (const line of lines) expect(line).toMatch(/^(ok {4}|warn {2}|fail {2})\S.+ {2}\S/);
  });

  test("lists every bad variable, not just the first", async () => {
    await using folder = await openInstallation();
    const { exitCode, stdout } = await runCli(folder, ["doctor"], { env: { PORT: "abc", LOG_LEVEL: "loud" } });
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/^fail {2}configuration +PORT is "abc".*\nfail {2}configuration +LOG_LEVEL is "loud".*\n$/);
  });

  test.each<[string, string, (place: CliInstallation) => Promise<Environment | unknown>, string]>([
    ["encryption key", "is another one", async () => ({ ENCRYPTION_KEY: "3".repeat(64) }), "not the one"],
    [
      "encryption key",
      "is being changed, and the one from before is not given",
      ({ storage }) =>
        storage.run("INSERT INTO settings (key, value) VALUES ('encryption_key_check_before', 'another')"),
      `${PROGRAM_NAME} key rotate`,
    ],
    [
      "database",
      "is from a newer version",
      ({ storage }) => storage.run(`INSERT INTO ${MIGRATIONS} (hash, created_at) VALUES ('future', 9999999999999)`),
      "newer version",
    ],
    [
      "outgoing calls",
      "have a proxy that does not answer",
      async () => ({ EGRESS_PROXY: "http://me:hunter2@127.0.0.1:1" }),
      "EGRESS_PROXY",
    ],
  ])("fails when the %s %s", async (check, _problem, spoil, says) => {
    await using folder = await openInstallation();
    await using first = await startServer(folder);
    await first.stop();
    const env = await spoil(folder);
    const report = await examine(folder, Array.isArray(env) ? {} : (env as Environment));
    expect({ exitCode: report.exitCode, ok: report.ok }).toEqual({ exitCode: 1, ok: false });
    expect(report.checks[check]).toMatchObject({ verdict: "fail", says: expect.stringContaining(says) });
    expect(JSON.stringify(report)).not.toContain("hunter2");
  });

  test("warns of a database from an earlier version, and leaves it as it is", async () => {
    await using folder = await openInstallation();
    await succeed(folder, ["migrate"]);
    const latest = `hash = (SELECT hash FROM ${MIGRATIONS} ORDER BY id DESC LIMIT 1)`;
    const [removed] = await folder.storage.run<{ hash: string }>(
      `DELETE FROM ${MIGRATIONS} WHERE ${latest} RETURNING hash`,
    );
    const { exitCode, checks } = await examine(folder);
    expect({ exitCode, verdict: checks.database?.verdict }).toEqual({ exitCode: 0, verdict: "warn" });
    expect(checks["encryption key"]?.says).toContain("can be checked when");
    const left = await folder.storage.run<{ hash: string }>(`SELECT hash FROM ${MIGRATIONS}`);
    expect(left.map(({ hash }) => hash)).not.toContain(removed!.hash);
  });

  test("fails when something else answers on the port", async () => {
    await using folder = await openInstallation();
    using other = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response("tea", { status: 418 }) });
    const { exitCode, checks } = await examine(folder, { PORT: String(other.port) });
    expect(exitCode).toBe(1);
    expect(checks.server?.says).toContain("418: tea");
  });

  test("warns, and still succeeds, when every private address is open", async () => {
    await using folder = await openInstallation();
    const { exitCode, checks } = await examine(folder, { EGRESS_ALLOW: "0.0.0.0/0" });
    expect(exitCode).toBe(0);
    expect(checks["outgoing calls"]?.verdict).toBe("warn");
  });
});

test("migrate makes the database, and says it is up to date as often as it is asked", async () => {
  await using folder = await openInstallation(true);
  for (let times = 0; times < 2; times += 1) {
    const { exitCode, stdout, stderr } = await runCli(folder, ["migrate"]);
    expect({ exitCode, stdout, stderr }).toEqual({ exitCode: 0, stdout: "", stderr: "The database is up to date.\n" });
  }
  expect(await folder.storage.run("SELECT id FROM tenants")).toHaveLength(0);
});
