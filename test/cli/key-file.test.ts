import { expect, test } from "bun:test";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { callApi, credential, keyedTenant } from "./keyed-tenant.ts";
import { runCli, startServer, succeed, tempFolder } from "./run-cli.ts";

/* The key file lies in DATA_DIR, beside SQLite's; on Postgres the key is always given (keys.test.ts). */

test("key rotate changes the key file under a running server, which goes on with both old and new credentials", async () => {
  using home = tempFolder();
  const key = await keyedTenant(home, "acme");
  const keyFile = join(home.path, "data/encryption.key");
  await using server = await startServer(home);
  const call = callApi(server.url, key);
  const { id } = await call("POST", "/connections", credential);
  const before = readFileSync(keyFile, "utf8");
  const { exitCode, stderr } = await runCli(home, ["key", "rotate"]);
  expect({ exitCode, stderr }).toEqual({
    exitCode: 0,
    stderr: expect.stringMatching(/^Changed the key from \w{8} to \w{8}; wrapped 1 data key anew/),
  });
  const after = readFileSync(keyFile, "utf8");
  expect(after).not.toBe(before);
  expect(after.trim().split("\n")).toHaveLength(1);
  expect(statSync(keyFile).mode & 0o777).toBe(0o600);

  expect(await call("POST", `/connections/${id}/test`)).toMatchObject({ ok: true });
  expect((await runCli(home, ["key", "rotate", "--data-keys"])).stderr).toContain("sealed 1 secret anew");
  await Bun.sleep(600);
  const later = await call("POST", "/connections", credential);
  for (const each of [id, later.id])
    expect(await call("POST", `/connections/${each}/test`)).toMatchObject({ ok: true });
  await server.stop();

  // The old key opens nothing any more, the new one everything, also after a restart.
  writeFileSync(keyFile, before);
  expect((await runCli(home, ["serve"], { env: { PORT: "0" } })).stderr).toContain("is not the one");
  writeFileSync(keyFile, after);
  await using again = await startServer(home);
  expect(await callApi(again.url, key)("POST", `/connections/${id}/test`)).toMatchObject({ ok: true });
  const status = JSON.parse(await succeed(home, ["key", "status", "--json"]));
  expect(status).toMatchObject({ isRotating: false, secrets: { newest: 2, earlier: 0 } });
  expect(status.wrappedBy).toEqual({ [status.current]: 2 });
  expect(await succeed(home, ["key", "status"])).toContain("No change of the key is under way.");
});
