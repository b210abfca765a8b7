import { afterAll, beforeAll, expect, test } from "bun:test";
import type { JsonObject } from "../../src/domain/json.ts";
import { type FlowWorld, openFlowWorld, reached, stepAt } from "./flow-world.ts";
import { loop, parallel, send, set, when } from "./steps.ts";

let world: FlowWorld;
beforeAll(async () => {
  world = await openFlowWorld();
});
afterAll(() => world.close());

const stop = (outcome: string, more: JsonObject = {}) => ({ id: "end", kind: "stop", outcome, ...more });

test("succeeded: nothing after it runs, and its output is the run's", async () => {
  const run = await world.run(
    [stop("succeeded", { output: { total: "{{ trigger.body + 1 }}" } }), set("never", {})],
    1,
  );
  expect(run).toMatchObject({ status: "succeeded", output: { total: 2 }, error: null });
  expect(reached(run)).toEqual(["end"]);
});

test("failed: the run fails with the message", async () => {
  const run = await world.run([stop("failed", { message: "No customer {{ trigger.body }}" }), set("never", {})], 7);
  expect(run).toMatchObject({ status: "failed", error: { code: "stopped", message: "No customer 7" } });
  expect(reached(run)).toEqual(["end"]);
});

test("inside a loop it ends the whole run, not only the iteration", async () => {
  const found = when("found", 'item == "b"', [stop("succeeded", { output: "{{ index }}" })]);
  const run = await world.run([loop("each", ["a", "b", "c"], [found]), set("never", {})]);
  expect(run).toMatchObject({ status: "succeeded", output: 1 });
  expect(run.steps.filter((step) => step.stepId === "found")).toHaveLength(2);
  expect(reached(run)).not.toContain("never");
});

test("inside a parallel branch it waits for what is under way, and starts nothing more", async () => {
  const { peer } = world;
  const { promise, resolve } = Promise.withResolvers<void>();
  peer.answer("/stop-sibling", { after: promise });
  peer.answer("/stop-now", {});
  const siblings = [send("slow", `${peer.origin}/stop-sibling`), send("more", `${peer.origin}/stop-never`)];
  const stopping = [send("quick", `${peer.origin}/stop-now`), stop("failed", { message: "enough" })];
  const runId = await (await world.publish({ steps: [parallel("both", siblings, stopping)] })).start();
  await peer.called("/stop-sibling", 1);
  await peer.called("/stop-now", 1);
  await Bun.sleep(30);
  expect(await world.find(runId)).toMatchObject({ status: "running" });
  resolve();
  const run = await world.until(runId, "failed");
  expect(run.error).toMatchObject({ code: "stopped", message: "enough" });
  expect(stepAt(run, "both/slow")).toMatchObject({ status: "succeeded" });
  expect(peer.calls("/stop-never")).toHaveLength(0);
});

test("inside a parallel branch it ends what only waits", async () => {
  const waits = [{ id: "pause", kind: "delay", for: "P1D" }];
  const run = await world.run([parallel("both", waits, [stop("succeeded", { output: 1 })])]);
  expect(run).toMatchObject({ status: "succeeded", output: 1 });
  expect(stepAt(run, "both/pause")).toMatchObject({ status: "cancelled", waitingFor: null });
});
