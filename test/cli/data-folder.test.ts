import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { runCli, startServer, tempFolder } from "./run-cli.ts";

const KEY = "1".repeat(64);

/* DATA_DIR, which only SQLite has: the default one, that one server at a time has it, and the key file in it. */

test("without any setting, everything lies in ./data and nothing beside it", async () => {
  using folder = tempFolder();
  await using server = await startServer(folder);
  expect(await server.stop()).toBe(0);
  expect((await server.saidBesides())[0]).toBe(`Data: ${resolve(folder.path, "data")}`);
  expect(readdirSync(folder.path)).toEqual(["data"]);
});

describe("a server that cannot start says why in one line and ends with 1:", () => {
  test("another one uses the data", async () => {
    using folder = tempFolder();
    await using server = await startServer(folder);
    const second = await runCli(folder, ["serve"], { env: { PORT: "0" } });
    expect(second).toEqual({
      exitCode: 1,
      stdout: "",
      stderr: `Another IntegrationSync server is using ${resolve(folder.path, "data")}. Stop it first, or give this one another DATA_DIR.\n`,
    });
    expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
  });

  test("the key file is gone, or open to others, or damaged", async () => {
    using folder = tempFolder();
    await using first = await startServer(folder);
    await first.stop();
    const keyFile = join(folder.path, "data/encryption.key");
    expect(statSync(keyFile).mode & 0o777).toBe(0o600);
    const failure = async () => (await runCli(folder, ["serve"], { env: { PORT: "0" } })).stderr;

    writeFileSync(keyFile, "damaged");
    expect(await failure()).toMatch(/^The key file .* does not hold .*\n$/);
    rmSync(keyFile);
    writeFileSync(keyFile, KEY, { mode: 0o644 });
    expect(await failure()).toMatch(/^The key file .* chmod 600 .*\n$/);
    rmSync(keyFile);
    expect(await failure()).toMatch(/^The key file .* is missing.*\n$/);
    expect(existsSync(keyFile)).toBeFalse();
  });
});
