import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { JsonObject } from "../../src/domain/json.ts";
import { BY_WEBHOOK, type FlowWorld, openFlowWorld, reached, stepAt } from "./flow-world.ts";
import { AT_ONCE, loop, ONCE, parallel, send, set } from "./steps.ts";

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

describe("from the failed step", () => {
  test("goes on where the run failed, with what it had done and the same trigger", async () => {
    const { peer } = world;
    peer.answer("/broken", { status: 404 }, { body: { fixed: true } });
    const workflow = await world.publish({
      trigger: BY_WEBHOOK,
      steps: [
        send("done", url("/done-once"), { body: { n: "{{ trigger.body.n }}" } }),
        send("broken", url("/broken")),
        set("last", { n: "{{ trigger.body.n }}" }),
      ],
    });
    const runId = await workflow.accept({ n: 5 });
    const failed = await world.until(runId, "failed");
    const run = await replayed(runId, { from: "failed" });
    expect(run).toMatchObject({ status: "succeeded", replayOf: runId, source: "replay", output: { n: 5 } });
    expect(run.trigger).toEqual(failed.trigger);
    expect(peer.calls("/done-once")).toHaveLength(1);
    expect(stepAt(run, "done")).toEqual(stepAt(failed, "done"));
    expect(await world.find(runId)).toEqual(failed);
  });

  test("a call that was refused for good is a new one: planned anew, under another key", async () => {
    const { peer } = world;
    peer.answer("/refused", { status: 422 }, {});
    await world.setVariables({ name: "wrong" });
    const failed = await world.run([send("call", url("/refused"), { ...KEYED, body: "{{ vars.name }}" })]);
    await world.setVariables({ name: "right" });
    const run = await replayed(failed.id, { from: "failed" });
    expect(run.status).toBe("succeeded");
    expect(peer.calls("/refused").map((call) => call.body)).toEqual(["wrong", "right"]);
    const [first, second] = keysOf("/refused");
    expect(second).not.toBe(first!);
  });

  test("a keyed call whose outcome is unknown is sent again under its key", async () => {
    const { peer } = world;
    peer.answer("/unknown-keyed", { status: 500 }, {});
    const failed = await world.run([send("call", url("/unknown-keyed"), KEYED, { retry: ONCE })]);
    expect(failed.status).toBe("failed");
    expect((await replayed(failed.id, { from: "failed" })).status).toBe("succeeded");
    const [first, second] = keysOf("/unknown-keyed");
    expect(second).toBe(first!);
  });

  test("an unsafe call whose outcome is unknown is asked about", async () => {
    const { peer } = world;
    peer.answer("/unknown-unsafe", { status: 500 }, {});
    const failed = await world.run([send("call", url("/unknown-unsafe"), {}, { onUnknown: "fail" })]);
    expect(failed.status).toBe("failed");
    const run = await replayed(failed.id, { from: "failed" });
    expect(run.status).toBe("needs_review");
    expect(peer.calls("/unknown-unsafe")).toHaveLength(1);
    await world.decide(run.id, stepAt(run, "call"), "resolve", { as: "retry" });
    await world.until(run.id, "succeeded");
  });

  test.each([
    ["waited for its next attempt", async (runId: string) => void (await world.until(runId, "waiting"))],
    ["had just been given up", async (runId: string) => void (await world.until(runId, "failed"))],
  ])("a keyed call that %s after an unknown outcome keeps its key", async (what, arrive) => {
    const { peer } = world;
    const path = `/cancelled-unknown-${what.length}`;
    const busy = { status: 503, headers: { "retry-after": "3600" } };
    peer.answer(path, { status: 500 }, busy, {});
    const retry = what.startsWith("waited") ? { ...AT_ONCE, maxAttempts: 5 } : { ...AT_ONCE, maxAttempts: 2 };
    const runId = await (await world.publish({ steps: [send("call", url(path), KEYED, { retry })] })).start();
    await peer.called(path, 2);
    await arrive(runId);
    if (what.startsWith("waited")) await world.api("POST", `/runs/${runId}/cancel`);
    expect((await replayed(runId, { from: "failed" })).status).toBe("succeeded");
    expect(new Set(keysOf(path)).size).toBe(1);
    expect(peer.calls(path)).toHaveLength(3);
  });

  test("a loop goes on with the items that were left", async () => {
    const { peer } = world;
    peer.answer("/loop-items", {}, {}, { status: 404 }, {}, {});
    const failed = await world.run([
      loop("each", [0, 1, 2, 3], [send("call", url("/loop-items"), { body: "{{ item }}" })]),
    ]);
    expect(failed.status).toBe("failed");
    const run = await replayed(failed.id, { from: "failed" });
    expect(run.status).toBe("succeeded");
    expect(peer.calls("/loop-items").map((call) => call.body)).toEqual([0, 1, 2, 2, 3]);
    expect(run.output).toHaveLength(4);
  });

  test("takes the branches that were taken, and goes on in each", async () => {
    const { peer } = world;
    peer.answer("/in-branch", { status: 404 }, {});
    const inner = parallel("both", [send("call", url("/in-branch"))], [send("sibling", url("/in-branch-sibling"))]);
    const steps = [
      {
        id: "if",
        kind: "branch",
        branches: [{ name: "yes", when: { expression: "trigger.body.go" }, steps: [inner] }],
      },
    ];
    const failed = await world.run(steps, { go: true });
    const run = await replayed(failed.id, { from: "failed" });
    expect(run.status).toBe("succeeded");
    expect(peer.calls("/in-branch-sibling")).toHaveLength(1);
  });

  test("a run that was stopped stops again instead of going on past the stop", async () => {
    const { peer } = world;
    const steps = [
      {
        id: "guard",
        kind: "branch",
        branches: [
          {
            name: "no",
            when: { expression: "!trigger.body.ok" },
            steps: [{ id: "end", kind: "stop", outcome: "failed", message: "not allowed" }],
          },
        ],
      },
      send("call", url("/past-the-stop")),
    ];
    const failed = await world.run(steps, { ok: false });
    expect(failed).toMatchObject({ status: "failed", error: { message: "not allowed" } });
    const run = await replayed(failed.id, { from: "failed" });
    expect(run).toMatchObject({ status: "failed", error: { code: "stopped", message: "not allowed" } });
    expect(peer.calls("/past-the-stop")).toHaveLength(0);
  });

  test("a replay can be replayed, and still repeats nothing", async () => {
    const { peer } = world;
    peer.answer("/third-time", { status: 404 }, { status: 404 }, {});
    const failed = await world.run([send("first", url("/replay-of-replay")), send("call", url("/third-time"), KEYED)]);
    const again = await replayed(failed.id, { from: "failed" });
    expect(again.status).toBe("failed");
    const third = await replayed(again.id, { from: "failed" });
    expect(third).toMatchObject({ status: "succeeded", replayOf: again.id });
    expect(peer.calls("/replay-of-replay")).toHaveLength(1);
    expect(new Set(keysOf("/third-time")).size).toBe(3);
  });

  test("a step that fails before it is sent again shows why", async () => {
    const { peer } = world;
    peer.answer("/expression-later", { status: 404 });
    await world.setVariables({ token: "x" });
    const failed = await world.run([send("call", url("/expression-later"), { body: "{{ vars.token }}" })]);
    await world.setVariables({});
    const run = await replayed(failed.id, { from: "failed" });
    expect(stepAt(run, "call")).toMatchObject({ status: "failed", error: { code: "expression" } });
  });
});

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

describe("on the published version", () => {
  test("the fixed steps run, and nothing that succeeded is done again", async () => {
    const { peer } = world;
    peer.answer("/typo", { status: 404 });
    const first = send("first", url("/before-typo"));
    const workflow = await world.publish({ steps: [first, send("call", url("/typo"))] });
    const failed = await world.settled(await workflow.start());
    await workflow.change({ steps: [first, send("call", url("/fixed")), set("more", {})] });
    const same = await replayed(failed.id, { from: "failed" });
    expect(same).toMatchObject({ status: "failed", version: 1 });
    const run = await replayed(failed.id, { from: "failed", version: "published" });
    expect(run).toMatchObject({ status: "succeeded", version: 2 });
    expect(reached(run)).toEqual(["first", "call", "more"]);
    expect(peer.calls("/before-typo")).toHaveLength(1);
    expect(peer.calls("/fixed")).toHaveLength(1);
  });

  test("is refused while an outcome is unknown, and possible once an attempt has settled it", async () => {
    const { peer } = world;
    peer.answer("/unsettled", { status: 500 });
    peer.answer("/settled", { status: 500 }, {});
    const steps = [
      send("settled", url("/settled"), KEYED, { retry: AT_ONCE }),
      send("call", url("/unsettled"), {}, { onUnknown: "fail" }),
    ];
    const workflow = await world.publish({ steps });
    const failed = await world.settled(await workflow.start());
    const refused = await world.api("POST", `/runs/${failed.id}/replay`, {
      body: { from: "failed", version: "published" },
    });
    expect(refused).toMatchObject({ status: 409, body: { code: "unknown_outcome" } });
    expect(refused.body.detail).toContain("call");
    const same = await replayed(failed.id, { from: "failed" });
    await world.decide(same.id, stepAt(same, "call"), "resolve", { as: "done" });
    await world.until(same.id, "succeeded");
    expect((await replayed(same.id, { from: "failed", version: "published" })).status).toBe("succeeded");
    expect(peer.calls("/settled")).toHaveLength(2);
  });

  test("is refused when nothing is published", async () => {
    const workflow = await world.publish({ steps: [set("x", {})] });
    const run = await world.settled(await workflow.start());
    await world.api("POST", `/workflows/${workflow.id}/unpublish`);
    const body = { from: "start", version: "published" };
    expect(await world.api("POST", `/runs/${run.id}/replay`, { body })).toMatchObject({
      status: 409,
      body: { code: "not_published" },
    });
    expect((await replayed(run.id, { from: "start" })).status).toBe("succeeded");
  });

  test("decides anew in a branch step that no longer has the branch that was taken", async () => {
    const { peer } = world;
    peer.answer("/renamed-branch", { status: 404 }, {});
    const branch = (name: string) => ({
      id: "if",
      kind: "branch",
      branches: [{ name, when: { expression: "true" }, steps: [send("call", url("/renamed-branch"))] }],
      otherwise: [set("wrong", {})],
    });
    const workflow = await world.publish({ steps: [branch("old")] });
    const failed = await world.settled(await workflow.start());
    await workflow.change({ steps: [branch("new")] });
    const run = await replayed(failed.id, { from: "failed", version: "published" });
    expect(run.status).toBe("succeeded");
    expect(stepAt(run, "if").output).toEqual({ branch: "new" });
    expect(reached(run)).not.toContain("if/wrong");
  });
});

describe("what has not ended cannot be replayed:", () => {
  test.each(["waiting", "needs_review"] as const)("a run that is %s", async (status) => {
    world.peer.answer("/not-ended", { status: 500 });
    const step = status === "waiting" ? { id: "pause", kind: "delay", for: "P1D" } : send("call", url("/not-ended"));
    const runId = await (await world.publish({ steps: [step] })).start();
    await world.until(runId, status);
    const refused = await world.api("POST", `/runs/${runId}/replay`, { body: { from: "start" } });
    expect(refused).toMatchObject({ status: 409, body: { code: "run_not_ended" } });
  });
});
