import { expect, test } from "bun:test";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { CANARY, callApi, credential, keyedTenant } from "./keyed-tenant.ts";
import { openInstallation } from "./open-installation.ts";
import { runCli, startServer, succeed } from "./run-cli.ts";

type Call = ReturnType<typeof callApi>;

test("key rotate with ENCRYPTION_KEY wants the new key and the old one, and says so", async () => {
  const [old, newer] = ["1".repeat(64), "2".repeat(64)];
  await using home = await openInstallation();
  const key = await keyedTenant(home, "acme", { ENCRYPTION_KEY: old });
  {
    await using server = await startServer(home, { ENCRYPTION_KEY: old });
    await callApi(server.url, key)("POST", "/connections", credential);
    await server.stop();
  }
  const refused = await runCli(home, ["key", "rotate"], { env: { ENCRYPTION_KEY: old } });
  expect(refused).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('ENCRYPTION_KEY="<new>,<old>"') });
  await succeed(home, ["key", "rotate"], { ENCRYPTION_KEY: `${newer},${old}` });
  await using server = await startServer(home, { ENCRYPTION_KEY: newer });
  const status = JSON.parse(await succeed(home, ["key", "status", "--json"], { ENCRYPTION_KEY: newer }));
  expect(Object.keys(status.wrappedBy)).toEqual([status.current]);
  expect(await server.stop()).toBe(0);
});

test("key rotate --data-keys seals what is stored anew beside a running server, which goes on", async () => {
  const env = { ENCRYPTION_KEY: "1".repeat(64) };
  await using home = await openInstallation();
  const key = await keyedTenant(home, "acme", env);
  await using server = await startServer(home, env);
  const call = callApi(server.url, key);
  const { id } = await call("POST", "/connections", credential);
  expect((await runCli(home, ["key", "rotate", "--data-keys"], { env })).stderr).toContain("sealed 1 secret anew");
  const later = await call("POST", "/connections", credential);
  for (const each of [id, later.id])
    expect(await call("POST", `/connections/${each}/test`)).toMatchObject({ ok: true });
  const status = JSON.parse(await succeed(home, ["key", "status", "--json"], env));
  expect(status.secrets).toEqual({ newest: 2, earlier: 0 });
});

test("ciphertexts swapped between rows or tenants are refused, and a database dump alone decrypts nothing", async () => {
  const env = { ENCRYPTION_KEY: "1".repeat(64) };
  await using home = await openInstallation();
  await using server = await startServer(home, env);
  const keys = [await keyedTenant(home, "acme", env), await keyedTenant(home, "other", env)] as const;
  const [ours, theirs] = keys.map((key) => callApi(server.url, key)) as [Call, Call];
  const a = await ours("POST", "/connections", credential);
  const b = await ours("POST", "/connections", { ...credential, credential: { token: `${CANARY}-b` } });
  const c = await theirs("POST", "/connections", { ...credential, credential: { token: `${CANARY}-c` } });
  const ok = async (call: Call, { id }: { id: string }) => (await call("POST", `/connections/${id}/test`)).ok;
  expect([await ok(ours, a), await ok(ours, b), await ok(theirs, c)]).toEqual([true, true, true]);

  const { storage } = home;
  const read = async ({ id }: { id: string }) =>
    (await storage.run<{ s: string }>("SELECT sealed_credential AS s FROM connections WHERE id = $1", id))[0]!.s;
  const write = ({ id }: { id: string }, sealed: string) =>
    storage.run("UPDATE connections SET sealed_credential = $1 WHERE id = $2", sealed, id);
  const [sealedA, sealedB, sealedC] = [await read(a), await read(b), await read(c)];
  await write(a, sealedB);
  await write(b, sealedA);
  expect([await ok(ours, a), await ok(ours, b)]).toEqual([false, false]);
  await write(a, sealedC);
  expect(await ok(ours, a)).toBe(false);
  // Not with the other tenant's data key beside it either.
  const wrapped = await storage.run<{ w: string; t: string }>("SELECT wrapped AS w, tenant_id AS t FROM data_keys");
  for (const { t } of wrapped)
    await storage.run(
      "UPDATE data_keys SET wrapped = $1 WHERE tenant_id = $2",
      wrapped.find((each) => each.t !== t)!.w,
      t,
    );
  expect(await server.stop()).toBe(0);
  {
    // Which remembers no data key.
    await using again = await startServer(home, env);
    const [oursAgain, theirsAgain] = keys.map((key) => callApi(again.url, key)) as [Call, Call];
    expect([await ok(oursAgain, a), await ok(theirsAgain, c)]).toEqual([false, false]);
    expect(await again.stop()).toBe(0);
  }
  expect(await storage.contents()).not.toContain(CANARY);
  // Whoever has the dump and no key, or another one, starts a server on it: it refuses.
  await using thief = await home.copy();
  rmSync(join(thief.path, "encryption.key"), { force: true });
  const serve = (ENCRYPTION_KEY: string) => runCli(thief, ["serve"], { env: { PORT: "0", ENCRYPTION_KEY } });
  expect(await serve("")).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("ENCRYPTION_KEY") });
  expect((await serve("9".repeat(64))).stderr).toContain("is not the one");
});
