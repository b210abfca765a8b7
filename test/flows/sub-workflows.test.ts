import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Json, JsonObject } from "../../src/domain/json.ts";
import { type FlowWorld, openFlowWorld, type ShownRun, stepAt } from "./flow-world.ts";
import { ONCE, parallel, type StepJson, send, set } from "./steps.ts";

let world: FlowWorld;
beforeAll(async () => {
  world = await openFlowWorld();
});
afterAll(() => world.close());

const call = (workflow: string, more: JsonObject = {}): StepJson => ({
  id: "sub",
  kind: "workflow",
  workflow,
  ...more,
});

/** Publishes the steps as a workflow of their own, runs one that calls it, and gives that run. */
async function runWithSub(steps: readonly StepJson[], more: JsonObject = {}, after: readonly StepJson[] = []) {
  const sub = await world.publish({ name: "Sub", steps });
  return world.run([call(sub.id, { input: { n: "{{ trigger.body.n + 1 }}" }, ...more }), ...after], { n: 1 });
}

async function childOf(run: ShownRun): Promise<ShownRun> {
  const { body } = await world.api("GET", "/runs?limit=200");
  const children = body.data.filter((each: ShownRun) => each.source === "workflow" && each.createdAt >= run.createdAt);
  expect(children).toHaveLength(1);
  return world.find(children[0].id);
}

test("the child gets the input as trigger.body, and its last output is the step's", async () => {
  const run = await runWithSub([set("double", { n: "{{ trigger.body.n * 2 }}" })]);
  expect(run).toMatchObject({ status: "succeeded", output: { n: 4 } });
  const child = await childOf(run);
  expect(child).toMatchObject({ source: "workflow", status: "succeeded", trigger: { body: { n: 2 }, method: null } });
});

test("what the child stops with is the step's output", async () => {
  const stop = { id: "end", kind: "stop", outcome: "succeeded", output: { found: "{{ trigger.body.n }}" } };
  const run = await runWithSub([stop, set("never", {})]);
  expect(run).toMatchObject({ status: "succeeded", output: { found: 2 } });
});

test("a child that fails fails the step, with the child's reason", async () => {
  const run = await runWithSub([{ id: "end", kind: "stop", outcome: "failed", message: "no such customer" }]);
  expect(run).toMatchObject({ status: "failed", error: { code: "sub_workflow_failed" } });
  expect(stepAt(run, "sub")).toMatchObject({
    status: "failed",
    error: { code: "sub_workflow_failed", message: expect.stringContaining("failed: no such customer") },
  });
});

test('with onError "continue" the parent goes on after a child that failed', async () => {
  const fail = { id: "end", kind: "stop", outcome: "failed", message: "no" };
  const run = await runWithSub([fail], { onError: "continue" }, [set("why", { code: "{{ steps.sub.error.code }}" })]);
  expect(run).toMatchObject({ status: "succeeded", output: { code: "sub_workflow_failed" } });
});

test("a child that is cancelled fails the step", async () => {
  const sub = await world.publish({ steps: [{ id: "pause", kind: "delay", for: "P1D" }] });
  const parent = await world.publish({ steps: [call(sub.id)] });
  const runId = await parent.start();
  const run = await world.until(runId, "waiting");
  expect(run.waitingFor).toBe("sub_workflow");
  const { runId: childId } = stepAt(run, "sub").output as { runId: string };
  await world.until(childId, "waiting");
  await world.api("POST", `/runs/${childId}/cancel`);
  const failed = await world.until(runId, "failed");
  expect(stepAt(failed, "sub").error?.message).toContain("was cancelled");
});

test("a workflow that starts itself is stopped ten levels deep", async () => {
  const workflow = await world.publish({ steps: [set("x", {})] });
  const steps = [call(workflow.id, { input: "{{ trigger.body + 1 }}" })];
  await workflow.change({ steps });
  const run = await world.settled(await workflow.start(0));
  expect(run.status).toBe("failed");
  expect(run.error?.message).toContain("at most 10 levels deep");
  const { body } = await world.api("GET", `/runs?workflowId=${workflow.id}&limit=50`);
  expect(body.data).toHaveLength(11);
});

test("a workflow that is not published fails the step and says so", async () => {
  const sub = await world.publish({ steps: [set("x", {})] });
  const parent = await world.publish({ steps: [call(sub.id)] });
  expect((await world.api("POST", `/workflows/${sub.id}/unpublish`)).status).toBe(204);
  const run = await world.settled(await parent.start());
  expect(stepAt(run, "sub").error).toMatchObject({
    code: "not_published",
    message: expect.stringContaining("is not published"),
  });
});

test("a workflow that does not exist, or is another tenant's, cannot be published as a sub-workflow", async () => {
  const theirs = await (await world.openBuilder("subs-theirs")).publish({ steps: [set("x", {})] });
  for (const id of ["wf_missing", theirs.id]) {
    const body = { name: "Flow", trigger: { connector: "manual", trigger: "run" }, steps: [call(id)] };
    const created = await world.api("POST", "/workflows", { body });
    const published = await world.api("POST", `/workflows/${created.body.id}/publish`);
    expect(published).toMatchObject({
      status: 422,
      body: { errors: [{ path: "steps[0].workflow", message: `there is no workflow "${id}"` }] },
    });
  }
});

describe("beside a call that is under way", () => {
  test("the child starts at once, and its branch goes on as soon as it has ended", async () => {
    const { peer } = world;
    const { promise, resolve } = Promise.withResolvers<void>();
    peer.answer("/slow-beside-sub", { after: promise });
    const sub = await world.publish({ steps: [send("in_child", `${peer.origin}/in-child`)] });
    const slow = [send("slow", `${peer.origin}/slow-beside-sub`, {}, { retry: ONCE })];
    const subs = ["one", "two", "three"].map((id) => ({ ...call(sub.id), id }));
    const steps = [parallel("both", slow, [...subs, send("then", `${peer.origin}/after-sub`)])];
    const workflow = await world.publish({ steps });
    const waits: number[] = [];
    const runIds: string[] = [];
    for (const round of [1, 2, 3]) {
      const startedAt = performance.now();
      runIds.push(await workflow.start());
      await peer.called("/after-sub", round);
      waits.push(performance.now() - startedAt);
    }
    // Who is not woken looks once a second: for three children and three answers that is three seconds on average.
    expect(Math.min(...waits)).toBeLessThan(1_000);
    resolve();
    for (const runId of runIds) await world.until(runId, "succeeded");
  });
});

describe("a replay of the parent", () => {
  const url = (path: string) => world.peer.origin + path;

  /** A sub-workflow that does one thing and then fails at the next, the first time it is tried. */
  async function runWithFailingSub(name: string, more: { readonly deep?: boolean; readonly input?: Json } = {}) {
    world.peer.answer(`/${name}-broken`, { status: 404 }, {});
    const steps = [
      send("done", url(`/${name}-done`), { idempotencyHeader: "X-Key", body: "{{ string(trigger.body) }}" }),
      send("broken", url(`/${name}-broken`)),
    ];
    const inner = await world.publish({ name: "Inner", steps });
    const sub = more.deep
      ? await world.publish({ name: "Outer", steps: [call(inner.id, { input: "{{ trigger.body }}" })] })
      : inner;
    const parent = await world.publish({ steps: [call(sub.id, { input: more.input ?? "{{ trigger.body }}" })] });
    const failed = await world.settled(await parent.start("a"));
    expect(failed.status).toBe("failed");
    return { failed, inner };
  }
  const times = (name: string) => [
    world.peer.calls(`/${name}-done`).length,
    world.peer.calls(`/${name}-broken`).length,
  ];

  for (const from of ["failed", "start"])
    test(`from ${from === "failed" ? "the failed step" : "the start"} replays the child: what that one had done is not done again`, async () => {
      const { failed } = await runWithFailingSub(`sub-${from}`);
      const run = await world.settled(await world.replay(failed.id, { from }));
      expect(run.status).toBe("succeeded");
      expect(times(`sub-${from}`)).toEqual([1, 2]);
      const { body: children } = await world.api("GET", `/runs?limit=200&workflowId=${failed.workflowId}`);
      expect(children.data).toHaveLength(2);
    });

  test("the new child says which run it goes on from", async () => {
    const { failed } = await runWithFailingSub("sub-says");
    const { runId: earlier } = stepAt(failed, "sub").output as { runId: string };
    await world.settled(await world.replay(failed.id, { from: "failed" }));
    const { body } = await world.api("GET", "/runs?limit=20");
    expect(body.data.filter((each: ShownRun) => each.replayOf === earlier)).toHaveLength(1);
  });

  test("reaches the children of children", async () => {
    const { failed } = await runWithFailingSub("sub-deep", { deep: true });
    expect((await world.settled(await world.replay(failed.id, { from: "failed" }))).status).toBe("succeeded");
    expect(times("sub-deep")).toEqual([1, 2]);
  });

  test("on the published version replays the child on the fixed version of its own", async () => {
    const { failed, inner } = await runWithFailingSub("sub-fixed");
    await inner.change({ steps: [send("done", url("/sub-fixed-done")), send("mended", url("/sub-fixed-mended"))] });
    const run = await world.settled(await world.replay(failed.id, { from: "failed", version: "published" }));
    expect(run.status).toBe("succeeded");
    expect(times("sub-fixed")).toEqual([1, 1]);
    expect(world.peer.calls("/sub-fixed-mended")).toHaveLength(1);
  });

  test("with an input that has changed since asks before the child repeats an effect", async () => {
    await world.setVariables({ who: "first" });
    const { failed } = await runWithFailingSub("sub-changed", { input: "{{ vars.who }}" });
    await world.setVariables({ who: "second" });
    const runId = await world.replay(failed.id, { from: "failed" });
    const parent = await world.until(runId, "waiting");
    const child = (stepAt(parent, "sub").output as { runId: string }).runId;
    await world.until(child, "needs_review");
    expect(stepAt(await world.find(child), "done").error?.code).toBe("input_changed");
    expect(times("sub-changed")).toEqual([1, 1]);
    await world.api("POST", `/runs/${runId}/cancel`);
  });

  test("that was asked to repeat effects starts the child anew", async () => {
    const { failed } = await runWithFailingSub("sub-again");
    const run = await world.settled(await world.replay(failed.id, { from: "start", repeatEffects: true }));
    expect(run.status).toBe("succeeded");
    expect(times("sub-again")).toEqual([2, 2]);
    const [first, second] = world.peer.calls("/sub-again-done").map((each) => each.headers.get("x-key"));
    expect(second).not.toBe(first!);
  });

  test("is refused while a child that was cancelled with it still waits for its last call", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    world.peer.answer("/sub-last-call", { after: promise });
    const sub = await world.publish({ steps: [send("last", url("/sub-last-call"))] });
    const runId = await (await world.publish({ steps: [call(sub.id)] })).start();
    await world.peer.called("/sub-last-call", 1);
    await world.api("POST", `/runs/${runId}/cancel`);
    await world.until(runId, "cancelled");
    const replay = () => world.api("POST", `/runs/${runId}/replay`, { body: { from: "failed" } });
    expect(await replay()).toMatchObject({ status: 409, body: { code: "run_not_ended" } });
    resolve();
    const { runId: childId } = stepAt(await world.find(runId), "sub").output as { runId: string };
    await world.until(childId, "cancelled");
    const { body } = await replay();
    expect((await world.settled(body.runId)).status).toBe("succeeded");
    expect(world.peer.calls("/sub-last-call")).toHaveLength(1);
  });
});
