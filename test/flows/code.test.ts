import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Json, JsonObject } from "../../src/domain/json.ts";
import { type FlowWorld, openFlowWorld, stepAt } from "./flow-world.ts";
import { set } from "./steps.ts";

let world: FlowWorld;
beforeAll(async () => {
  world = await openFlowWorld();
});
afterAll(() => world.close());

const code = (source: string, input: Json = "{{ trigger.body }}", more: JsonObject = {}) => ({
  id: "calc",
  kind: "code",
  source,
  input,
  ...more,
});

test("gets its input and gives what it returns", async () => {
  const source = "export default ({ input }) => input.rows.map((row) => row.price * row.count)";
  const run = await world.run([code(source), set("sum", { first: "{{ steps.calc.output[0] }}" })], {
    rows: [{ price: 2.5, count: 2 }],
  });
  expect(stepAt(run, "calc")).toMatchObject({
    status: "succeeded",
    input: { rows: [{ price: 2.5, count: 2 }] },
    output: [5],
  });
  expect(run.output).toEqual({ first: 5 });
});

test("what it throws fails the step, with the line", async () => {
  const source = 'export default ({ input }) => {\n  if (!input.email) {\n    throw new Error("no e-mail");\n  }\n}';
  const run = await world.run([code(source)], {});
  expect(run.status).toBe("failed");
  const { error } = stepAt(run, "calc");
  expect(error?.code).toStartWith("code_");
  expect(error?.message).toContain("no e-mail");
  expect(error?.message).toContain("(line 3)");
});

test('with onError "continue" later steps read what it threw', async () => {
  const steps = [
    code('export default () => { throw new Error("out of stock"); }', null, { onError: "continue" }),
    set("why", { message: "{{ steps.calc.error.message }}" }),
  ];
  const run = await world.run(steps);
  expect(run.status).toBe("succeeded");
  expect(run.output).toEqual({ message: expect.stringContaining("out of stock") });
});

test("what takes longer than timeoutMs is stopped, and nobody else waits for it", async () => {
  const endless = await world.publish({
    steps: [code("export default () => { for (;;); }", null, { timeoutMs: 2_000 })],
  });
  const runId = await endless.start();
  const quick = await world.run([set("quick", {})]);
  const run = await world.settled(runId);
  expect(Date.parse(quick.finishedAt ?? "")).toBeLessThan(Date.parse(run.finishedAt ?? ""));
  expect(stepAt(run, "calc")).toMatchObject({ status: "failed", error: { code: "code_timeout" } });
});

test("it can reach neither the network nor the server's process", async () => {
  const source =
    "export default () => [typeof fetch, typeof process, typeof require, typeof Bun, typeof Deno, typeof WebSocket]";
  const run = await world.run([code(source)]);
  expect(run.output).toEqual(Array.from({ length: 6 }, () => "undefined"));
});
