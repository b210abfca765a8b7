import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { JsonObject } from "../../src/domain/json.ts";
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
    const steps = [parallel("both", slow, [call(sub.id), send("then", `${peer.origin}/after-sub`)])];
    const startedAt = Date.now();
    const runId = await (await world.publish({ steps })).start();
    await peer.called("/after-sub", 1);
    expect(Date.now() - startedAt).toBeLessThan(700);
    resolve();
    await world.until(runId, "succeeded");
  });
});
