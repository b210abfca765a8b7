import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { JsonObject } from "../../src/domain/json.ts";
import { until } from "../until.ts";
import { type FlowWorld, openFlowWorld, reached, type ShownRun, stepAt } from "./flow-world.ts";
import { AT_ONCE, ONCE, parallel, send, set } from "./steps.ts";

let world: FlowWorld;
beforeAll(async () => {
  world = await openFlowWorld();
});
afterAll(() => world.close());

const call = (path: string, input: JsonObject = {}, more: JsonObject = {}) =>
  send("call", world.peer.origin + path, input, { retry: AT_ONCE, ...more });
const BROKEN = { status: 500 };

describe("an answer that leaves open whether it was done", () => {
  test("to an unsafe call stops the run for a person, and nothing is sent again", async () => {
    const { peer } = world;
    peer.answer("/unsafe", BROKEN);
    const run = await world.run([call("/unsafe"), set("after", {})]);
    expect(run).toMatchObject({ status: "needs_review", waitingFor: null, finishedAt: null });
    expect(stepAt(run, "call")).toMatchObject({ status: "needs_review", attempts: 1, error: { code: "http_500" } });
    expect(reached(run)).toEqual(["call"]);
    expect(peer.calls("/unsafe")).toHaveLength(1);
  });

  test.each(["PUT", "DELETE", "GET", "HEAD"])(
    "to %s is asked for again, for doing it twice is doing it once",
    async (method) => {
      const { peer } = world;
      peer.answer(`/repeatable-${method}`, BROKEN, { status: 502 }, {});
      const run = await world.run([call(`/repeatable-${method}`, { method })]);
      expect(stepAt(run, "call")).toMatchObject({ status: "succeeded", attempts: 3 });
    },
  );

  test("to a keyed call is asked for again under the same key", async () => {
    const { peer } = world;
    peer.answer("/keyed", BROKEN, { status: 504 }, {});
    const run = await world.run([call("/keyed", { idempotencyHeader: "X-Request-Id" })]);
    const { status, idempotencyKey } = stepAt(run, "call");
    expect(status).toBe("succeeded");
    expect(peer.calls("/keyed").map((each) => each.headers.get("x-request-id"))).toEqual([
      idempotencyKey,
      idempotencyKey,
      idempotencyKey,
    ]);
  });

  test("to a keyed call whose key the other side has forgotten is for a person", async () => {
    const { peer, clock } = world;
    peer.answer("/forgotten", { status: 503, headers: { "retry-after": "7200" } }, BROKEN);
    const keyed = call("/forgotten", { idempotencyHeader: "X-Key", idempotencyTtlHours: 1 });
    const runId = await (await world.publish({ steps: [keyed] })).start();
    await world.until(runId, "waiting");
    clock.jump(2 * 3_600_000 + 2_000);
    await world.until(runId, "needs_review");
    expect(peer.calls("/forgotten")).toHaveLength(2);
  });

  test("after timeoutMs counts as such", async () => {
    const { peer } = world;
    const { promise, resolve } = Promise.withResolvers<void>();
    peer.answer("/hangs", { after: promise });
    const run = await world.run([call("/hangs", {}, { timeoutMs: 100 })]);
    expect(run.status).toBe("needs_review");
    expect(stepAt(run, "call")).toMatchObject({ status: "needs_review", error: { code: "timeout" } });
    resolve();
  });

  test("to a step that calls itself safe is asked for again, whatever its method", async () => {
    const { peer } = world;
    peer.answer("/search", BROKEN, {});
    const run = await world.run([call("/search", {}, { effect: "safe" })]);
    expect(stepAt(run, "call")).toMatchObject({ status: "succeeded", attempts: 2 });
  });

  test("to a PUT that the step calls unsafe is for a person", async () => {
    const { peer } = world;
    peer.answer("/counts-up", BROKEN);
    expect(await world.run([call("/counts-up", { method: "PUT" }, { effect: "unsafe" })])).toMatchObject({
      status: "needs_review",
    });
  });
});

describe("onUnknown", () => {
  test('"retry" sends it again', async () => {
    const { peer } = world;
    peer.answer("/on-unknown-retry", BROKEN, {});
    const run = await world.run([call("/on-unknown-retry", {}, { onUnknown: "retry" })]);
    expect(stepAt(run, "call")).toMatchObject({ status: "succeeded", attempts: 2 });
  });

  test('"fail" fails the run without asking anybody', async () => {
    const { peer } = world;
    peer.answer("/on-unknown-fail", BROKEN);
    const run = await world.run([call("/on-unknown-fail", {}, { onUnknown: "fail" })]);
    expect(run).toMatchObject({ status: "failed", error: { code: "http_500" } });
    expect(stepAt(run, "call")).toMatchObject({ status: "failed" });
    expect(peer.calls("/on-unknown-fail")).toHaveLength(1);
  });

  test('"fail" with onError "continue" lets the run go on, and nothing is sent again after a wait', async () => {
    const { peer, clock } = world;
    peer.answer("/given-up", BROKEN);
    const given = call("/given-up", { method: "PUT" }, { retry: ONCE, onError: "continue" });
    const pause = { id: "pause", kind: "delay", for: "PT1H" };
    const after = set("why", { code: "{{ steps.call.error.code }}" });
    const runId = await (await world.publish({ steps: [given, pause, after] })).start();
    await world.until(runId, "waiting");
    clock.jump(3_600_000);
    const run = await world.until(runId, "succeeded");
    expect(run.output).toEqual({ code: "http_500" });
    expect(peer.calls("/given-up")).toHaveLength(1);
  });
});

describe("a step in review", () => {
  async function startReview(path: string): Promise<ShownRun> {
    world.peer.answer(path, BROKEN, { body: { sent: "again" } });
    return world.run([
      call(path, { idempotencyHeader: "X-Key" }, { effect: "unsafe" }),
      set("after", { got: "{{ steps.call.output }}" }),
    ]);
  }

  test("is told to somebody once", async () => {
    const run = await startReview("/told");
    const told = () => world.app.warnings.filter(({ fields }) => fields.runId === run.id);
    await until("somebody is told", () => told().length > 0);
    await Bun.sleep(50);
    expect(told().map(({ message }) => message)).toEqual([expect.stringContaining("Step call needs review")]);
  });

  test('resolved as "done" goes on with the output that was given', async () => {
    const run = await startReview("/done");
    await world.decide(run.id, stepAt(run, "call"), "resolve", { as: "done", output: { id: 9 } });
    const done = await world.until(run.id, "succeeded");
    expect(done.output).toEqual({ got: { id: 9 } });
    expect(world.peer.calls("/done")).toHaveLength(1);
  });

  test('resolved as "retry" is sent again, same bytes and same key', async () => {
    const run = await startReview("/again");
    await world.decide(run.id, stepAt(run, "call"), "resolve", { as: "retry" });
    const done = await world.until(run.id, "succeeded");
    expect(done.output).toEqual({ got: expect.objectContaining({ body: { sent: "again" } }) });
    expect(stepAt(done, "call").attempts).toBe(2);
    const [first, second] = world.peer.calls("/again").map((each) => each.headers.get("x-key"));
    expect(second).toBe(first!);
  });

  test('resolved as "skip" goes on without an output', async () => {
    const run = await startReview("/skipped");
    await world.decide(run.id, stepAt(run, "call"), "resolve", { as: "skip" });
    const done = await world.until(run.id, "succeeded");
    expect(done.output).toEqual({ got: null });
    expect(stepAt(done, "call").status).toBe("skipped");
    expect(world.peer.calls("/skipped")).toHaveLength(1);
  });

  test("can be resolved once, and only a step in review can", async () => {
    const run = await startReview("/twice");
    await world.decide(run.id, stepAt(run, "call"), "resolve", { as: "skip" });
    const done = await world.until(run.id, "succeeded");
    for (const path of ["call", "after"])
      expect(await world.decide(run.id, stepAt(done, path), "resolve", { as: "retry" })).toMatchObject({ status: 409 });
    const waiting = await world.until(
      await (await world.publish({ steps: [{ id: "pause", kind: "delay", for: "P1D" }] })).start(),
      "waiting",
    );
    const refused = await world.decide(waiting.id, stepAt(waiting, "pause"), "resolve", { as: "done" });
    expect(refused).toMatchObject({ status: 409, body: { code: "not_in_review" } });
  });

  test("lets parallel branches finish first, and is told at once", async () => {
    const { peer } = world;
    const { promise, resolve } = Promise.withResolvers<void>();
    peer.answer("/review-branch", BROKEN);
    peer.answer("/other-branch", { after: promise });
    const other = [send("slow", `${peer.origin}/other-branch`), set("more", {})];
    const workflow = await world.publish({
      steps: [parallel("both", [call("/review-branch")], other), set("last", {})],
    });
    const runId = await workflow.start();
    const early = await world.until(runId, (run) => run.steps.some((step) => step.status === "needs_review"));
    expect(early.status).toBe("running");
    resolve();
    const stopped = await world.until(runId, "needs_review");
    expect(reached(stopped)).toContain("both/more");
    await world.decide(runId, stepAt(stopped, "both/call"), "resolve", { as: "done" });
    expect(reached(await world.until(runId, "succeeded"))).toContain("last");
  });

  test("of two, each is decided for itself", async () => {
    const { peer } = world;
    peer.answer("/two-reviews", BROKEN, BROKEN);
    const branch = (id: string) => [send(id, `${peer.origin}/two-reviews`)];
    const run = await world.run([parallel("both", branch("one"), branch("two"))]);
    await world.decide(run.id, stepAt(run, "both/one"), "resolve", { as: "done", output: 1 });
    const half = await world.until(run.id, "needs_review");
    expect([stepAt(half, "both/one").status, stepAt(half, "both/two").status]).toEqual(["succeeded", "needs_review"]);
    await world.decide(run.id, stepAt(half, "both/two"), "resolve", { as: "skip" });
    expect(await world.until(run.id, "succeeded")).toMatchObject({ output: { a: 1, b: null } });
    const told = world.app.warnings.filter(({ fields }) => fields.runId === run.id);
    expect(told).toHaveLength(2);
  });
});
