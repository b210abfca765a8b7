import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { JsonObject } from "../../src/domain/json.ts";
import { BY_WEBHOOK, type FlowWorld, openFlowWorld, type Published } from "./flow-world.ts";
import { send, set } from "./steps.ts";

let world: FlowWorld;
beforeAll(async () => {
  world = await openFlowWorld();
});
afterAll(() => world.close());

const publish = (dedupeBy?: string) =>
  world.publish({
    trigger: { ...BY_WEBHOOK, input: dedupeBy === undefined ? {} : { dedupeBy } },
    steps: [set("x", {})],
  });

interface Accepted {
  readonly runId: string;
  readonly duplicate: boolean;
}

async function deliver(workflow: Published, body: unknown, key?: string): Promise<Accepted> {
  const response = await workflow.deliver(body, { headers: key === undefined ? {} : { "Idempotency-Key": key } });
  expect(response.status).toBe(202);
  return (await response.json()) as Accepted;
}

async function countRuns({ id }: Published): Promise<number> {
  return (await world.api("GET", `/runs?workflowId=${id}&limit=200`)).body.data.length;
}

describe("deliveries of the same event", () => {
  test("by expression: the second one gets the first one's run", async () => {
    const workflow = await publish("{{ trigger.body.id }}");
    const first = await deliver(workflow, { id: "evt_1", n: 1 });
    expect(first.duplicate).toBe(false);
    expect(await deliver(workflow, { id: "evt_1", n: 2 })).toEqual({ runId: first.runId, duplicate: true });
    expect((await deliver(workflow, { id: "evt_2" })).duplicate).toBe(false);
    expect(await countRuns(workflow)).toBe(2);
  });

  test("the expression beats the header", async () => {
    const workflow = await publish("{{ trigger.body.id }}");
    const first = await deliver(workflow, { id: 1 }, "a");
    expect(await deliver(workflow, { id: 1 }, "b")).toEqual({ runId: first.runId, duplicate: true });
    expect((await deliver(workflow, { id: 2 }, "a")).duplicate).toBe(false);
  });

  test("ids beyond 2^53 that differ in their last digit are two events, and go on as they came", async () => {
    const workflow = await world.publish({
      trigger: { ...BY_WEBHOOK, input: { dedupeBy: "{{ trigger.body.id }}" } },
      steps: [set("seen", { id: "{{ trigger.body.id }}" })],
    });
    const raw = (id: string) =>
      workflow.deliver(`{"id":${id}}`, { headers: { "content-type": "application/json" } }).then((r) => r.json());
    const first = (await raw("1234567890123456788")) as Accepted;
    expect(await raw("1234567890123456789")).toMatchObject({ duplicate: false });
    expect(await raw("1234567890123456788")).toEqual({ runId: first.runId, duplicate: true });
    expect((await world.until(first.runId, "succeeded")).output).toEqual({ id: "1234567890123456788" });
  });

  test("by Idempotency-Key when there is no expression", async () => {
    const workflow = await publish();
    const first = await deliver(workflow, { n: 1 }, "order-1");
    expect(await deliver(workflow, { n: 2 }, "order-1")).toEqual({ runId: first.runId, duplicate: true });
    expect((await deliver(workflow, { n: 1 }, "order-2")).duplicate).toBe(false);
  });

  test.each([
    ["an empty value", { id: "" }],
    ["null", { id: null }],
    ["a missing field", {}],
  ])("%s is no key: every delivery is a new event", async (_what, body: JsonObject) => {
    const workflow = await publish("{{ trigger.body.id }}");
    for (const expected of [1, 2]) {
      expect((await deliver(workflow, body, "ignored")).duplicate).toBe(false);
      expect(await countRuns(workflow)).toBe(expected);
    }
  });

  test("without either every delivery is a new event", async () => {
    const workflow = await publish();
    await deliver(workflow, { id: 1 });
    expect((await deliver(workflow, { id: 1 })).duplicate).toBe(false);
  });

  test("objects are compared by what is in them", async () => {
    const workflow = await publish("{{ trigger.body.key }}");
    await deliver(workflow, { key: { a: 1, list: [1] } });
    expect((await deliver(workflow, { key: { a: 1, list: [1] } })).duplicate).toBe(true);
    expect((await deliver(workflow, { key: { a: 1, list: [2] } })).duplicate).toBe(false);
  });

  test("a hundred at the same moment start one run", async () => {
    const workflow = await publish("{{ trigger.body.id }}");
    const answers = await Promise.all(Array.from({ length: 100 }, (_, n) => deliver(workflow, { id: "same", n })));
    expect(new Set(answers.map(({ runId }) => runId)).size).toBe(1);
    expect(answers.filter(({ duplicate }) => !duplicate)).toHaveLength(1);
    expect(await countRuns(workflow)).toBe(1);
  });

  test("a duplicate sends nothing, though it was planned in memory before it was known to be one", async () => {
    const { peer } = world;
    const steps = [set("x", {}), send("call", `${peer.origin}/duplicate-effects`)];
    const workflow = await world.publish({
      trigger: { ...BY_WEBHOOK, input: { dedupeBy: "{{ trigger.body }}" } },
      steps,
    });
    const answers = await Promise.all(Array.from({ length: 20 }, () => deliver(workflow, "same")));
    await world.until(answers[0]!.runId, "succeeded");
    expect(peer.calls("/duplicate-effects")).toHaveLength(1);
  });

  test("are events of their own in another workflow", async () => {
    const [one, two] = [await publish("{{ trigger.body.id }}"), await publish("{{ trigger.body.id }}")];
    await deliver(one, { id: 1 });
    expect((await deliver(two, { id: 1 })).duplicate).toBe(false);
  });

  test("are known across versions, for 30 days", async () => {
    const workflow = await publish("{{ trigger.body.id }}");
    await deliver(workflow, { id: 1 });
    await workflow.change({ steps: [set("y", {})] });
    world.clock.jump(29 * 86_400_000);
    expect((await deliver(workflow, { id: 1 })).duplicate).toBe(true);
    world.clock.jump(2 * 86_400_000);
    expect((await deliver(workflow, { id: 1 })).duplicate).toBe(false);
  });
});

describe("runs started through the API", () => {
  test("with the same Idempotency-Key are one run, and their input is trigger.body", async () => {
    const workflow = await world.publish({ steps: [set("x", { n: "{{ trigger.body.n }}" })] });
    const headers = { "Idempotency-Key": "start-1" };
    const runId = await workflow.start({ n: 1 }, headers);
    expect(await workflow.start({ n: 2 }, headers)).toBe(runId);
    const run = await world.settled(runId);
    expect(run).toMatchObject({ source: "api", output: { n: 1 }, trigger: { body: { n: 1 }, method: null } });
  });

  test("a key says nothing about deliveries with the same one", async () => {
    const workflow = await publish();
    const runId = await workflow.start({}, { "Idempotency-Key": "k" });
    expect((await deliver(workflow, {}, "k")).runId).not.toBe(runId);
  });

  test("a webhook's workflow can be started by hand, too", async () => {
    const workflow = await publish();
    expect(await world.settled(await workflow.start({ n: 1 }))).toMatchObject({ status: "succeeded", source: "api" });
  });
});
