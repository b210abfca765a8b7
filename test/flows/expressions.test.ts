import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { BY_WEBHOOK, type FlowWorld, openFlowWorld, stepAt } from "./flow-world.ts";
import { loop, parallel, send, set } from "./steps.ts";

let world: FlowWorld;
beforeAll(async () => {
  world = await openFlowWorld();
});
afterAll(() => world.close());

test("a text that is one expression keeps its type; mixed texts become text", async () => {
  const body = { n: 2, list: [1, "a"], object: { b: true }, nothing: null, text: "x" };
  const run = await world.run(
    [
      set("types", {
        number: "{{ trigger.body.n }}",
        half: "{{ 5 / 2 }}",
        twice: "{{ trigger.body.n * 2 }}",
        size: "{{ size(trigger.body.list) }}",
        list: "{{ trigger.body.list }}",
        object: "{{ trigger.body.object }}",
        nothing: "{{ trigger.body.nothing }}",
        mixed: "n={{ trigger.body.n }} list={{ trigger.body.list }} nothing={{ trigger.body.nothing }}.",
        nested: { deep: ["{{ trigger.body.n > 1 }}", "plain"] },
      }),
    ],
    body,
  );
  expect(run.output).toEqual({
    number: 2,
    half: 2.5,
    twice: 4,
    size: 2,
    list: [1, "a"],
    object: { b: true },
    nothing: null,
    mixed: 'n=2 list=[1,"a"] nothing=.',
    nested: { deep: [true, "plain"] },
  });
});

test("they see the trigger, the run, the workflow and the variables", async () => {
  await world.setVariables({ region: "EU", limits: { max: 3 } });
  const workflow = await world.publish({
    name: "Sees everything",
    trigger: BY_WEBHOOK,
    steps: [
      set("seen", {
        header: '{{ trigger.headers["x-source"] }}',
        query: "{{ trigger.query.page }}",
        method: "{{ trigger.method }}",
        receivedAt: "{{ trigger.receivedAt }}",
        run: "{{ run.id }}",
        replayOf: "{{ run.replayOf }}",
        workflow: "{{ workflow.id }} {{ workflow.version }} {{ workflow.name }}",
        region: "{{ vars.region }}",
        max: "{{ vars.limits.max + 1 }}",
      }),
    ],
  });
  const runId = await workflow.accept({}, { query: "?page=2", headers: { "X-Source": "shop" } });
  const run = await world.until(runId, "succeeded");
  expect(run.output).toEqual({
    header: "shop",
    query: "2",
    method: "POST",
    receivedAt: run.trigger.receivedAt,
    run: runId,
    replayOf: null,
    workflow: `${workflow.id} 1 Sees everything`,
    region: "EU",
    max: 4,
  });
});

test("a changed variable is seen by the next run", async () => {
  await world.setVariables({ greeting: "hello" });
  const workflow = await world.publish({ steps: [set("greet", { text: "{{ vars.greeting }}" })] });
  expect((await world.settled(await workflow.start())).output).toEqual({ text: "hello" });
  await world.setVariables({ greeting: "hi" });
  expect((await world.settled(await workflow.start())).output).toEqual({ text: "hi" });
});

describe("a missing field", () => {
  test("fails the step, names its place and the path, and says what to write instead", async () => {
    const run = await world.run([set("first", {}), set("name", { text: ["Dear {{ trigger.body.customer.name }}"] })], {
      customer: {},
    });
    expect(run).toMatchObject({ status: "failed", error: { code: "expression" } });
    const { status, error } = stepAt(run, "name");
    expect(status).toBe("failed");
    expect(error?.code).toBe("expression");
    expect(error?.message).toContain("steps[1].values.text[0]");
    expect(error?.message).toContain("trigger.body.customer.name is missing");
    expect(error?.message).toContain("has(trigger.body.customer.name)");
  });

  test("can be given a default, or asked for", async () => {
    const run = await world.run(
      [
        set("careful", {
          name: '{{ trigger.body.?customer.?name.orValue("nobody") }}',
          known: "{{ has(trigger.body.customer) }}",
          none: "{{ trigger.body.?customer }}",
        }),
      ],
      {},
    );
    expect(run.output).toEqual({ name: "nobody", known: false, none: null });
  });

  test('in an action with onError "continue" can be read by later steps, and nothing is sent', async () => {
    const { peer } = world;
    const call = send("call", `${peer.origin}/{{ trigger.body.missing }}`, {}, { onError: "continue" });
    const run = await world.run([call, set("why", { error: "{{ steps.call.error }}" })], {});
    expect(run.status).toBe("succeeded");
    expect(run.output).toMatchObject({ error: { code: "expression" } });
    expect(stepAt(run, "call")).toMatchObject({ status: "failed", attempts: 0 });
  });

  test("in one iteration or branch fails the run, and siblings that are under way are waited for", async () => {
    const { peer } = world;
    const { promise, resolve } = Promise.withResolvers<void>();
    peer.answer("/beside-missing", { after: promise });
    const steps = [
      parallel(
        "both",
        [send("slow", `${peer.origin}/beside-missing`)],
        [send("wait", `${peer.origin}/quick`), set("bad", { x: "{{ trigger.body.x }}" })],
      ),
    ];
    const runId = await (await world.publish({ steps })).start({});
    await peer.called("/beside-missing", 1);
    await world.until(runId, (run) => run.steps.some((step) => step.status === "failed" || step.stepId === "wait"));
    resolve();
    const run = await world.until(runId, "failed");
    expect(stepAt(run, "both/slow")).toMatchObject({ status: "succeeded" });
  });
});

describe("data that looks like an expression", () => {
  const hostile = "{{ vars.secret }} and {{ 1 + 1 }}";

  test("stays what it is, however often it is passed on", async () => {
    await world.setVariables({ secret: "never shown" });
    const { peer } = world;
    peer.answer("/hostile", (call) => ({ body: { again: (call.body as { text: string }).text } }));
    const run = await world.run(
      [
        set("first", { text: "{{ trigger.body }}" }),
        send("call", `${peer.origin}/hostile`, { body: { text: "{{ steps.first.output.text }}" } }),
        set("second", { text: "got {{ steps.call.output.body.again }}" }),
        loop("each", ["{{ steps.second.output.text }}"], [set("third", { text: "{{ item }}" })]),
      ],
      hostile,
    );
    expect(peer.calls("/hostile")[0]!.body).toEqual({ text: hostile });
    expect(run.output).toEqual([{ text: `got ${hostile}` }]);
    expect(JSON.stringify(run)).not.toContain("never shown");
  });

  test("as a key is a key", async () => {
    const run = await world.run([set("copy", { body: "{{ trigger.body }}" })], { [hostile]: 1 });
    expect(run.output).toEqual({ body: { [hostile]: 1 } });
  });
});

test("an expression that would cost too much fails its step, and nobody else waits for it", async () => {
  const items = Array.from({ length: 3_000 }, (_, index) => index);
  const workflow = await world.publish({
    steps: [set("heavy", { n: "{{ trigger.body.map(a, trigger.body.map(b, a * b)) }}" })],
  });
  // Computing, not waiting: others may use the machine too. Nine million products would take many seconds.
  const before = process.cpuUsage();
  const runId = await workflow.start(items);
  const other = await world.run([set("quick", {})]);
  expect(other.status).toBe("succeeded");
  expect(process.cpuUsage(before).user).toBeLessThan(1_500_000);
  const run = await world.settled(runId);
  expect(stepAt(run, "heavy").error).toMatchObject({ code: "expression" });
});
