import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { JsonObject } from "../../src/domain/json.ts";
import { until } from "../until.ts";
import { type FlowWorld, openFlowWorld, type Published, type ShownRun } from "./flow-world.ts";
import { set } from "./steps.ts";

let world: FlowWorld;
beforeAll(async () => {
  world = await openFlowWorld();
  world.clock.standStill();
});
afterAll(() => world.close());

const HOUR_MS = 3_600_000;

function schedule(trigger: string, input: JsonObject): Promise<Published> {
  const steps = [set("tick", { at: "{{ trigger.body.scheduledAt }}" })];
  return world.publish({ trigger: { connector: "schedule", trigger, input }, steps });
}

async function runsOf({ id }: Published): Promise<readonly ShownRun[]> {
  return (await world.api("GET", `/runs?workflowId=${id}&limit=200`)).body.data;
}

async function untilRuns(workflow: Published, count: number): Promise<readonly ShownRun[]> {
  return until(`${count} runs`, async () => {
    const runs = await runsOf(workflow);
    return runs.length >= count && runs;
  });
}

/** When the runs of a workflow were to happen, oldest first. */
async function ticksOf(workflow: Published): Promise<readonly number[]> {
  const runs = await Promise.all((await runsOf(workflow)).map((run) => world.settled(run.id)));
  return runs.map((run) => Date.parse((run.output as { at: string }).at)).sort((a, b) => a - b);
}

test("an interval fires again and again, each tick once", async () => {
  const workflow = await schedule("interval", { every: "PT1S" });
  // One after the other: of ticks that have passed meanwhile one would do for all.
  for (const runs of [1, 2]) {
    world.clock.jump(1_000);
    await untilRuns(workflow, runs);
  }
  await world.api("POST", `/workflows/${workflow.id}/unpublish`);
  const [first, second] = await ticksOf(workflow);
  expect(second! - first!).toBe(1_000);
  const [run] = await runsOf(workflow);
  expect(await world.find(run!.id)).toMatchObject({
    source: "schedule",
    trigger: { method: null, headers: {}, query: {} },
  });
});

test("a cron expression fires at its times, in its time zone", async () => {
  const workflow = await schedule("cron", { cron: "30 9 * * *", timezone: "Asia/Kolkata" });
  world.clock.jump(24 * HOUR_MS);
  await untilRuns(workflow, 1);
  await world.api("POST", `/workflows/${workflow.id}/unpublish`);
  const [at] = await ticksOf(workflow);
  expect(new Date(at!).toISOString()).toEndWith("T04:00:00.000Z");
});

test("ticks that nobody was there for run once, or not at all, as the trigger says", async () => {
  const [once, skip] = [
    await schedule("interval", { every: "PT6H", missed: "run_once" }),
    await schedule("interval", { every: "PT6H", missed: "skip" }),
  ];
  world.clock.jump(27 * HOUR_MS);
  await untilRuns(once, 1);
  await Bun.sleep(100);
  expect(await runsOf(once)).toHaveLength(1);
  expect(await runsOf(skip)).toHaveLength(0);
  const [late] = await ticksOf(once);
  expect(world.clock.now() - late!).toBeGreaterThan(2 * HOUR_MS);
  world.clock.jump(3 * HOUR_MS);
  await untilRuns(once, 2);
  await untilRuns(skip, 1);
  for (const { id } of [once, skip]) await world.api("POST", `/workflows/${id}/unpublish`);
});

describe("a schedule", () => {
  test("says when it fires next, for as long as it is published", async () => {
    const workflow = await schedule("interval", { every: "PT1H" });
    const standing = async () => (await world.api("GET", `/workflows/${workflow.id}/trigger`)).body;
    const { nextAt, ...rest } = await standing();
    expect(rest).toEqual({ state: "working", problem: null, failures: 0, succeededAt: null });
    const inMs = Date.parse(nextAt) - world.clock.now();
    expect(inMs > 0 && inMs <= HOUR_MS).toBeTrue();
    await world.api("POST", `/workflows/${workflow.id}/unpublish`);
    expect(await standing()).toMatchObject({ state: "off", nextAt: null });
  });

  test("stops when the workflow is unpublished, and starts when it is published again", async () => {
    const workflow = await schedule("interval", { every: "PT1H" });
    await world.api("POST", `/workflows/${workflow.id}/unpublish`);
    world.clock.jump(2 * HOUR_MS);
    await Bun.sleep(100);
    expect(await runsOf(workflow)).toHaveLength(0);
    await world.api("POST", `/workflows/${workflow.id}/publish`);
    world.clock.jump(HOUR_MS);
    await untilRuns(workflow, 1);
    await world.api("DELETE", `/workflows/${workflow.id}`);
    world.clock.jump(2 * HOUR_MS);
    await Bun.sleep(100);
    expect(await runsOf(workflow)).toHaveLength(1);
  });

  test("that is changed fires by the new times only, on the new version", async () => {
    const workflow = await schedule("interval", { every: "PT1H" });
    await workflow.change({ trigger: { connector: "schedule", trigger: "interval", input: { every: "P7D" } } });
    world.clock.jump(3 * HOUR_MS);
    await Bun.sleep(100);
    expect(await runsOf(workflow)).toHaveLength(0);
    world.clock.jump(7 * 24 * HOUR_MS);
    const [run] = await untilRuns(workflow, 1);
    expect(run!.version).toBe(2);
    await world.api("POST", `/workflows/${workflow.id}/unpublish`);
  });
});
