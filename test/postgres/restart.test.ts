import { afterAll, beforeAll, expect, test } from "bun:test";
import { join } from "node:path";
import { createApiClient } from "../api/api-client.ts";
import { BY_WEBHOOK } from "../flows/flow-world.ts";
import { type Peer, startPeer } from "../flows/peer.ts";
import { send } from "../flows/steps.ts";
import { type StartedApp, startApp } from "../start-app.ts";
import { openTestStorage, type TestStorage } from "../test-storage.ts";
import { createCluster, type TestCluster } from "./test-postgres.ts";

const CALLERS = 20;

let cluster: TestCluster;
let storage: TestStorage;
let peer: Peer;
let app: StartedApp;
beforeAll(async () => {
  cluster = await createCluster();
  await cluster.start();
  storage = await openTestStorage("sqlite");
  peer = startPeer();
  const databaseUrl = new URL("/postgres", cluster.url).href;
  const environment = { DATABASE_URL: databaseUrl, ENCRYPTION_KEY: Buffer.alloc(32, 1).toString("base64") };
  app = await startApp(environment, undefined, storage);
}, 60_000);
afterAll(async () => {
  await app.stop();
  await cluster.stop();
  await peer.stop();
  await storage.remove();
}, 60_000);

async function immediateStop(): Promise<void> {
  const [pid] = (await Bun.file(join(cluster.databaseDir, "postmaster.pid")).text()).split("\n");
  // What `pg_ctl stop -m immediate` sends: every session ends where it is, as in a crash.
  process.kill(Number(pid), "SIGQUIT");
}

test("when every connection waits for a lock, requests are told to come back instead of hanging", async () => {
  const api = createApiClient(app.url, await (await app.createTenant("locked")).createKey());
  expect((await api("GET", "/workflows")).status).toBe(200);
  const admin = new Bun.SQL(new URL("/postgres", cluster.url).href, { max: 1 });
  await admin.begin(async (sql) => {
    await sql`LOCK TABLE workflows IN ACCESS EXCLUSIVE MODE`;
    const askedAt = performance.now();
    const answers = await Promise.all(Array.from({ length: 40 }, () => api("GET", "/workflows")));
    expect(performance.now() - askedAt).toBeLessThan(15_000);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([503]));
    expect(answers.filter(({ headers }) => !(Number(headers.get("retry-after")) >= 1))).toEqual([]);
  });
  await admin.close();
  expect((await api("GET", "/workflows")).status).toBe(200);
}, 60_000);

test("Postgres crashes and comes back under load: 503 meanwhile, then everything acknowledged is done", async () => {
  const api = createApiClient(app.url, await (await app.createTenant("ours")).createKey());
  const steps = [
    { id: "shape", kind: "set", values: { n: "{{ trigger.body.n }}" } },
    send("call", `${peer.origin}/sink`, { body: { id: "{{ run.id }}" } }, { effect: "upsert" }),
  ];
  const created = await api("POST", "/workflows", { body: { name: "load", trigger: BY_WEBHOOK, steps } });
  const published = await api("POST", `/workflows/${created.body.id}/publish`);
  const hook: string = published.body.webhookUrl;

  const acknowledged: string[] = [];
  const refused: { status: number; retryAfter: string | null }[] = [];
  const slowest = { ms: 0 };
  let stopped = false;
  const call = async () => {
    while (!stopped) {
      const askedAt = performance.now();
      const answer = await fetch(hook, {
        method: "POST",
        body: '{"n":1}',
        headers: { "content-type": "application/json" },
      });
      slowest.ms = Math.max(slowest.ms, performance.now() - askedAt);
      if (answer.status === 202) acknowledged.push(((await answer.json()) as { runId: string }).runId);
      else {
        refused.push({ status: answer.status, retryAfter: answer.headers.get("retry-after") });
        await answer.text();
        await Bun.sleep(50);
      }
    }
  };
  const calling = Array.from({ length: CALLERS }, call);
  const until = async (condition: () => boolean, what: string) => {
    for (let tries = 0; !condition(); tries += 1) {
      if (tries > 3_000) throw new Error(`not in time: ${what}`);
      await Bun.sleep(10);
    }
  };

  await until(() => acknowledged.length > 100, "runs before the crash");
  await immediateStop();
  await until(() => refused.length > 40, "requests are refused");
  const ready = await fetch(`${app.url}/readyz`);
  expect(ready.status).toBe(503);
  expect((await fetch(`${app.url}/healthz`)).status).toBe(200);
  await Bun.sleep(1_000);
  await cluster.start();
  const before = acknowledged.length;
  await until(() => acknowledged.length > before + 100, "runs after the crash");
  stopped = true;
  await Promise.all(calling);

  expect(new Set(refused.map(({ status }) => status))).toEqual(new Set([503]));
  expect(refused.filter(({ retryAfter }) => !(Number(retryAfter) >= 1))).toEqual([]);
  expect(slowest.ms).toBeLessThan(15_000);
  expect((await fetch(`${app.url}/readyz`)).status).toBe(200);
  const done = () => new Set(peer.calls("/sink").map(({ body }) => (body as { id: string }).id));
  await until(() => acknowledged.every((id) => done().has(id)), "every acknowledged run has called");
}, 90_000);
