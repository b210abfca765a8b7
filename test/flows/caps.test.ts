import { afterEach, expect, test } from "bun:test";
import { BY_WEBHOOK, type FlowWorld, openFlowWorld } from "./flow-world.ts";
import { send } from "./steps.ts";

let world: FlowWorld;
afterEach(() => world.close());

test("a workflow has no more runs under way than its cap says; the others go on as these end", async () => {
  world = await openFlowWorld();
  const { peer } = world;
  const gate = Promise.withResolvers<void>();
  peer.answer("/slow", { after: gate.promise });
  const workflow = await world.publish({
    trigger: BY_WEBHOOK,
    maxConcurrency: 3,
    steps: [{ id: "before", kind: "set", values: { a: 1 } }, send("call", `${peer.origin}/slow`)],
  });
  const runs = await Promise.all(Array.from({ length: 10 }, () => workflow.accept()));
  await peer.called("/slow", 3);
  // Nothing shows that a fourth does not come but time.
  await Bun.sleep(300);
  expect(peer.calls("/slow")).toHaveLength(3);
  gate.resolve();
  for (const runId of runs) await world.until(runId, "succeeded");
  expect(peer.calls("/slow")).toHaveLength(10);
}, 30_000);

test("a run of pure steps ends as it is accepted, cap or not", async () => {
  world = await openFlowWorld();
  const workflow = await world.publish({
    trigger: BY_WEBHOOK,
    maxConcurrency: 1,
    steps: [{ id: "only", kind: "set", values: { a: 1 } }],
  });
  const runs = await Promise.all(Array.from({ length: 20 }, () => workflow.accept()));
  for (const runId of runs) await world.until(runId, "succeeded");
}, 30_000);

test("a tenant has no more runs under way than the installation allows each", async () => {
  world = await openFlowWorld({ MAX_RUNNING_PER_TENANT: "2" });
  const { peer } = world;
  const gate = Promise.withResolvers<void>();
  peer.answer("/slow", { after: gate.promise });
  const workflow = await world.publish({ trigger: BY_WEBHOOK, steps: [send("call", `${peer.origin}/slow`)] });
  const runs = await Promise.all(Array.from({ length: 6 }, () => workflow.accept()));
  await peer.called("/slow", 2);
  await Bun.sleep(300);
  expect(peer.calls("/slow")).toHaveLength(2);
  gate.resolve();
  for (const runId of runs) await world.until(runId, "succeeded");
}, 30_000);
