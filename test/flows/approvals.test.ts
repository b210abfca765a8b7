import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { BY_WEBHOOK, type FlowWorld, openFlowWorld, stepAt } from "./flow-world.ts";
import { parallel, send, set } from "./steps.ts";

let world: FlowWorld;
beforeAll(async () => {
  world = await openFlowWorld();
});
afterAll(() => world.close());

const ask = { id: "ok", kind: "approval", message: "Refund {{ trigger.body.amount }}?", timeout: "P3D" };
const note = set("note", { decided: "{{ steps.ok.output }}" });

async function startAsking() {
  const workflow = await world.publish({ steps: [ask, note] });
  const runId = await workflow.start({ amount: 12 });
  const waiting = await world.until(runId, "waiting");
  return { runId, waiting, step: stepAt(waiting, "ok") };
}

test("a run waits for the decision and shows what is asked", async () => {
  const { waiting, step } = await startAsking();
  expect(waiting).toMatchObject({ status: "waiting", waitingFor: "approval" });
  expect(step).toMatchObject({ status: "waiting", input: { message: "Refund 12?" }, finishedAt: null });
});

test.each([
  ["approve", true],
  ["reject", false],
])("%s lets the run go on and records who decided and why", async (what, approved) => {
  const { runId, step } = await startAsking();
  const answer = await world.decide(runId, step, what, { comment: "As agreed." });
  expect([200, 202]).toContain(answer.status);
  const done = await world.until(runId, "succeeded");
  const { by } = stepAt(done, "ok").output as { by: string };
  expect(by).toMatch(/^key_/);
  expect(done.output).toEqual({ decided: { approved, by, comment: "As agreed." } });
  const audit = await world.api("GET", "/audit?limit=5");
  expect(audit.body.data[0]).toMatchObject({
    action: approved ? "approval.approved" : "approval.rejected",
    target: runId,
    actor: { id: by },
    details: { path: "ok", comment: "As agreed." },
  });
});

test("a second decision is refused and changes nothing", async () => {
  const { runId, step } = await startAsking();
  await world.decide(runId, step, "reject");
  const second = await world.decide(runId, step, "approve");
  expect(second).toMatchObject({ status: 409, body: { code: expect.stringMatching(/not_waiting|run_ended/) } });
  const done = await world.until(runId, "succeeded");
  expect(stepAt(done, "ok").output).toMatchObject({ approved: false, comment: null });
});

test("of two people who decide at the same moment one decides, and the other is told so", async () => {
  for (let round = 0; round < 10; round += 1) {
    const { runId, step } = await startAsking();
    const [approve, reject] = await Promise.all([
      world.decide(runId, step, "approve"),
      world.decide(runId, step, "reject"),
    ]);
    const done = await world.until(runId, "succeeded");
    expect(stepAt(done, "ok").attempts).toBe(1);
    expect(done.output).toEqual({ decided: stepAt(done, "ok").output });
    const { approved } = stepAt(done, "ok").output as { approved: boolean };
    const [counts, late] = approved ? [approve, reject] : [reject, approve];
    // 202 where it is not applied within the second that a caller waits for.
    expect([200, 202]).toContain(counts.status);
    expect(late).toMatchObject({ status: 409, body: { code: expect.stringMatching(/not_waiting|run_ended/) } });
    const audit = await world.api("GET", "/audit?limit=10");
    const decisions = audit.body.data.filter((entry: { target: string }) => entry.target === runId);
    expect(decisions).toMatchObject([{ action: approved ? "approval.approved" : "approval.rejected" }]);
  }
});

test("nobody decides in time: it counts as not approved, by nobody", async () => {
  const { runId } = await startAsking();
  world.clock.jump(3 * 86_400_000);
  const done = await world.until(runId, "succeeded");
  expect(done.output).toEqual({ decided: { approved: false, by: null, comment: null } });
});

test("without a timeout it is waited for however long", async () => {
  const workflow = await world.publish({ steps: [{ id: "ok", kind: "approval", message: "Go?" }] });
  const runId = await workflow.start();
  const waiting = await world.until(runId, "waiting");
  world.clock.jump(25 * 86_400_000);
  await Bun.sleep(30);
  expect(await world.find(runId)).toMatchObject({ status: "waiting", waitingFor: "approval" });
  await world.decide(runId, stepAt(waiting, "ok"), "approve");
  await world.until(runId, "succeeded");
});

test("only a step that waits for an approval can be decided about", async () => {
  const workflow = await world.publish({ steps: [set("before", {}), ask, note] });
  const runId = await workflow.start({ amount: 1 });
  const waiting = await world.until(runId, "waiting");
  const refused = await world.decide(runId, stepAt(waiting, "before"), "approve");
  expect(refused).toMatchObject({ status: 409, body: { code: "not_waiting" } });
});

describe("a decision while another branch has a call under way", () => {
  test("lets its own branch go on at once", async () => {
    const { peer } = world;
    const { promise, resolve } = Promise.withResolvers<void>();
    peer.answer("/slow-sibling", { after: promise });
    const steps = [
      parallel(
        "both",
        [{ id: "ok", kind: "approval", message: "Go?" }, send("then", `${peer.origin}/after-approval`)],
        [send("slow", `${peer.origin}/slow-sibling`)],
      ),
    ];
    const workflow = await world.publish({ trigger: BY_WEBHOOK, steps });
    const runId = await workflow.accept();
    await peer.called("/slow-sibling", 1);
    await world.decide(runId, stepAt(await world.find(runId), "both/ok"), "approve");
    await peer.called("/after-approval", 1);
    resolve();
    await world.until(runId, "succeeded");
  });
});
