import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { JsonObject } from "../../src/domain/json.ts";
import { BY_WEBHOOK, type FlowWorld, openFlowWorld, type Published, reached } from "./flow-world.ts";
import { type StepJson, send, set } from "./steps.ts";

let world: FlowWorld;
beforeAll(async () => {
  world = await openFlowWorld();
});
afterAll(() => world.close());

const respond = (more: JsonObject = {}, id = "answer") => ({ id, kind: "respond", ...more });

function publish(steps: readonly StepJson[], responseTimeoutMs = 10_000): Promise<Published> {
  return world.publish({ trigger: BY_WEBHOOK, responseTimeoutMs, steps });
}

test("the caller gets the workflow's status, headers and body", async () => {
  const headers = { "X-Order": "{{ trigger.body.id }}", "Set-Cookie": "session=stolen" };
  const { deliver } = await publish([respond({ status: 201, headers, body: { order: "{{ trigger.body.id }}" } })]);
  const response = await deliver({ id: 7 });
  expect(response.status).toBe(201);
  expect(response.headers.get("x-order")).toBe("7");
  expect(response.headers.get("content-security-policy")).toBe("sandbox");
  expect(response.headers.get("x-content-type-options")).toBe("nosniff");
  expect(response.headers.get("set-cookie")).toBeNull();
  expect(await response.json()).toEqual({ order: 7 });
});

test("a hundred callers at once each get their own answer", async () => {
  const { deliver } = await publish([
    set("twice", { n: "{{ trigger.body * 2 }}" }),
    respond({ body: "{{ steps.twice.output.n }}" }),
  ]);
  const answers = await Promise.all(Array.from({ length: 100 }, async (_, n) => (await deliver(n)).json()));
  expect(answers).toEqual(answers.map((_, n) => n * 2));
});

test("the answer can hold what another system has answered", async () => {
  const { peer } = world;
  peer.answer("/price", { body: { price: 12 } });
  const { deliver } = await publish([
    send("ask", `${peer.origin}/price`),
    respond({ body: "{{ steps.ask.output.body }}" }),
  ]);
  expect(await (await deliver()).json()).toEqual({ price: 12 });
});

test("the first respond wins", async () => {
  const { deliver } = await publish([respond({ body: "first" }, "one"), respond({ body: "second" }, "two")]);
  expect(await (await deliver()).text()).toBe("first");
});

test("the caller does not wait for what comes after the answer", async () => {
  const { peer } = world;
  const { promise, resolve } = Promise.withResolvers<void>();
  peer.answer("/after-answer", { after: promise });
  const { deliver } = await publish([respond({ body: "{{ run.id }}" }), send("later", `${peer.origin}/after-answer`)]);
  const runId = await (await deliver()).text();
  expect(await world.find(runId)).toMatchObject({ status: "running" });
  resolve();
  await world.until(runId, "succeeded");
});

test("what has been answered is stored, and so is the step", async () => {
  const { deliver } = await publish([respond({ body: "{{ run.id }}" }), { id: "pause", kind: "delay", for: "P1D" }]);
  const run = await world.find(await (await deliver()).text());
  expect(reached(run)).toContain("answer");
});

test("a duplicate gets the first answer, also while the first is still being worked on", async () => {
  const { peer } = world;
  const { promise, resolve } = Promise.withResolvers<void>();
  peer.answer("/before-answer", { after: promise });
  const { deliver } = await publish([send("ask", `${peer.origin}/before-answer`), respond({ body: "{{ run.id }}" })]);
  const headers = { "Idempotency-Key": "same" };
  const first = deliver({}, { headers });
  await peer.called("/before-answer", 1);
  const second = deliver({}, { headers });
  await Bun.sleep(20);
  resolve();
  const runId = await (await first).text();
  expect(await (await second).text()).toBe(runId);
  expect(await (await deliver({}, { headers })).text()).toBe(runId);
  expect(peer.calls("/before-answer")).toHaveLength(1);
});

describe("without an answer in time", () => {
  test("the caller gets 504 with the run's id, and the run goes on", async () => {
    const { peer } = world;
    const { promise, resolve } = Promise.withResolvers<void>();
    peer.answer("/too-slow", { after: promise });
    const { deliver } = await publish([send("ask", `${peer.origin}/too-slow`), respond()], 150);
    const response = await deliver();
    expect(response.status).toBe(504);
    const problem = (await response.json()) as { code: string; runId: string };
    expect(problem.code).toBe("response_timeout");
    resolve();
    await world.until(problem.runId, "succeeded");
  });

  test("a run that only waits is no reason to answer earlier", async () => {
    const { deliver } = await publish([{ id: "ok", kind: "approval", message: "Go?" }, respond()], 120);
    expect((await deliver()).status).toBe(504);
  });
});

describe("a run that ends without having answered", () => {
  const never = {
    id: "never",
    kind: "branch",
    branches: [{ name: "no", when: { expression: "false" }, steps: [respond()] }],
  };

  test("200 with its status when it succeeded", async () => {
    const { deliver } = await publish([never]);
    const response = await deliver();
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ runId: expect.stringMatching(/^run_/), status: "succeeded" });
  });

  test("500 run_failed when it failed", async () => {
    const { deliver } = await publish([{ id: "end", kind: "stop", outcome: "failed", message: "secret" }, never]);
    const response = await deliver();
    expect(response.status).toBe(500);
    const problem = await response.json();
    expect(JSON.stringify(problem)).not.toContain("secret");
    expect(problem).toMatchObject({ code: "run_failed", runId: expect.stringMatching(/^run_/) });
  });

  test("500 run_failed when it was cancelled while the caller waited", async () => {
    const { deliver, id } = await publish([{ id: "pause", kind: "delay", for: "P1D" }, respond()]);
    const waiting = deliver();
    let runId = "";
    while (runId === "") runId = (await world.api("GET", `/runs?workflowId=${id}`)).body.data[0]?.id ?? "";
    await world.until(runId, "waiting");
    await world.api("POST", `/runs/${runId}/cancel`);
    expect((await waiting).status).toBe(500);
  });

  test("a duplicate of one that has ended gets the same", async () => {
    const { deliver } = await publish([never]);
    const headers = { "Idempotency-Key": "ended" };
    const first = await (await deliver({}, { headers })).json();
    expect(await (await deliver({}, { headers })).json()).toEqual(first);
  });
});
