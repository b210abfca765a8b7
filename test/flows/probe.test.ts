import { afterAll, beforeAll, expect, test } from "bun:test";
import { BY_WEBHOOK, type FlowWorld, openFlowWorld, stepAt } from "./flow-world.ts";
let world: FlowWorld;
beforeAll(async () => { world = await openFlowWorld(); });
afterAll(() => world.close());
test("pure respond", async () => {
  const w = await world.publish({ trigger: BY_WEBHOOK, responseTimeoutMs: 1000, steps: [{ id: "a", kind: "respond", body: { hi: "{{ trigger.body.n }}" } }] });
  const r = await w.deliver({ n: 3 });
  console.log(r.status, await r.text());
});
test("set", async () => {
  const run = await world.run([{ id: "a", kind: "set", values: { x: "{{ trigger.body.n * 2 }}" } }], { n: 4 });
  expect(stepAt(run, "a").output).toEqual({ x: 8 });
});
test("stop then replay", async () => {
  const run = await world.run([{ id: "a", kind: "stop", outcome: "failed" }, { id: "b", kind: "action", connector: "http", action: "request", input: { method: "POST", url: world.peer.origin + "/never" } }]);
  expect(run.status).toBe("failed");
  const again = await world.settled(await world.replay(run.id, { from: "failed" }));
  console.log(again.status, world.peer.calls("/never").length);
});
