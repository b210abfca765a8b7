import { afterAll, beforeAll, expect, test } from "bun:test";
import type { JsonObject } from "../../src/domain/json.ts";
import { acmeRegistry } from "./acme-connector.ts";
import { type AcmeWebhooks, createAcmeWebhooks } from "./acme-webhooks.ts";
import { type FlowWorld, openFlowWorld, type Published, type ShownRun } from "./flow-world.ts";
import { startPeer } from "./peer.ts";
import { set } from "./steps.ts";

let world: FlowWorld;
beforeAll(async () => {
  world = await openFlowWorld({}, acmeRegistry);
});
afterAll(() => world.close());

const HOUR_MS = 3_600_000;

async function openProvider(expiresInMs?: number) {
  const peer = startPeer();
  const acme = createAcmeWebhooks(peer, expiresInMs);
  const credential = { token: "acme-token-1", address: peer.origin };
  const connection = await world.connect({ connector: "acme", scheme: "token", credential, hosts: [peer.host] });
  return { peer, acme, connection };
}

function triggerOf(connection: string, topic = "leads"): JsonObject {
  return { connector: "acme", trigger: "changed", connection, input: { topic } };
}
function publishTo(connection: string): Promise<Published> {
  return world.publish({ trigger: triggerOf(connection), steps: [set("event", { n: "{{ trigger.body.n }}" })] });
}
async function runsOf({ id }: Published): Promise<readonly ShownRun[]> {
  return (await world.api("GET", `/runs?workflowId=${id}&limit=200`)).body.data;
}
async function standing({ id }: Published) {
  return (await world.api("GET", `/workflows/${id}/trigger`)).body;
}
async function until<T>(read: () => T | Promise<T>, holds: (value: T) => boolean): Promise<T> {
  const deadline = performance.now() + 20_000;
  for (;;) {
    const value = await read();
    if (holds(value)) return value;
    if (performance.now() > deadline) throw new Error(`not as wanted: ${JSON.stringify(value)}`);
    await Bun.sleep(20);
  }
}
const isWorking = ({ state }: { state: string; nextAt: string }) => state === "working";
const none = (acme: AcmeWebhooks) =>
  until(
    () => acme.hooks.length,
    (count) => count === 0,
  );

test("publishing registers the workflow's address; signed events start a run each, once", async () => {
  const { peer, acme, connection } = await openProvider();
  const workflow = await publishTo(connection);
  await until(() => standing(workflow), isWorking);
  expect(acme.hooks).toEqual([
    {
      id: "hook-1",
      url: expect.stringContaining("/hooks/"),
      secret: expect.stringMatching(/^[\w-]{43}$/),
      topic: "leads",
    },
  ]);
  const [hook] = acme.hooks;
  const events = [
    { id: "a", data: { n: 1 } },
    { id: "b", data: { n: 2 } },
  ];
  const first = await acme.send(hook!, events);
  expect(first.status).toBe(202);
  const { runIds } = (await first.json()) as { runIds: string[] };
  expect(runIds).toHaveLength(2);
  const again = await acme.send(hook!, [...events, { id: "c", data: { n: 3 } }]);
  expect(((await again.json()) as { runIds: string[] }).runIds.slice(0, 2)).toEqual(runIds);
  expect(await runsOf(workflow)).toHaveLength(3);
  const run = await world.settled(runIds[1]!);
  expect(run).toMatchObject({ output: { n: 2 }, trigger: { body: { n: 2 }, method: "POST" } });
  await peer.stop();
});

test("deliveries that are not signed with its secret are refused; the provider's challenge is answered", async () => {
  const { peer, acme, connection } = await openProvider();
  const workflow = await publishTo(connection);
  await until(() => standing(workflow), isWorking);
  const [hook] = acme.hooks;
  expect((await acme.send({ ...hook!, secret: "guessed" }, [{ id: "x", data: {} }])).status).toBe(401);
  expect((await fetch(hook!.url, { method: "POST", body: "{}" })).status).toBe(401);
  const challenged = await fetch(`${hook!.url}?challenge=${encodeURIComponent("<b>7</b>")}`);
  expect([challenged.status, await challenged.text()]).toEqual([200, "<b>7</b>"]);
  expect(challenged.headers.get("content-security-policy")).toBe("sandbox");
  expect(challenged.headers.get("x-content-type-options")).toBe("nosniff");
  expect(await runsOf(workflow)).toEqual([]);
  await peer.stop();
});

test("publishing again changes nothing at the provider while the trigger asks the same, and registers anew when not", async () => {
  const { peer, acme, connection } = await openProvider();
  const workflow = await publishTo(connection);
  await until(() => standing(workflow), isWorking);
  const calls = peer.calls("/webhooks").length;
  const steps = [set("event", { n: "{{ trigger.body.n }}", version: 2 })];
  await workflow.change({ trigger: triggerOf(connection), steps });
  await world.api("POST", `/workflows/${workflow.id}/publish`);
  await until(
    () => standing(workflow),
    ({ state, nextAt }) => state === "working" && nextAt === null,
  );
  expect(peer.calls("/webhooks")).toHaveLength(calls);
  const sent = await acme.send(acme.hooks[0]!, [{ id: "v2", data: { n: 1 } }]);
  const { runIds } = (await sent.json()) as { runIds: string[] };
  expect(await world.settled(runIds[0]!)).toMatchObject({ version: 2, output: { version: 2 } });

  await workflow.change({ trigger: triggerOf(connection, "deals"), steps });
  await until(
    () => acme.hooks.map(({ topic }) => topic).join(),
    (topics) => topics === "deals",
  );
  await until(() => standing(workflow), isWorking);
  expect(acme.hooks).toHaveLength(1);
  await peer.stop();
});

test("unpublishing and deleting take it away, however long the provider cannot be reached", async () => {
  const { peer, acme, connection } = await openProvider();
  const unpublished = await publishTo(connection);
  const deleted = await publishTo(connection);
  await until(() => standing(unpublished), isWorking);
  await until(() => standing(deleted), isWorking);
  acme.fail(503);
  await world.api("POST", `/workflows/${unpublished.id}/unpublish`);
  await world.api("DELETE", `/workflows/${deleted.id}`);
  const calls = peer.calls("/webhooks").length;
  await until(
    () => standing(unpublished),
    ({ failures }) => failures === 1,
  );
  world.clock.jump(HOUR_MS);
  await until(
    () => standing(unpublished),
    ({ failures }) => failures === 2,
  );
  expect(peer.calls("/webhooks").length).toBeGreaterThan(calls);
  expect(acme.hooks).toHaveLength(2);
  acme.fail(undefined);
  world.clock.jump(HOUR_MS);
  await none(acme);
  expect(
    await until(
      () => standing(unpublished),
      ({ state }) => state === "off",
    ),
  ).toMatchObject({ problem: null });
  await peer.stop();
});

test("an answer that is lost leaves one subscription, which a later unpublishing finds", async () => {
  const { peer, acme, connection } = await openProvider();
  acme.loseNextAnswer();
  const workflow = await publishTo(connection);
  await until(
    () => standing(workflow),
    ({ state }) => state === "failing",
  );
  expect(acme.hooks).toHaveLength(1);
  world.clock.jump(HOUR_MS);
  await until(() => standing(workflow), isWorking);
  expect(acme.hooks).toHaveLength(1);

  acme.loseNextAnswer();
  const other = await publishTo(connection);
  await until(
    () => standing(other),
    ({ state }) => state === "failing",
  );
  expect(acme.hooks).toHaveLength(2);
  await world.api("POST", `/workflows/${other.id}/unpublish`);
  await until(
    () => acme.hooks.length,
    (count) => count === 1,
  );
  await peer.stop();
});

test("one that expires is registered again in good time", async () => {
  const { peer, acme, connection } = await openProvider(2 * HOUR_MS);
  const workflow = await publishTo(connection);
  const first = await until(() => standing(workflow), isWorking);
  expect(Date.parse(first.nextAt) - world.clock.now()).toBeLessThan(2 * HOUR_MS);
  const calls = peer.calls("/webhooks").length;
  world.clock.jump(1.5 * HOUR_MS);
  await peer.called("/webhooks", calls + 1);
  expect(acme.hooks).toHaveLength(1);
  await peer.stop();
});

test("what it keeps on disk and shows holds no secret of it", async () => {
  const { peer, acme, connection } = await openProvider();
  const workflow = await publishTo(connection);
  await until(() => standing(workflow), isWorking);
  const { secret, url } = acme.hooks[0]!;
  const [path] = url.split("/").slice(-1);
  const stored = await world.app.storage.contents();
  expect(stored.includes("acme")).toBe(true);
  expect(stored.includes(secret)).toBe(false);
  expect(stored.includes(path!)).toBe(false);
  expect(JSON.stringify(await standing(workflow))).not.toContain(secret);
  await peer.stop();
});
