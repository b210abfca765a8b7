import { afterAll, beforeAll, expect, test } from "bun:test";
import { type FlowWorld, openFlowWorld, reached, stepAt } from "./flow-world.ts";
import { loop, send, set } from "./steps.ts";

let world: FlowWorld;
beforeAll(async () => {
  world = await openFlowWorld();
});
afterAll(() => world.close());

test("every item runs in order with its item and index, and the last outputs are listed", async () => {
  const run = await world.run(
    [loop("each", "{{ trigger.body }}", [set("line", { text: "{{ index }}: {{ item.name }}" })])],
    [{ name: "Ada" }, { name: "Grace" }],
  );
  expect(run.output).toEqual([{ text: "0: Ada" }, { text: "1: Grace" }]);
  expect(stepAt(run, "each/line", 1).output).toEqual({ text: "1: Grace" });
  expect(run.steps.map((step) => [step.path, ...step.iteration])).toEqual([
    ["each"],
    ["each/line", 0],
    ["each/line", 1],
  ]);
});

test("a loop in a loop has indexes of both, and sees the inner item", async () => {
  const inner = loop("inner", "{{ item }}", [set("cell", { value: "{{ item }}", column: "{{ index }}" })]);
  const run = await world.run([loop("rows", [["a", "b"], ["c"]], [inner])]);
  expect(stepAt(run, "rows/inner/cell", 0, 1).output).toEqual({ value: "b", column: 1 });
  expect(stepAt(run, "rows/inner/cell", 1, 0).output).toEqual({ value: "c", column: 0 });
  expect(run.output).toEqual([
    [
      { value: "a", column: 0 },
      { value: "b", column: 1 },
    ],
    [{ value: "c", column: 0 }],
  ]);
});

test("after an inner loop, item is the outer one's again", async () => {
  const steps = [loop("inner", [1, 2], [set("x", {})]), set("outer", { item: "{{ item }}", index: "{{ index }}" })];
  const run = await world.run([loop("rows", ["a", "b"], steps)]);
  expect(run.output).toEqual([
    { item: "a", index: 0 },
    { item: "b", index: 1 },
  ]);
});

test("steps of one iteration read each other, not those of another", async () => {
  const steps = [set("twice", { n: "{{ item * 2 }}" }), set("more", { n: "{{ steps.twice.output.n + 1 }}" })];
  const run = await world.run([loop("each", [1, 2, 3], steps, 3)]);
  expect(run.output).toEqual([{ n: 3 }, { n: 5 }, { n: 7 }]);
});

test("never more items are under way than maxConcurrency, and never fewer while there are some", async () => {
  const { peer } = world;
  let underWay = 0;
  let most = 0;
  const leave = () => {
    underWay -= 1;
  };
  peer.answer("/limited", () => {
    underWay += 1;
    most = Math.max(most, underWay);
    return { after: Bun.sleep(20).then(leave) };
  });
  const items = Array.from({ length: 12 }, (_, index) => index);
  const run = await world.run([loop("each", items, [send("call", `${peer.origin}/limited`)], 3)]);
  expect(run.status).toBe("succeeded");
  expect(peer.calls("/limited")).toHaveLength(12);
  expect(most).toBe(3);
});

test("without maxConcurrency one item runs after the other", async () => {
  const { peer } = world;
  const steps = [send("call", `${peer.origin}/one-by-one`, { body: "{{ index }}" })];
  const run = await world.run([{ id: "each", kind: "loop", items: [0, 1, 2, 3], steps }]);
  expect(run.status).toBe("succeeded");
  expect(peer.calls("/one-by-one").map((call) => call.body)).toEqual([0, 1, 2, 3]);
});

test("an empty list runs nothing and gives an empty list", async () => {
  const run = await world.run([loop("each", "{{ trigger.body }}", [set("x", {})]), set("after", {})], []);
  expect(reached(run)).toEqual(["each", "after"]);
  expect(stepAt(run, "each").output).toEqual([]);
});

test.each([
  ["an object", { a: 1 }, "object"],
  ["a text", "abc", "string"],
  ["null", null, "null"],
])("over %s the run fails and says what it got", async (_what, input, type) => {
  const run = await world.run([loop("each", "{{ trigger.body }}", [set("x", {})])], input);
  expect(run.status).toBe("failed");
  expect(stepAt(run, "each").error).toEqual({ code: "invalid_items", message: `items must be a list, but is ${type}` });
});

test("over 10,000 items is done, over 10,001 the run fails and says how to split them", async () => {
  const workflow = await world.publish({ steps: [loop("each", "{{ trigger.body }}", [set("x", {})], 50)] });
  const items = (count: number) => Array.from({ length: count }, () => 0);
  const [most, tooMany] = [await workflow.start(items(10_000)), await workflow.start(items(10_001))];
  const refused = await world.settled(tooMany);
  expect(stepAt(refused, "each").error).toMatchObject({
    code: "invalid_items",
    message: expect.stringContaining("10001 entries; a loop takes at most 10000. Split"),
  });
  const done = await world.settled(most);
  expect(done.status).toBe("succeeded");
  expect(done.output).toHaveLength(10_000);
});

test("an item that fails ends the run; items that have not begun never do", async () => {
  const { peer } = world;
  peer.answer("/third-fails", {}, {}, { status: 404 });
  const steps = [send("call", `${peer.origin}/third-fails`)];
  const run = await world.run([loop("each", [0, 1, 2, 3, 4], steps)]);
  expect(run).toMatchObject({ status: "failed", error: { code: "http_404" } });
  expect(peer.calls("/third-fails")).toHaveLength(3);
  expect(stepAt(run, "each/call", 2)).toMatchObject({ status: "failed" });
});

test('with onError "continue" the others go on, and later steps see which failed', async () => {
  const { peer } = world;
  peer.answer("/second-fails", {}, { status: 404 }, {});
  const call = send("call", `${peer.origin}/second-fails`, {}, { onError: "continue" });
  const steps = [call, set("note", { failed: "{{ has(steps.call.error) }}" })];
  const run = await world.run([loop("each", [0, 1, 2], steps)]);
  expect(run).toMatchObject({ status: "succeeded", output: [{ failed: false }, { failed: true }, { failed: false }] });
});
