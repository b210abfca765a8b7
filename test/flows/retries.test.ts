import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { JsonObject } from "../../src/domain/json.ts";
import { COMMAND_LINE_PERMISSIONS } from "../../src/domain/permission.ts";
import { grantScope } from "../../src/domain/tenant.ts";
import { type FlowWorld, openFlowWorld, stepAt } from "./flow-world.ts";
import { closedPort } from "./peer.ts";
import { AT_ONCE, ONCE, send, set } from "./steps.ts";

let world: FlowWorld;
beforeAll(async () => {
  world = await openFlowWorld();
});
afterAll(() => world.close());

const BUSY = { status: 503, headers: { "retry-after": "0" } };
const post = (path: string, more: JsonObject = {}, input: JsonObject = {}) =>
  send("call", world.peer.origin + path, input, more);

/** Every attempt that was stored for the step, as [attempt, state]. */
async function attemptsOf(runId: string): Promise<readonly (readonly [number, string])[]> {
  const { app } = world;
  const tenant = await app.backend.tenants.findBySlug("ours");
  const workspace = await app.backend.tenants.findWorkspace(tenant!.id, "default");
  const scope = grantScope(tenant!.id, workspace!.id, { kind: "system", id: "test" }, COMMAND_LINE_PERMISSIONS);
  const rows = await app.backend.runs.steps(scope, runId);
  return rows.filter((row) => row.path === "call").map((row) => [row.attempt, row.state] as const);
}

describe("a call that provably had no effect", () => {
  test("is tried again with the same bytes and the same key, attempt by attempt", async () => {
    const { peer } = world;
    peer.answer("/busy", BUSY, BUSY, { body: { done: true } });
    const step = post("/busy", { retry: AT_ONCE }, { idempotencyHeader: "X-Key", body: { at: "{{ run.id }}" } });
    const run = await world.run([step]);
    expect(stepAt(run, "call")).toMatchObject({ status: "succeeded", attempts: 3, output: { body: { done: true } } });
    const calls = peer.calls("/busy");
    expect(new Set(calls.map((call) => call.headers.get("x-key")))).toEqual(
      new Set([stepAt(run, "call").idempotencyKey]),
    );
    expect(calls.map((call) => call.body)).toEqual([{ at: run.id }, { at: run.id }, { at: run.id }]);
    expect(await attemptsOf(run.id)).toEqual([
      [1, "failed_retryable"],
      [2, "failed_retryable"],
      [3, "succeeded"],
    ]);
  });

  test("waits between attempts, longer each time, without being held", async () => {
    const { peer, clock } = world;
    const busy = { status: 503, headers: { "retry-after": "60" } };
    peer.answer("/patience", busy, busy, {});
    const workflow = await world.publish({ steps: [post("/patience")] });
    const runId = await workflow.start();
    for (const times of [1, 2]) {
      await peer.called("/patience", times);
      const waiting = await world.until(runId, "waiting");
      expect(waiting).toMatchObject({ waitingFor: "retry" });
      expect(stepAt(waiting, "call")).toMatchObject({ status: "waiting", waitingFor: "retry", attempts: times });
      // The machine's own time passes too.
      clock.jump(40_000);
      await Bun.sleep(20);
      expect(peer.calls("/patience")).toHaveLength(times);
      clock.jump(25_000);
    }
    await world.until(runId, "succeeded");
  });

  test("fails after maxAttempts, with the last reason", async () => {
    const { peer } = world;
    peer.answer("/never-free", { ...BUSY, body: { message: "still busy" } });
    const run = await world.run([post("/never-free", { retry: { ...AT_ONCE, maxAttempts: 3 } })]);
    expect(run).toMatchObject({ status: "failed", error: { code: "http_503" } });
    expect(stepAt(run, "call")).toMatchObject({ status: "failed", attempts: 3 });
    expect(stepAt(run, "call").error?.message).toContain("still busy");
    expect(peer.calls("/never-free")).toHaveLength(3);
  });

  test("a refused connection counts as such", async () => {
    const port = await closedPort();
    const step = send("call", `http://127.0.0.1:${port}/`, {}, { retry: { ...AT_ONCE, maxAttempts: 2 } });
    const run = await world.run([step]);
    expect(stepAt(run, "call")).toMatchObject({ status: "failed", attempts: 2, error: { code: "connection_refused" } });
    expect(await attemptsOf(run.id)).toEqual([
      [1, "failed_retryable"],
      [2, "failed_final"],
    ]);
  });
});

describe("429", () => {
  test("parks the run until Retry-After has passed, and uses no attempt", async () => {
    const { peer, clock } = world;
    const limited = { status: 429, headers: { "retry-after": "120" } };
    peer.answer("/limited", limited, limited, limited, {});
    const workflow = await world.publish({ steps: [post("/limited", { retry: ONCE })] });
    const runId = await workflow.start();
    for (const times of [1, 2, 3]) {
      await peer.called("/limited", times);
      const parked = await world.until(runId, (run) => run.waitingFor === "rate_limit");
      expect(stepAt(parked, "call")).toMatchObject({ status: "waiting", attempts: 0, error: { code: "rate_limited" } });
      clock.jump(90_000);
      await Bun.sleep(20);
      expect(peer.calls("/limited")).toHaveLength(times);
      clock.jump(35_000);
    }
    const run = await world.until(runId, "succeeded");
    expect(stepAt(run, "call")).toMatchObject({ attempts: 1, error: null });
    expect(await attemptsOf(runId)).toEqual([[1, "succeeded"]]);
  });

  test("for longer than 30 days fails the run", async () => {
    const { peer, clock } = world;
    peer.answer("/limited-for-ever", { status: 429, headers: { "retry-after": "1209600" } });
    const workflow = await world.publish({ steps: [post("/limited-for-ever")] });
    const runId = await workflow.start();
    for (const times of [1, 2, 3]) {
      await peer.called("/limited-for-ever", times);
      await world.until(runId, "waiting");
      clock.jump(14 * 86_400_000 + 5_000);
    }
    await peer.called("/limited-for-ever", 4);
    const run = await world.until(runId, "failed");
    expect(stepAt(run, "call").error).toMatchObject({ code: "rate_limited" });
  });
});

describe("a refusal for good", () => {
  test.each([400, 403, 404, 409, 422])("%i is not tried again", async (status) => {
    const { peer } = world;
    peer.answer(`/refuses-${status}`, { status, body: { error: "no such customer" } });
    const run = await world.run([post(`/refuses-${status}`, { retry: AT_ONCE })]);
    expect(run.error).toMatchObject({ code: `http_${status}` });
    expect(stepAt(run, "call")).toMatchObject({
      status: "failed",
      attempts: 1,
      error: { code: `http_${status}`, details: { status, body: { error: "no such customer" } } },
    });
    expect(peer.calls(`/refuses-${status}`)).toHaveLength(1);
  });

  test('with onError "continue" the run goes on and reads why', async () => {
    const { peer } = world;
    peer.answer("/refuses-and-goes-on", { status: 404 });
    const run = await world.run([
      post("/refuses-and-goes-on", { onError: "continue" }),
      set("why", { code: "{{ steps.call.error.code }}", output: "{{ steps.call.output }}" }),
    ]);
    expect(run).toMatchObject({ status: "succeeded", output: { code: "http_404", output: null } });
  });

  test("an address inside the network is never called, and the step says how an administrator could allow it", async () => {
    for (const host of ["10.0.0.1", "169.254.169.254", "[::1]", "192.168.1.1"]) {
      const run = await world.run([send("call", `http://${host}/latest/meta-data`, {}, { retry: AT_ONCE })]);
      const { error, attempts } = stepAt(run, "call");
      expect(error).toMatchObject({ code: "egress_blocked" });
      expect(error?.message).toContain("EGRESS_ALLOW");
      expect(attempts).toBe(1);
    }
  });

  test("input that the resolved data makes invalid is never sent", async () => {
    const { peer } = world;
    const run = await world.run(
      [send("call", `${peer.origin}/{{ trigger.body }}`, { method: "{{ trigger.body }}" })],
      "BREW",
    );
    expect(stepAt(run, "call")).toMatchObject({ status: "failed", attempts: 0, error: { code: "invalid_input" } });
    expect(stepAt(run, "call").error?.message).toContain("input.method");
    expect(peer.calls("/BREW")).toHaveLength(0);
  });
});

describe("an answer larger than what is kept", () => {
  test("fails the step and says so", async () => {
    const { peer } = world;
    peer.answer("/large", { body: "x".repeat(9 * 1024 * 1024) });
    const run = await world.run([post("/large", { retry: ONCE, onUnknown: "fail" })]);
    expect(stepAt(run, "call")).toMatchObject({ status: "failed", error: { code: "response_too_large" } });
  });

  test("that grows beyond it when it is read fails the step and says that the call has happened", async () => {
    const { peer } = world;
    peer.answer("/growing", {
      body: new Uint8Array(7 * 1024 * 1024),
      headers: { "content-type": "application/octet-stream" },
    });
    const run = await world.run([post("/growing", {}, { responseType: "base64" })]);
    expect(stepAt(run, "call").error).toMatchObject({ code: "output_too_large" });
    expect(stepAt(run, "call").error?.message).toContain("has happened");
    expect(peer.calls("/growing")).toHaveLength(1);
  });
});
