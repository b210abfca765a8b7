import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { JsonObject } from "../../src/domain/json.ts";
import { BY_WEBHOOK, type FlowWorld, openFlowWorld, stepAt } from "./flow-world.ts";
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

  test("goes on also where no step ever left the server, and the run had failed as it was stored", async () => {
    await world.setVariables({ rate: 2 });
    const failed = await world.run([
      set("first", { rate: "{{ vars.rate }}" }),
      set("second", { limit: "{{ vars.limit }}" }),
      set("last", { rate: "{{ steps.first.output.rate }}", limit: "{{ steps.second.output.limit }}" }),
    ]);
    expect(failed.status).toBe("failed");
    await world.setVariables({ rate: 9, limit: 5 });
    const run = await replayed(failed.id, { from: "failed" });
    expect(run).toMatchObject({ status: "succeeded", replayOf: failed.id, output: { rate: 2, limit: 5 } });
    expect(stepAt(run, "first")).toEqual(stepAt(failed, "first"));
    expect(await world.find(failed.id)).toEqual(failed);
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

  const UNCLEAR = { status: 500 };
  const BUSY = { status: 503, headers: { "retry-after": "3600" } };
  const AN_HOUR = { initialDelayMs: 3_600_000, maxDelayMs: 3_600_000 };
  test.each([
    ["is waited for again", [UNCLEAR], AN_HOUR, "waiting"],
    ["was refused for the moment afterwards", [UNCLEAR, BUSY], AT_ONCE, "waiting"],
    ["was refused for the last time", [UNCLEAR, BUSY], { ...AT_ONCE, maxAttempts: 2 }, "failed"],
  ] as const)("a keyed call that may have happened and %s keeps its key", async (what, answers, retry, status) => {
    const { peer } = world;
    const path = `/keeps-its-key-${what.length}`;
    peer.answer(path, ...answers, {});
    const runId = await (await world.publish({ steps: [send("call", url(path), KEYED, { retry })] })).start();
    await peer.called(path, answers.length);
    await world.until(runId, status);
    if (status === "waiting") await world.api("POST", `/runs/${runId}/cancel`);
    expect((await replayed(runId, { from: "failed" })).status).toBe("succeeded");
    expect(new Set(keysOf(path)).size).toBe(1);
    expect(peer.calls(path)).toHaveLength(answers.length + 1);
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
