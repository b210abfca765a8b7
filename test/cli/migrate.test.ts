import { afterAll, beforeAll, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createApiClient } from "../api/api-client.ts";
import { createDatabase, type TestDatabase } from "../postgres/test-postgres.ts";
import { until } from "../until.ts";
import { runCli, startServer, succeed, tempFolder } from "./run-cli.ts";

/** An installation that has served on SQLite, moved to Postgres and served from there. */
const folder = tempFolder();
let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase(true);
}, 60_000);
afterAll(async () => {
  await database.drop();
  folder[Symbol.dispose]();
});

const SECRET = "a-token-that-was-sealed";
const steps = [{ id: "ok", kind: "approval", message: "Go on?" }];
const trigger = { connector: "webhook", trigger: "request", input: { dedupeBy: "{{ trigger.body.id }}" } };

const post = (url: string, body: object) =>
  fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });

test("migrate --from sqlite moves all of it: keys, URLs, credentials and runs go on working", async () => {
  await succeed(folder, ["tenant", "create", "acme"]);
  const key = await succeed(folder, ["api-key", "create", "--tenant", "acme", "--name", "test"]);
  const before = await startServer(folder, { EGRESS_ALLOW: "127.0.0.0/8" });
  const api = createApiClient(before.url, key);
  const { body: workflow } = await api("POST", "/workflows", { body: { name: "Moved", trigger, steps } });
  const { body: published } = await api("POST", `/workflows/${workflow.id}/publish`);
  const { pathname } = new URL(published.webhookUrl);
  const credential = { token: SECRET };
  const connection = { name: "Peer", connector: "http", scheme: "bearer", credential, hosts: ["127.0.0.1"] };
  expect((await api("POST", "/connections", { body: connection })).status).toBe(201);
  const { runId } = (await (await post(before.url + pathname, { id: 7 })).json()) as { runId: string };
  const shown = (await api("GET", `/runs/${runId}`)).body;
  expect(shown.status).toBe("waiting");

  const withKey = (text: string) => ({ DATABASE_URL: database.url, ENCRYPTION_KEY: text });
  const right = withKey(readFileSync(join(folder.path, "data/encryption.key"), "utf8").trim());
  const from = ["migrate", "--from", "sqlite", "--json"];
  const running = await runCli(folder, from, { env: right });
  expect(running).toMatchObject({ exitCode: 1, stdout: "" });
  expect(running.stderr).toContain("Another IntegrationSync server is using");
  expect(await before.stop()).toBe(0);

  const wrong = await runCli(folder, from, { env: withKey(Buffer.alloc(32, "x").toString("base64")) });
  expect(wrong.exitCode).toBe(1);
  expect(wrong.stderr).toContain("encryption.key");

  const moved = await runCli(folder, from, { env: right });
  expect(moved.stderr).toContain("counts are equal, 1 audit chain verifies");
  const report = JSON.parse(moved.stdout) as { tables: { table: string; source: number; target: number }[] };
  expect(report).toMatchObject({ auditChains: 1, broken: [] });
  expect(report.tables).toContainEqual({ table: "runs", source: 1, target: 1 });
  expect(moved.exitCode).toBe(0);
  const again = await runCli(folder, from, { env: right });
  expect([again.exitCode, again.stdout]).toEqual([1, ""]);
  expect(again.stderr).toContain("is not empty");

  await using after = await startServer(folder, { ...right, EGRESS_ALLOW: "127.0.0.0/8" });
  const there = createApiClient(after.url, key);
  expect((await there("GET", `/runs/${runId}`)).body).toEqual(shown);
  const repeated = await post(after.url + pathname, { id: 7 });
  expect(await repeated.json()).toEqual({ runId, duplicate: true });
  const decided = await there("POST", `/runs/${runId}/steps/${shown.steps[0].id}/approve`);
  expect(decided.body).toMatchObject({ status: "succeeded" });

  // The sealed token is opened with the key that was brought along.
  const sent: (string | null)[] = [];
  using peer = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch(request) {
      sent.push(request.headers.get("authorization"));
      return Response.json({});
    },
  });
  const [{ id }] = (await there("GET", "/connections")).body.data;
  const call = { id: "call", kind: "action", connector: "http", action: "request", connection: id };
  const calling = { name: "Calling", trigger: { connector: "manual", trigger: "run" } };
  const { body: second } = await there("POST", "/workflows", {
    body: { ...calling, steps: [{ ...call, input: { method: "GET", url: `http://127.0.0.1:${peer.port}/` } }] },
  });
  expect((await there("POST", `/workflows/${second.id}/publish`)).status).toBe(200);
  await there("POST", `/workflows/${second.id}/runs`, { body: {} });
  await until("the call is made", () => sent.length > 0);
  expect(sent).toEqual([`Bearer ${SECRET}`]);
  expect(await succeed(folder, ["audit", "verify"], right)).toContain("acme: intact");
}, 60_000);

test("migrate says what is missing or wrong", async () => {
  const missing = await runCli(folder, ["migrate", "--from", "sqlite"]);
  expect(missing.exitCode).toBe(1);
  expect(missing.stderr).toContain("DATABASE_URL is not set");
  expect((await runCli(folder, ["migrate", "--from", "mysql"])).exitCode).toBe(2);
}, 20_000);
