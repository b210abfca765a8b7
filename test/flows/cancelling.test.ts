import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type FlowWorld, openFlowWorld, type ShownRun, stepAt } from "./flow-world.ts";
import { AT_ONCE, loop, parallel, send, set } from "./steps.ts";

let world: FlowWorld;
beforeAll(async () => {
  world = await openFlowWorld();
});
afterAll(() => world.close());

const cancel = (runId: string) => world.api("POST", `/runs/${runId}/cancel`);

async function cancelled(runId: string): Promise<ShownRun> {
  const run = await world.until(runId, "cancelled");
  expect(run).toMatchObject({ waitingFor: null, error: null });
  expect(run.finishedAt).not.toBeNull();
  return run;
}

test("while a delay is waited for: at once, and it never goes on", async () => {
  const { peer, clock } = world;
  const steps = [{ id: "pause", kind: "delay", for: "PT1H" }, send("call", `${peer.origin}/cancelled-delay`)];
  const runId = await (await world.publish({ steps })).start();
  await world.until(runId, "waiting");
  expect((await cancel(runId)).status).toBe(200);
  expect(stepAt(await cancelled(runId), "pause").status).toBe("cancelled");
  clock.jump(3_600_000);
  await Bun.sleep(30);
  expect(peer.calls("/cancelled-delay")).toHaveLength(0);
});

test("while an approval is waited for: the approval can no longer be given", async () => {
  const runId = await (await world.publish({ steps: [{ id: "ok", kind: "approval", message: "Go?" }] })).start();
  const waiting = await world.until(runId, "waiting");
  await cancel(runId);
  await cancelled(runId);
  expect(await world.decide(runId, stepAt(waiting, "ok"), "approve")).toMatchObject({ status: 409 });
});

test("while a call is under way: its answer is waited for and kept, and nothing follows", async () => {
  const { peer } = world;
  const { promise, resolve } = Promise.withResolvers<void>();
  peer.answer("/cancelled-call", { after: promise, body: { id: 7 } });
  const steps = [send("call", `${peer.origin}/cancelled-call`), send("next", `${peer.origin}/after-cancelled-call`)];
  const runId = await (await world.publish({ steps })).start();
  await peer.called("/cancelled-call", 1);
  const asked = cancel(runId);
  await Bun.sleep(50);
  expect((await world.find(runId)).status).toBe("running");
  resolve();
  expect((await asked).status).toBe(200);
  expect(stepAt(await cancelled(runId), "call")).toMatchObject({ status: "succeeded", output: { body: { id: 7 } } });
  expect(peer.calls("/after-cancelled-call")).toHaveLength(0);
});

test("in the middle of a loop: what has begun is finished, the rest is not begun", async () => {
  const { peer } = world;
  peer.answer("/cancelled-loop", () => ({ after: Bun.sleep(20) }));
  const items = Array.from({ length: 500 }, () => 0);
  const steps = [loop("each", items, [send("call", `${peer.origin}/cancelled-loop`)], 4)];
  const runId = await (await world.publish({ steps })).start();
  await peer.called("/cancelled-loop", 8);
  await cancel(runId);
  const run = await cancelled(runId);
  const made = peer.calls("/cancelled-loop").length;
  // At four at a time and 20 ms each, the whole loop takes 2.5 seconds at least.
  expect(made).toBeLessThan(400);
  expect(run.steps.filter((step) => step.path === "each/call" && step.status === "succeeded")).toHaveLength(made);
});

test("while a retry is waited for", async () => {
  const { peer, clock } = world;
  peer.answer("/cancelled-retry", { status: 503, headers: { "retry-after": "600" } });
  const runId = await (await world.publish({ steps: [send("call", `${peer.origin}/cancelled-retry`)] })).start();
  await world.until(runId, "waiting");
  await cancel(runId);
  await cancelled(runId);
  clock.jump(1_200_000);
  await Bun.sleep(30);
  expect(peer.calls("/cancelled-retry")).toHaveLength(1);
});

test("while a review is waited for: the step can no longer be resolved", async () => {
  const { peer } = world;
  peer.answer("/cancelled-review", { status: 500 });
  const run = await world.run([send("call", `${peer.origin}/cancelled-review`, {}, { retry: AT_ONCE })]);
  expect(run.status).toBe("needs_review");
  await cancel(run.id);
  await cancelled(run.id);
  expect(await world.decide(run.id, stepAt(run, "call"), "resolve", { as: "retry" })).toMatchObject({ status: 409 });
});

test("while sub-workflows are waited for: they are cancelled with it, however deep", async () => {
  const leaf = await world.publish({ steps: [{ id: "pause", kind: "delay", for: "P1D" }] });
  const middle = await world.publish({ steps: [{ id: "sub", kind: "workflow", workflow: leaf.id }] });
  const top = await world.publish({
    steps: [loop("each", [1, 2], [{ id: "sub", kind: "workflow", workflow: middle.id }], 2)],
  });
  const runId = await top.start();
  const childrenOf = async (run: ShownRun) => {
    const ids = run.steps
      .filter((step) => step.kind === "workflow")
      .map((step) => (step.output as { runId: string }).runId);
    return Promise.all(ids.map((id) => world.until(id, "waiting")));
  };
  const parent = await world.until(runId, (run) => run.steps.filter((step) => step.kind === "workflow").length === 2);
  const children = await childrenOf(parent);
  const grandchildren = (await Promise.all(children.map(childrenOf))).flat();
  expect(grandchildren).toHaveLength(2);
  await cancel(runId);
  await cancelled(runId);
  for (const { id } of [...children, ...grandchildren]) await cancelled(id);
});

test("a child with a call under way hears of it before its next step", async () => {
  const { peer } = world;
  const { promise, resolve } = Promise.withResolvers<void>();
  peer.answer("/child-call", { after: promise });
  const child = await world.publish({
    steps: [send("call", `${peer.origin}/child-call`), send("next", `${peer.origin}/child-next`)],
  });
  const runId = await (await world.publish({ steps: [{ id: "sub", kind: "workflow", workflow: child.id }] })).start();
  await peer.called("/child-call", 1);
  await world.until(runId, "waiting");
  await cancel(runId);
  const parent = await cancelled(runId);
  resolve();
  await cancelled((stepAt(parent, "sub").output as { runId: string }).runId);
  expect(peer.calls("/child-next")).toHaveLength(0);
});

describe("a queued run", () => {
  test("is cancelled without having begun", async () => {
    const { peer } = world;
    const { promise, resolve } = Promise.withResolvers<void>();
    peer.answer("/fills-the-server", { after: promise });
    const builder = await world.openBuilder("cancel-queued");
    const workflow = await builder.publish({ steps: [send("call", `${peer.origin}/fills-the-server`)] });
    const runs = await Promise.all(Array.from({ length: 300 }, () => workflow.start()));
    const queued: string[] = [];
    for (const id of runs.slice(-20)) if ((await builder.find(id)).status === "queued") queued.push(id);
    expect(queued.length).toBeGreaterThan(0);
    const [last] = queued.slice(-1);
    expect((await builder.api("POST", `/runs/${last}/cancel`)).status).toBe(202);
    resolve();
    const run = await builder.until(last!, "cancelled");
    expect(run.steps.every((step) => step.status === "cancelled")).toBe(true);
    for (const id of runs) if (id !== last) await builder.until(id, "succeeded");
    expect(peer.calls("/fills-the-server")).toHaveLength(299);
  }, 20_000);
});

test("a run that has ended cannot be cancelled", async () => {
  const run = await world.run([set("x", {})]);
  expect(await cancel(run.id)).toMatchObject({ status: 409, body: { code: "run_ended" } });
});

test("who cancelled is in the audit log", async () => {
  const runId = await (await world.publish({ steps: [{ id: "pause", kind: "delay", for: "P1D" }] })).start();
  await cancel(runId);
  await cancelled(runId);
  const { body } = await world.api("GET", "/audit?limit=5");
  expect(body.data[0]).toMatchObject({ action: "run.cancelled", target: runId, actor: { kind: "api_key" } });
});

test("parallel branches that wait end together", async () => {
  const steps = [
    parallel("both", [{ id: "pause", kind: "delay", for: "P1D" }], [{ id: "ok", kind: "approval", message: "Go?" }]),
  ];
  const runId = await (await world.publish({ steps })).start();
  await world.until(runId, "waiting");
  await cancel(runId);
  const run = await cancelled(runId);
  expect([stepAt(run, "both/pause").status, stepAt(run, "both/ok").status]).toEqual(["cancelled", "cancelled"]);
});
