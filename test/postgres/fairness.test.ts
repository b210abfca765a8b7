import { afterAll, beforeAll, expect, test } from "bun:test";
import type { NewRun } from "../../src/domain/new-run.ts";
import type { Scope } from "../../src/domain/tenant.ts";
import { newId } from "../../src/platform/ids.ts";
import { createApiClient } from "../api/api-client.ts";
import { type Peer, startPeer } from "../flows/peer.ts";
import { type StartedApp, startApp } from "../start-app.ts";
import { openTestStorage, type TestStorage } from "../test-storage.ts";

const REPLICAS = 3;
const FLOOD = 10_000;
const FEW = 10;
const MAX_WAIT_MS = 2_000;

let storage: TestStorage;
let peer: Peer;
const replicas: StartedApp[] = [];
beforeAll(async () => {
  storage = await openTestStorage("postgres");
  peer = startPeer();
  for (let n = 0; n < REPLICAS; n += 1) replicas.push(await startApp(storage.environment, undefined, storage));
}, 60_000);
afterAll(async () => {
  await Promise.all(replicas.map((replica) => replica.stop()));
  await peer.stop();
  await storage.remove();
}, 60_000);

/** A workflow with one call, published by a new tenant. */
async function publish(app: StartedApp, slug: string, path: string): Promise<{ scope: Scope; workflowId: string }> {
  const tenant = await app.createTenant(slug);
  const api = createApiClient(app.url, await tenant.createKey());
  const step = {
    connector: "http",
    action: "request",
    input: { method: "PUT", url: `${peer.origin}${path}`, body: { id: "{{ run.id }}" } },
  };
  const trigger = { connector: "manual", trigger: "run", input: {} };
  const definition = { name: slug, trigger, steps: [{ id: "call", kind: "action", ...step }] };
  const created = await api("POST", "/workflows", { body: definition });
  expect(created.status).toBe(201);
  const workflowId: string = created.body.id;
  expect((await api("POST", `/workflows/${workflowId}/publish`)).status).toBe(200);
  return { scope: tenant.scope, workflowId };
}

/** Leaves runs to whichever replica claims them. */
async function queue(app: StartedApp, { scope, workflowId }: { scope: Scope; workflowId: string }, count: number) {
  const runs = Array.from({ length: count }, (): NewRun => {
    const id = newId("run");
    const now = Date.now();
    const trigger = { body: {}, headers: {}, query: {}, method: null, receivedAt: new Date(now).toISOString() };
    const origin = { source: "manual", eventId: id, parent: null, depth: 0, createdAt: now } as const;
    return { id, workflowId, version: 1, trigger, ...origin };
  });
  await Promise.all(runs.map((run) => app.backend.runs.accept(scope, run, { dedupe: null, hold: null })));
  return runs;
}

test("a tenant that queues 10,000 runs does not keep another's ten waiting, on three replicas", async () => {
  const [first, second, third] = replicas;
  if (!first || !second || !third) throw new Error("not all replicas were started");
  const flood = await publish(first, "flood", "/flood");
  const few = await publish(second, "few", "/few");
  for (let queued = 0; queued < FLOOD; queued += 500) await queue(first, flood, 500);
  await peer.called("/flood", 1);
  const runs = await queue(third, few, FEW);
  await peer.called("/few", FEW);
  const left = await storage.run<{ n: number }>("SELECT count(*)::integer AS n FROM run_queue");
  // Otherwise nothing was shown.
  expect(left[0]?.n).toBeGreaterThan(1_000);
  const waits: number[] = [];
  for (const { id, createdAt } of runs) {
    const run = await third.backend.runs.find(few.scope, id);
    waits.push((run?.startedAt ?? Number.POSITIVE_INFINITY) - createdAt);
  }
  const [p95] = waits.toSorted((a, b) => b - a);
  expect(p95).toBeLessThan(MAX_WAIT_MS);
  const calls = peer.calls("/flood");
  for (let seen = -1; calls.length < FLOOD && seen < calls.length; ) {
    seen = calls.length;
    await peer.called("/flood", Math.min(FLOOD, seen + 500));
  }
  // Each was done once, whichever replica did it.
  expect(new Set(calls.map(({ body }) => (body as { id: string }).id)).size).toBe(FLOOD);
  expect(calls).toHaveLength(FLOOD);
}, 120_000);
