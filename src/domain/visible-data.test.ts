import { expect, test } from "bun:test";
import { ledgerPlaceOf, visibleAt } from "./visible-data.ts";
import type { Step } from "./workflow.ts";

const set = (id: string): Step => ({ id, kind: "set", values: {} });
const steps: Step[] = [
  set("a"),
  {
    id: "b",
    kind: "branch",
    branches: [
      { name: "x", when: { expression: "true" }, steps: [set("b1"), set("b2")] },
      { name: "y", when: { expression: "true" }, steps: [set("b3")] },
    ],
  },
  {
    id: "l",
    kind: "loop",
    items: [],
    steps: [set("l1"), { id: "p", kind: "parallel", branches: [{ name: "z", steps: [set("l2")] }] }],
  },
  set("z"),
];
const at = (id: string) => {
  const visible = visibleAt(steps, id);
  return visible && [visible.steps.map((step) => step.id).join(" "), visible.isInLoop];
};

test("a step sees what came before it, as the compiler does", () => {
  expect(at("a")).toEqual(["", false]);
  expect(at("b2")).toEqual(["a b b1", false]);
  // The other branch may not have run, but the compiler takes its name only afterwards.
  expect(at("b3")).toEqual(["a b", false]);
  expect(at("l1")).toEqual(["a b1 b2 b3 b", true]);
  expect(at("l2")).toEqual(["a b1 b2 b3 b l1", true]);
  expect(at("z")).toEqual(["a b1 b2 b3 b l", false]);
  expect(at("gone")).toBeNull();
});

test("a step stands in the ledger under the ids around it", () => {
  expect(ledgerPlaceOf(steps, "a")).toEqual({ path: "a", loops: 0 });
  expect(ledgerPlaceOf(steps, "b3")).toEqual({ path: "b/b3", loops: 0 });
  expect(ledgerPlaceOf(steps, "l2")).toEqual({ path: "l/p/l2", loops: 1 });
  expect(ledgerPlaceOf(steps, "gone")).toBeNull();
});
