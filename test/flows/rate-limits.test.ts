import { afterAll, beforeAll, expect, test } from "bun:test";
import { acmeRegistry } from "./acme-connector.ts";
import { type FlowWorld, openFlowWorld, stepAt } from "./flow-world.ts";
import { ONCE, type StepJson } from "./steps.ts";

let world: FlowWorld;
beforeAll(async () => {
  world = await openFlowWorld({}, acmeRegistry);
});
afterAll(() => world.close());

function connect(connector: string): Promise<string> {
  const credential = { token: "acme-token-1", address: world.peer.origin };
  return world.connect({ connector, scheme: "token", credential, hosts: [world.peer.host] });
}

function add(connector: string, connection: string, list: string): StepJson {
  const input = { list, values: {} };
  return { id: "add", kind: "action", connector, action: "add_lead", connection, input, retry: ONCE };
}
const pathOf = (list: string) => `/lists/${list}/leads`;

test("runs beyond the budget wait without an attempt, and all are released in time, none sooner", async () => {
  const connection = await connect("paced");
  const workflow = await world.publish({ steps: [add("paced", connection, "many")] });
  const startedAt = Date.now();
  const runs = await Promise.all(Array.from({ length: 6 }, () => workflow.start()));
  await world.peer.called(pathOf("many"), 1);
  const parked = await world.until(
    runs[5]!,
    ({ waitingFor, status }) => waitingFor === "rate_limit" || status === "succeeded",
  );
  if (parked.waitingFor === "rate_limit")
    expect(stepAt(parked, "add")).toMatchObject({ attempts: 0, error: { code: "rate_limited" } });
  const ended = await Promise.all(runs.map((run) => world.settled(run)));
  expect(ended.map(({ status }) => status)).toEqual(Array(6).fill("succeeded"));
  expect(ended.map((run) => stepAt(run, "add").attempts)).toEqual(Array(6).fill(1));
  const times = world.peer
    .calls(pathOf("many"))
    .map(({ at }) => at)
    .sort((a, b) => a - b);
  // One at once, then one a second. Counted from the start: one that was late on its way says nothing of the next.
  for (const [index, at] of times.entries()) expect(at - startedAt).toBeGreaterThan(index * 1_000 - 100);
}, 30_000);

test("a 429 freezes the connection's calls; afterwards its runs leave one by one", async () => {
  const connection = await connect("acme");
  const other = await connect("acme");
  world.peer.answer(pathOf("frozen"), { status: 429, headers: { "retry-after": "60" } }, { body: { id: 1 } });
  const workflow = await world.publish({ steps: [add("acme", connection, "frozen")] });
  const first = await workflow.start();
  const waiting = await world.until(first, ({ waitingFor }) => waitingFor === "rate_limit");
  expect(stepAt(waiting, "add")).toMatchObject({ attempts: 0, error: { code: "rate_limited" } });
  const others = await Promise.all([workflow.start(), workflow.start()]);
  for (const run of others) await world.until(run, ({ waitingFor }) => waitingFor === "rate_limit");
  expect(world.peer.calls(pathOf("frozen"))).toHaveLength(1);
  const { body: headroom } = await world.api("GET", `/connections/${connection}/headroom`);
  // The connector declares no limit; that the provider refused is shown nevertheless, with whom it keeps waiting.
  expect(headroom).toMatchObject({ callsUnderWay: 0, maxConcurrentCalls: null });
  expect(headroom.limits).toMatchObject([
    { title: "What the provider last refused", scope: "connection", availableNow: 0, waiting: 3 },
  ]);
  expect(Date.parse(headroom.limits[0].frozenUntil) - world.clock.now()).toBeWithin(50_000, 61_000);
  // Another connection of the same connector is not concerned.
  const free = await world.publish({ steps: [add("acme", other, "free")] });
  expect((await world.settled(await free.start())).status).toBe("succeeded");
  world.clock.jump(62_000);
  for (const run of [first, ...others]) expect((await world.settled(run)).status).toBe("succeeded");
  expect(world.peer.calls(pathOf("frozen"))).toHaveLength(4);
}, 30_000);

test("a connection has one call under way where the connector says so", async () => {
  const connection = await connect("paced");
  const { promise, resolve } = Promise.withResolvers<void>();
  world.peer.answer(pathOf("slow"), { after: promise, body: { id: 1 } }, { body: { id: 2 } });
  const slow = await world.publish({ steps: [add("paced", connection, "slow")] });
  const first = await slow.start();
  await world.peer.called(pathOf("slow"), 1);
  world.clock.jump(2_000);
  const second = await slow.start();
  await world.until(second, ({ waitingFor }) => waitingFor === "rate_limit");
  expect(world.peer.calls(pathOf("slow"))).toHaveLength(1);
  resolve();
  for (const run of [first, second]) expect((await world.settled(run)).status).toBe("succeeded");
}, 30_000);

test("what is left is shown, as the provider says and as we count, to its own tenant", async () => {
  // Every second gives another call back.
  world.clock.standStill();
  const connection = await connect("paced");
  world.peer.answer(
    pathOf("told"),
    { headers: { "x-left": "4" }, body: { id: 1 } },
    { status: 429, headers: { "retry-after": "90" } },
  );
  const headroom = async () => (await world.api("GET", `/connections/${connection}/headroom`)).body;
  const [limit] = (await headroom()).limits;
  expect(limit).toMatchObject({ title: "Requests", scope: "connection", requests: 10, perMs: 10_000, availableNow: 1 });
  expect(limit).toMatchObject({ remaining: null, readAt: null, frozenUntil: null, waiting: 0 });
  const workflow = await world.publish({ steps: [add("paced", connection, "told")] });
  await world.settled(await workflow.start());
  expect((await headroom()).limits[0]).toMatchObject({ remaining: 4, availableNow: 0 });
  world.clock.jump(2_000);
  await world.until(await workflow.start(), ({ waitingFor }) => waitingFor === "rate_limit");
  const frozen = (await headroom()).limits[0];
  expect(frozen).toMatchObject({ waiting: 1, availableNow: 0 });
  expect(Date.parse(frozen.frozenUntil) - world.clock.now()).toBeWithin(80_000, 91_000);
  const stranger = await world.openBuilder("headroom-stranger");
  expect((await stranger.api("GET", `/connections/${connection}/headroom`)).status).toBe(404);
}, 30_000);
