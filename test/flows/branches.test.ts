import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { JsonObject } from "../../src/domain/json.ts";
import { type FlowWorld, openFlowWorld, reached, stepAt } from "./flow-world.ts";
import { parallel, set } from "./steps.ts";

let world: FlowWorld;
beforeAll(async () => {
  world = await openFlowWorld();
});
afterAll(() => world.close());

const inRegion = (name: string, ...regions: readonly string[]) => ({
  name,
  when: { any: regions.map((right) => ({ all: [{ left: "{{ trigger.body.region }}", operator: "equals", right }] })) },
  steps: [set(`in_${name}`, { name })],
});

describe("a branch", () => {
  const byRegion = (more: JsonObject = {}) => [
    { id: "region", kind: "branch", branches: [inRegion("EU", "EU"), inRegion("west", "EU", "US")], ...more },
    set("after", { taken: "{{ steps.region.output }}" }),
  ];

  test("takes the first branch that holds, and only that", async () => {
    const run = await world.run(byRegion(), { region: "EU" });
    expect(reached(run)).toEqual(["region", "region/in_EU", "after"]);
    expect(stepAt(run, "after").output).toEqual({ taken: { branch: "EU" } });
    expect(run).toMatchObject({ status: "succeeded", output: { taken: { branch: "EU" } } });
  });

  test('with mode "all" takes every branch that holds', async () => {
    const run = await world.run(byRegion({ mode: "all" }), { region: "EU" });
    expect(reached(run)).toEqual(["region", "region/in_EU", "region/in_west", "after"]);
    expect(stepAt(run, "region").output).toEqual({ branches: ["EU", "west"] });
  });

  test("takes `otherwise` when none holds", async () => {
    const run = await world.run(byRegion({ otherwise: [set("elsewhere", {})] }), { region: "JP" });
    expect(reached(run)).toEqual(["region", "region/elsewhere", "after"]);
    expect(stepAt(run, "region").output).toEqual({ branch: "otherwise" });
  });

  test.each([
    ["first", { branch: null }],
    ["all", { branches: [] }],
  ])("with mode %p goes on after it when none holds", async (mode, output) => {
    const run = await world.run(byRegion({ mode }), { region: "JP" });
    expect(reached(run)).toEqual(["region", "after"]);
    expect(stepAt(run, "region").output).toEqual(output);
  });

  test("treats a missing left side as empty instead of failing", async () => {
    const run = await world.run(byRegion({ otherwise: [set("elsewhere", {})] }), {});
    expect(reached(run)).toContain("region/elsewhere");
  });

  test("that was not taken leaves its results missing, and says so", async () => {
    const steps = [...byRegion(), set("read", { value: "{{ steps.in_west.output.name }}" })];
    const run = await world.run(steps, { region: "EU" });
    expect(stepAt(run, "read").error).toEqual({
      code: "expression",
      message: expect.stringContaining("steps.in_west.output is missing"),
    });
    const careful = set("read", { value: '{{ has(steps.in_west.output) ? "west" : "none" }}' });
    const second = await world.run([...byRegion(), careful], { region: "EU" });
    expect(second.output).toEqual({ value: "none" });
  });
});

describe("parallel branches", () => {
  test("all run, and their last outputs are gathered by name", async () => {
    const run = await world.run([parallel("both", [set("a1", { n: 1 }), set("a2", { n: 2 })], [set("b1", { n: 3 })])]);
    expect(stepAt(run, "both").output).toEqual({ a: { n: 2 }, b: { n: 3 } });
    expect(run.output).toEqual({ a: { n: 2 }, b: { n: 3 } });
  });

  test("are under way at the same time", async () => {
    const { peer } = world;
    const both = Promise.withResolvers<void>();
    peer.answer("/left", { after: both.promise });
    peer.answer("/right", { after: both.promise });
    const call = (id: string) => ({
      id,
      kind: "action",
      connector: "http",
      action: "request",
      input: { method: "GET", url: `${peer.origin}/${id}` },
    });
    const workflow = await world.publish({ steps: [parallel("both", [call("left")], [call("right")])] });
    const runId = await workflow.start();
    await Promise.all([peer.called("/left", 1), peer.called("/right", 1)]);
    both.resolve();
    expect(await world.settled(runId)).toMatchObject({ status: "succeeded" });
  });

  test("with nothing in them give null", async () => {
    const run = await world.run([parallel("both", [], [set("b1", {})])]);
    expect(run.output).toEqual({ a: null, b: {} });
  });
});
