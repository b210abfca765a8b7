import { afterAll, beforeAll, expect, test } from "bun:test";
import type { JsonObject } from "../../src/domain/json.ts";
import { acmeRegistry } from "./acme-connector.ts";
import { type FlowWorld, openFlowWorld, type Published, type ShownRun } from "./flow-world.ts";
import type { Answer, Call } from "./peer.ts";
import { startPeer } from "./peer.ts";
import { set } from "./steps.ts";

let world: FlowWorld;
beforeAll(async () => {
  world = await openFlowWorld({}, acmeRegistry);
});
afterAll(() => world.close());

const MINUTE_MS = 60_000;

/** A provider of its own for each test. */
async function openProvider() {
  const peer = startPeer();
  const credential = { token: "acme-token-1", address: peer.origin };
  const connection = await world.connect({ connector: "acme", scheme: "token", credential, hosts: [peer.host] });
  return {
    peer,
    connection,
    says: (...answers: Parameters<typeof peer.answer>[1][]) => peer.answer("/leads", ...answers),
  };
}

function publishPoll(connection: string, input: JsonObject = {}): Promise<Published> {
  const trigger = { connector: "acme", trigger: "new_lead", connection, input };
  return world.publish({ trigger, steps: [set("lead", { id: "{{ trigger.body.id }}" })] });
}

function leads(...ids: readonly (number | null)[]): Answer {
  return { body: { leads: ids.map((id) => ({ id, at: id ?? 0 })) } };
}

async function runsOf({ id }: Published): Promise<readonly ShownRun[]> {
  return (await world.api("GET", `/runs?workflowId=${id}&limit=200`)).body.data;
}
async function idsOf(workflow: Published): Promise<readonly unknown[]> {
  const runs = await Promise.all((await runsOf(workflow)).map((run) => world.settled(run.id)));
  return runs.map((run) => (run.output as { id: unknown }).id).sort();
}
async function standing({ id }: Published) {
  return (await world.api("GET", `/workflows/${id}/trigger`)).body;
}
async function until<T>(read: () => Promise<T>, holds: (value: T) => boolean): Promise<T> {
  const deadline = performance.now() + 20_000;
  for (;;) {
    const value = await read();
    if (holds(value)) return value;
    if (performance.now() > deadline) throw new Error(`not as wanted: ${JSON.stringify(value)}`);
    await Bun.sleep(20);
  }
}
const sinceOf = (call: Call) => call.query.get("since");

test("the first poll only remembers where it stands; what comes later starts a run each, once", async () => {
  const { peer, connection, says } = await openProvider();
  says(leads(1, 2), leads(2, 3), leads(2, 3, 4), leads(3, 4));
  const workflow = await publishPoll(connection);
  await until(
    () => standing(workflow),
    ({ state }) => state === "working",
  );
  expect(await runsOf(workflow)).toEqual([]);
  for (const polls of [2, 3, 4]) {
    world.clock.jump(MINUTE_MS);
    await peer.called("/leads", polls);
    await until(
      () => standing(workflow),
      ({ nextAt }) => Date.parse(nextAt) > world.clock.now(),
    );
  }
  expect(await idsOf(workflow)).toEqual([3, 4]);
  expect(peer.calls("/leads").map(sinceOf)).toEqual([null, "2", "3", "4"]);
  expect(peer.calls("/leads")[0]?.headers.get("authorization")).toBe("Bearer acme-token-1");
  const [run] = await runsOf(workflow);
  expect(await world.find(run!.id)).toMatchObject({
    source: "poll",
    trigger: { method: null, headers: {}, query: {} },
  });
  await peer.stop();
});

test("asked for, it runs for what is there already; more pages follow at once", async () => {
  const { peer, connection, says } = await openProvider();
  says({ body: { leads: [{ id: 1, at: 1 }], more: true } }, leads(2));
  const workflow = await publishPoll(connection, { startWith: "existing" });
  await until(
    () => runsOf(workflow),
    (runs) => runs.length === 2,
  );
  expect(await idsOf(workflow)).toEqual([1, 2]);
  await peer.stop();
});

test("items without an id are new each time", async () => {
  const { peer, connection, says } = await openProvider();
  says(leads(null), leads(null));
  const workflow = await publishPoll(connection, { startWith: "existing" });
  await until(
    () => runsOf(workflow),
    (runs) => runs.length === 1,
  );
  world.clock.jump(MINUTE_MS);
  await until(
    () => runsOf(workflow),
    (runs) => runs.length === 2,
  );
  await peer.stop();
});

test("a failing provider is seen, asked less often, and nothing is missed", async () => {
  const { peer, connection, says } = await openProvider();
  const down = { status: 500, body: { message: "we are down, acme-token-1" } };
  says(leads(1), down, down, leads(1, 2));
  const workflow = await publishPoll(connection);
  await until(
    () => standing(workflow),
    ({ state }) => state === "working",
  );
  for (const failures of [1, 2]) {
    world.clock.jump(10 * MINUTE_MS);
    const failing = await until(
      () => standing(workflow),
      (seen) => seen.failures === failures,
    );
    expect(failing.state).toBe("failing");
    expect(failing.problem).toContain("we are down, ••••");
  }
  expect(world.app.warnings.filter(({ fields }) => fields.workflowId === workflow.id)).toHaveLength(1);
  world.clock.jump(10 * MINUTE_MS);
  await until(
    () => standing(workflow),
    ({ state, failures }) => state === "working" && failures === 0,
  );
  expect(await idsOf(workflow)).toEqual([2]);
  expect(peer.calls("/leads").map(sinceOf)).toEqual([null, "1", "1", "1"]);
  await peer.stop();
});

test("a 429 is no failure, and is waited for as long as the provider says", async () => {
  const { peer, connection, says } = await openProvider();
  says(leads(1), { status: 429, headers: { "retry-after": "7200" } }, leads(2));
  const workflow = await publishPoll(connection);
  await until(
    () => standing(workflow),
    ({ state }) => state === "working",
  );
  world.clock.jump(MINUTE_MS);
  const slow = await until(
    () => standing(workflow),
    ({ problem }) => problem !== null,
  );
  expect(slow.failures).toBe(0);
  expect(Date.parse(slow.nextAt) - world.clock.now()).toBeGreaterThan(7_100_000);
  world.clock.jump(7_205_000);
  await until(
    () => runsOf(workflow),
    (runs) => runs.length === 1,
  );
  await peer.stop();
});

test("with a connection to be mended it pauses, and polls at once afterwards", async () => {
  const { peer, connection, says } = await openProvider();
  says(leads(1), leads(1, 2));
  const workflow = await publishPoll(connection);
  await until(
    () => standing(workflow),
    ({ state }) => state === "working",
  );
  const { scope } = world;
  const change = { at: world.clock.now(), action: "connection.refused", target: connection, details: {} };
  const { connections } = world.app.backend;
  await connections.markBroken(scope, connection, { owner: null, generation: 1 }, "Acme revoked it.", change);
  world.clock.jump(MINUTE_MS);
  const paused = await until(
    () => standing(workflow),
    ({ state }) => state === "waiting_for_connection",
  );
  expect(paused.problem).toBe("Acme revoked it.");
  expect(peer.calls("/leads")).toHaveLength(1);
  const credential = { token: "acme-token-2", address: peer.origin };
  expect((await world.api("PATCH", `/connections/${connection}`, { body: { credential } })).status).toBe(200);
  await until(
    () => runsOf(workflow),
    (runs) => runs.length === 1,
  );
  expect(peer.calls("/leads")[1]?.headers.get("authorization")).toBe("Bearer acme-token-2");
  await peer.stop();
});

test("an edit of the steps keeps the cursor, another question starts anew, unpublishing ends it", async () => {
  const { peer, connection, says } = await openProvider();
  says(leads(5), leads(5, 6), leads(1), leads(1, 2));
  const workflow = await publishPoll(connection);
  await until(
    () => standing(workflow),
    ({ state }) => state === "working",
  );
  const trigger = { connector: "acme", trigger: "new_lead", connection, input: {} };
  await workflow.change({ trigger, steps: [set("lead", { id: "{{ trigger.body.id }}", edited: true })] });
  await until(
    () => runsOf(workflow),
    (runs) => runs.length === 1,
  );
  expect(await idsOf(workflow)).toEqual([6]);
  await workflow.change({ trigger: { ...trigger, input: { region: "EU" } } });
  await peer.called("/leads", 3);
  expect(peer.calls("/leads").map(sinceOf)).toEqual([null, "5", null]);
  await until(
    () => standing(workflow),
    ({ state }) => state === "working",
  );
  await world.api("POST", `/workflows/${workflow.id}/unpublish`);
  expect(await standing(workflow)).toMatchObject({ state: "off" });
  world.clock.jump(10 * MINUTE_MS);
  await Bun.sleep(100);
  expect(peer.calls("/leads")).toHaveLength(3);
  await peer.stop();
});

test("needs a connection, and an interval that a provider can bear", async () => {
  const create = (trigger: JsonObject) =>
    world.api("POST", "/workflows", {
      body: { name: "P", trigger: { connector: "acme", trigger: "new_lead", ...trigger }, steps: [] },
    });
  expect((await create({ input: {} })).body.errors).toEqual([
    { path: "trigger.connection", message: "is required: choose the account whose events start this workflow" },
  ]);
  const { peer, connection } = await openProvider();
  expect((await create({ connection, input: { every: "PT1S" } })).body.errors).toEqual([
    { path: "trigger.input.every", message: "must be 10 seconds or more" },
  ]);
  await peer.stop();
});
