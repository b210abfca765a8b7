import { expect, test } from "bun:test";
import { compileExpression } from "../../../engine/expressions/compile-expression.ts";
import { flattenSample } from "./flatten-sample.ts";

const sample = {
  id: 1,
  "first name": "Ada",
  'quote"d': null,
  rows: [{ a: { b: [1, 2] } }, {}],
  empty: {},
  long: "x".repeat(200),
};

test("every path is an expression that the compiler takes", () => {
  const names = { loop: false, steps: new Set(["s"]), laterSteps: new Set(["s"]) };
  const items = flattenSample(sample, "steps.s.output");
  expect(items.map(({ path }) => path)).toEqual([
    "steps.s.output",
    "steps.s.output.id",
    'steps.s.output["first name"]',
    'steps.s.output["quote\\"d"]',
    "steps.s.output.rows",
    "steps.s.output.rows[0]",
    "steps.s.output.rows[0].a",
    "steps.s.output.rows[0].a.b",
    "steps.s.output.empty",
    "steps.s.output.long",
  ]);
  for (const { path } of items) expect(compileExpression(path, names)).toMatchObject({ ok: true });
});

test("a sample of any size gives a list that fits a panel", () => {
  const wide = Object.fromEntries(Array.from({ length: 10_000 }, (_, at) => [`k${at}`, "v".repeat(100)]));
  const items = flattenSample(wide, "trigger.body");
  expect(items).toHaveLength(80);
  expect(items[1]!.preview).toHaveLength(61);
});
