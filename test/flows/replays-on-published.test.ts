import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { JsonObject } from "../../src/domain/json.ts";
import { type FlowWorld, openFlowWorld, reached, stepAt } from "./flow-world.ts";
import { AT_ONCE, send, set } from "./steps.ts";

let world: FlowWorld;
beforeAll(async () => {
  world = await openFlowWorld();
});
afterAll(() => world.close());

const url = (path: string) => world.peer.origin + path;
const KEYED = { idempotencyHeader: "X-Key" };

async function replayed(runId: string, request: JsonObject) {
  return world.settled(await world.replay(runId, request));
}

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

  test("a read that was never answered stands in nobody's way", async () => {
    const { peer } = world;
    peer.answer("/unread", { status: 500 });
    peer.answer("/read-elsewhere", { body: { n: 1 } });
    const read = (path: string) =>
      send("read", url(path), { method: "GET" }, { retry: { ...AT_ONCE, maxAttempts: 2 } });
    const workflow = await world.publish({ steps: [read("/unread")] });
    const failed = await world.settled(await workflow.start());
    await workflow.change({ steps: [read("/read-elsewhere")] });
    const run = await replayed(failed.id, { from: "failed", version: "published" });
    expect(stepAt(run, "read")).toMatchObject({ status: "succeeded", output: { body: { n: 1 } } });
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
