import { afterAll, beforeAll, expect, test } from "bun:test";
import { type FlowWorld, openFlowWorld, stepAt } from "./flow-world.ts";
import { loop, parallel, send, set } from "./steps.ts";

let world: FlowWorld;
beforeAll(async () => {
  world = await openFlowWorld();
});
afterAll(() => world.close());

const DAY_MS = 86_400_000;
const FAR = 365 * DAY_MS;

test('"for" waits as long as it says, without holding the run, and then goes on', async () => {
  const workflow = await world.publish({ steps: [{ id: "pause", kind: "delay", for: "P3D" }, set("after", {})] });
  const runId = await workflow.start();
  const waiting = await world.until(runId, "waiting");
  expect(waiting).toMatchObject({ waitingFor: "delay", finishedAt: null });
  expect(stepAt(waiting, "pause")).toMatchObject({ status: "waiting", waitingFor: "delay" });
  world.clock.jump(3 * DAY_MS - 60_000);
  expect(await world.find(runId)).toMatchObject({ status: "waiting" });
  world.clock.jump(60_000);
  const done = await world.until(runId, "succeeded");
  const { startedAt, finishedAt, output } = stepAt(done, "pause");
  expect(Date.parse(finishedAt!) - Date.parse(startedAt!)).toBeGreaterThanOrEqual(3 * DAY_MS);
  expect(Date.parse((output as { until: string }).until) - Date.parse(startedAt!)).toBe(3 * DAY_MS);
});

test("the length may come from data", async () => {
  const workflow = await world.publish({ steps: [{ id: "pause", kind: "delay", for: "PT{{ trigger.body.hours }}H" }] });
  const runId = await workflow.start({ hours: 5 });
  await world.until(runId, "waiting");
  world.clock.jump(5 * 3_600_000);
  await world.until(runId, "succeeded");
});

test('"until" waits for a moment', async () => {
  const workflow = await world.publish({ steps: [{ id: "pause", kind: "delay", until: "{{ trigger.body }}" }] });
  const runId = await workflow.start(new Date(world.clock.now() + 2 * DAY_MS).toISOString());
  await world.until(runId, "waiting");
  world.clock.jump(2 * DAY_MS);
  await world.until(runId, "succeeded");
});

test.each(["2020-01-01T00:00:00Z", 1_577_836_800_000])(
  "a moment that has passed (%p) is not waited for",
  async (past) => {
    const run = await world.run([{ id: "pause", kind: "delay", until: "{{ trigger.body }}" }], past);
    expect(run).toMatchObject({ status: "succeeded", output: { until: "2020-01-01T00:00:00.000Z" } });
  },
);

test.each([
  ["no moment", { until: "{{ trigger.body }}" }, "next week", '"until" must be a time such as'],
  ["no duration", { for: "{{ trigger.body }}" }, "5 minutes", '"for" must be a duration such as PT5M'],
  ["more than a year", { until: "{{ trigger.body }}" }, "2999-01-01T00:00:00Z", "at most a year"],
])("%s fails the step and says so", async (_what, time, input, message) => {
  const run = await world.run([{ id: "pause", kind: "delay", ...time }], input);
  expect(stepAt(run, "pause")).toMatchObject({
    status: "failed",
    error: { code: "expression", message: expect.stringContaining(message) },
  });
});

test("parallel delays run out one by one", async () => {
  const pause = (id: string, length: string) => ({ id, kind: "delay", for: length });
  const steps = [parallel("both", [pause("short", "PT1H"), set("first", {})], [pause("long", "PT9H")])];
  const workflow = await world.publish({ steps });
  const runId = await workflow.start();
  await world.until(runId, "waiting");
  world.clock.jump(3_600_000);
  const half = await world.until(runId, (run) => run.steps.some((step) => step.stepId === "first"));
  expect(stepAt(half, "both/long")).toMatchObject({ status: "waiting" });
  world.clock.jump(8 * 3_600_000);
  await world.until(runId, "succeeded");
});

test("a delay in a loop keeps what earlier items have done, and does none of it again", async () => {
  const { peer } = world;
  const steps = [
    send("call", `${peer.origin}/with-pauses`, { body: "{{ item }}" }),
    { id: "pause", kind: "delay", for: "PT1H" },
  ];
  const workflow = await world.publish({ steps: [loop("each", [1, 2, 3], steps)] });
  const runId = await workflow.start();
  for (const times of [1, 2, 3]) {
    await peer.called("/with-pauses", times);
    await world.until(runId, "waiting");
    world.clock.jump(3_600_000);
  }
  await world.until(runId, "succeeded");
  expect(peer.calls("/with-pauses").map((call) => call.body)).toEqual([1, 2, 3]);
});

test("a year is not too long", async () => {
  const workflow = await world.publish({ steps: [{ id: "pause", kind: "delay", for: "P365D" }] });
  const runId = await workflow.start();
  await world.until(runId, "waiting");
  world.clock.jump(FAR);
  await world.until(runId, "succeeded");
});
