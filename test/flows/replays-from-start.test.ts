import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { JsonObject } from "../../src/domain/json.ts";
import { type FlowWorld, openFlowWorld, stepAt } from "./flow-world.ts";
import { send, set } from "./steps.ts";

let world: FlowWorld;
beforeAll(async () => {
  world = await openFlowWorld();
});
afterAll(() => world.close());

const url = (path: string) => world.peer.origin + path;
const keysOf = (path: string) => world.peer.calls(path).map((call) => call.headers.get("x-key"));
const KEYED = { idempotencyHeader: "X-Key" };

async function replayed(runId: string, request: JsonObject) {
  return world.settled(await world.replay(runId, request));
}

describe("from the start", () => {
  test("pure steps and reads run again; an effect with the same input is copied, not sent", async () => {
    const { peer } = world;
    peer.answer("/read", { body: { n: 1 } });
    peer.answer("/write", { body: { id: 7 } });
    const steps = [
      send("read", url("/read"), { method: "GET" }),
      send("write", url("/write"), { body: { n: "{{ steps.read.output.body.n }}" } }),
      set("after", { id: "{{ steps.write.output.body.id }}", replayOf: "{{ run.replayOf }}" }),
    ];
    const first = await world.run(steps);
    const run = await replayed(first.id, { from: "start" });
    expect(run).toMatchObject({ status: "succeeded", output: { id: 7, replayOf: first.id } });
    expect(peer.calls("/read")).toHaveLength(2);
    expect(peer.calls("/write")).toHaveLength(1);
    expect(stepAt(run, "write")).toMatchObject({
      status: "succeeded",
      idempotencyKey: stepAt(first, "write").idempotencyKey,
    });
  });

  /** A run that has written `one`, replayed when what it reads is `two`. */
  async function replayChanged(path: string, input: JsonObject = {}) {
    world.peer.answer(`${path}-read`, { body: "one" }, { body: "two" });
    const read = send("read", url(`${path}-read`), { method: "GET" });
    const write = send("write", url(path), { ...input, body: { text: "{{ steps.read.output.body }}" } });
    const first = await world.run([read, write, set("after", { output: "{{ steps.write.output }}" })]);
    expect(first.status).toBe("succeeded");
    return { first, run: await replayed(first.id, { from: "start" }) };
  }
  const sent = (path: string) => world.peer.calls(path).map((call) => (call.body as { text: string }).text);

  test("an effect whose input has changed waits for a person", async () => {
    const { run } = await replayChanged("/changed");
    expect(run.status).toBe("needs_review");
    expect(stepAt(run, "write")).toMatchObject({
      status: "needs_review",
      attempts: 0,
      error: { code: "input_changed" },
    });
    expect(stepAt(run, "write").input).toMatchObject({ body: { text: "two" } });
    expect(sent("/changed")).toEqual(["one"]);
  });

  test("who decides to send it sends the new input, under a new key", async () => {
    const { first, run } = await replayChanged("/changed-retry", KEYED);
    await world.decide(run.id, stepAt(run, "write"), "resolve", { as: "retry" });
    const done = await world.until(run.id, "succeeded");
    expect(sent("/changed-retry")).toEqual(["one", "two"]);
    expect(stepAt(done, "write").attempts).toBe(1);
    expect(keysOf("/changed-retry")).toEqual([
      stepAt(first, "write").idempotencyKey,
      stepAt(done, "write").idempotencyKey,
    ]);
    expect(new Set(keysOf("/changed-retry")).size).toBe(2);
  });

  test("who decides not to send it gives the output or leaves it out", async () => {
    const { run: one } = await replayChanged("/changed-done");
    await world.decide(one.id, stepAt(one, "write"), "resolve", { as: "done", output: { by: "hand" } });
    expect(await world.until(one.id, "succeeded")).toMatchObject({ output: { output: { by: "hand" } } });
    const { run: two } = await replayChanged("/changed-skip");
    await world.decide(two.id, stepAt(two, "write"), "resolve", { as: "skip" });
    expect(await world.until(two.id, "succeeded")).toMatchObject({ output: { output: null } });
    expect([...sent("/changed-done"), ...sent("/changed-skip")]).toEqual(["one", "one"]);
  });

  test("who cancels it has decided nothing: its replay asks again, also for a keyed call", async () => {
    const { run } = await replayChanged("/changed-cancel", KEYED);
    await world.api("POST", `/runs/${run.id}/cancel`);
    for (const from of ["failed", "start"]) {
      const again = await replayed(run.id, { from });
      expect(stepAt(again, "write")).toMatchObject({ status: "needs_review", error: { code: "input_changed" } });
    }
    expect(sent("/changed-cancel")).toEqual(["one"]);
  });

  test("an effect that an expression can no longer plan is still known to have happened", async () => {
    await world.setVariables({ text: "one" });
    const first = await world.run([send("write", url("/unplannable"), { body: { text: "{{ vars.text }}" } })]);
    await world.setVariables({});
    const second = await replayed(first.id, { from: "start" });
    expect(stepAt(second, "write")).toMatchObject({ status: "failed", error: { code: "expression" } });
    await world.setVariables({ text: "one" });
    const third = await replayed(second.id, { from: "failed" });
    expect(third.status).toBe("succeeded");
    expect(sent("/unplannable")).toEqual(["one"]);
  });

  test("with repeatEffects everything is done again, under new keys", async () => {
    const { peer } = world;
    const first = await world.run([send("write", url("/repeated"), KEYED)]);
    const run = await replayed(first.id, { from: "start", repeatEffects: true });
    expect(run.status).toBe("succeeded");
    expect(new Set(keysOf("/repeated")).size).toBe(2);
    const third = await replayed(run.id, { from: "start" });
    expect(third.status).toBe("succeeded");
    expect(peer.calls("/repeated")).toHaveLength(2);
  });

  test("a sub-workflow with the same input is not started again, one with another input is asked about", async () => {
    const { peer } = world;
    const sub = await world.publish({
      steps: [send("in_sub", url("/in-replayed-sub"), { body: "{{ trigger.body }}" })],
    });
    const steps = [{ id: "sub", kind: "workflow", workflow: sub.id, input: "{{ vars.input }}" }];
    await world.setVariables({ input: "one" });
    const first = await world.run(steps);
    const again = await replayed(first.id, { from: "start" });
    expect(again.status).toBe("succeeded");
    expect(peer.calls("/in-replayed-sub")).toHaveLength(1);
    await world.setVariables({ input: "two" });
    const changed = await replayed(first.id, { from: "start" });
    expect(stepAt(changed, "sub")).toMatchObject({ status: "needs_review", error: { code: "input_changed" } });
    await world.decide(changed.id, stepAt(changed, "sub"), "resolve", { as: "retry" });
    await world.until(changed.id, "succeeded");
    expect(peer.calls("/in-replayed-sub").map((call) => call.body)).toEqual(["one", "two"]);
  });
});
