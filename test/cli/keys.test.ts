import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runCli, startServer, succeed, tempFolder } from "./run-cli.ts";

const CANARY = "canary-credential-5d1c";

async function installation(env: Readonly<Record<string, string>> = {}) {
  const folder = tempFolder();
  await succeed(folder.path, ["tenant", "create", "acme"], env);
  const key = await succeed(folder.path, ["api-key", "create", "--tenant", "acme", "--name", "t"], env);
  return { ...folder, key };
}

function api(url: string, key: string) {
  return async (method: string, path: string, body?: object) => {
    const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
    const init = { method, headers, ...(body && { body: JSON.stringify(body) }) };
    const response = await fetch(`${url}/api/v1${path}`, init);
    return (await response.json()) as { id: string; ok: boolean };
  };
}

const credential = {
  connector: "http",
  name: "CRM",
  scheme: "bearer",
  credential: { token: CANARY },
  hosts: ["api.example.com"],
};

test("key rotate changes the key file under a running server, which goes on with both old and new credentials", async () => {
  using home = await installation();
  const keyFile = join(home.path, "data/encryption.key");
  await using server = await startServer(home.path);
  const call = api(server.url, home.key);
  const { id } = await call("POST", "/connections", credential);
  const before = readFileSync(keyFile, "utf8");
  const { exitCode, stderr } = await runCli(home.path, ["key", "rotate"]);
  expect({ exitCode, stderr }).toEqual({
    exitCode: 0,
    stderr: expect.stringMatching(/^Changed the key from \w{8} to \w{8}; wrapped 1 data key anew/),
  });
  const after = readFileSync(keyFile, "utf8");
  expect(after).not.toBe(before);
  expect(after.trim().split("\n")).toHaveLength(1);
  expect(statSync(keyFile).mode & 0o777).toBe(0o600);

  expect(await call("POST", `/connections/${id}/test`)).toMatchObject({ ok: true });
  expect((await runCli(home.path, ["key", "rotate", "--data-keys"])).stderr).toContain("sealed 1 secret anew");
  await Bun.sleep(600);
  const later = await call("POST", "/connections", credential);
  for (const each of [id, later.id])
    expect(await call("POST", `/connections/${each}/test`)).toMatchObject({ ok: true });
  await server.stop();

  // The old key opens nothing any more, the new one everything, also after a restart.
  writeFileSync(keyFile, before);
  expect((await runCli(home.path, ["serve"], { env: { PORT: "0" } })).stderr).toContain("is not the one");
  writeFileSync(keyFile, after);
  await using again = await startServer(home.path);
  expect(await api(again.url, home.key)("POST", `/connections/${id}/test`)).toMatchObject({ ok: true });
  const status = JSON.parse(await succeed(home.path, ["key", "status", "--json"]));
  expect(status).toMatchObject({ isRotating: false, secrets: { newest: 2, earlier: 0 } });
  expect(status.wrappedBy).toEqual({ [status.current]: 2 });
  expect(await succeed(home.path, ["key", "status"])).toContain("No change of the key is under way.");
});

test("key rotate with ENCRYPTION_KEY wants the new key and the old one, and says so", async () => {
  const [old, newer] = ["1".repeat(64), "2".repeat(64)];
  using home = await installation({ ENCRYPTION_KEY: old });
  {
    await using server = await startServer(home.path, { ENCRYPTION_KEY: old });
    await api(server.url, home.key)("POST", "/connections", credential);
    await server.stop();
  }
  const refused = await runCli(home.path, ["key", "rotate"], { env: { ENCRYPTION_KEY: old } });
  expect(refused).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('ENCRYPTION_KEY="<new>,<old>"') });
  await succeed(home.path, ["key", "rotate"], { ENCRYPTION_KEY: `${newer},${old}` });
  await using server = await startServer(home.path, { ENCRYPTION_KEY: newer });
  const status = JSON.parse(await succeed(home.path, ["key", "status", "--json"], { ENCRYPTION_KEY: newer }));
  expect(Object.keys(status.wrappedBy)).toEqual([status.current]);
  expect(await server.stop()).toBe(0);
});

test("a database dump alone decrypts nothing, and ciphertexts swapped between rows or tenants are refused", async () => {
  using home = await installation();
  await succeed(home.path, ["tenant", "create", "other"]);
  const otherKey = await succeed(home.path, ["api-key", "create", "--tenant", "other", "--name", "t"]);
  const databaseFile = join(home.path, "data/integrationsync.db");
  await using server = await startServer(home.path);
  const [ours, theirs] = [api(server.url, home.key), api(server.url, otherKey)];
  const a = await ours("POST", "/connections", credential);
  const b = await ours("POST", "/connections", { ...credential, credential: { token: `${CANARY}-b` } });
  const c = await theirs("POST", "/connections", { ...credential, credential: { token: `${CANARY}-c` } });
  const ok = async (call: typeof ours, { id }: { id: string }) => (await call("POST", `/connections/${id}/test`)).ok;
  expect([await ok(ours, a), await ok(ours, b), await ok(theirs, c)]).toEqual([true, true, true]);

  using database = new Database(databaseFile);
  const dump = database.serialize();
  expect(dump.includes(CANARY)).toBe(false);
  // Whoever has the dump and no key starts a server on it: it refuses, and with a key of its own too.
  using thief = tempFolder();
  await Bun.write(join(thief.path, "data/integrationsync.db"), dump);
  expect((await runCli(thief.path, ["serve"], { env: { PORT: "0" } })).stderr).toContain("is missing");
  const own = await runCli(thief.path, ["serve"], { env: { PORT: "0", ENCRYPTION_KEY: "9".repeat(64) } });
  expect(own.stderr).toContain("is not the one");

  const read = (id: string) =>
    database.query<{ s: string }, [string]>("SELECT sealed_credential AS s FROM connections WHERE id = ?").get(id)!.s;
  const write = (id: string, sealed: string) =>
    database.run("UPDATE connections SET sealed_credential = ? WHERE id = ?", [sealed, id]);
  const [sealedA, sealedB, sealedC] = [read(a.id), read(b.id), read(c.id)];
  write(a.id, sealedB);
  write(b.id, sealedA);
  expect([await ok(ours, a), await ok(ours, b)]).toEqual([false, false]);
  write(a.id, sealedC);
  expect(await ok(ours, a)).toBe(false);
  // Not with the other tenant's data key beside it either.
  const keys = database.query<{ w: string; t: string }, []>("SELECT wrapped AS w, tenant_id AS t FROM data_keys").all();
  for (const { t } of keys)
    database.run("UPDATE data_keys SET wrapped = ? WHERE tenant_id = ?", [keys.find((each) => each.t !== t)!.w, t]);
  await Bun.sleep(600);
  expect([await ok(ours, a), await ok(theirs, c)]).toEqual([false, false]);
});
