import { expect, test } from "bun:test";
import type { Comparison } from "./condition.ts";
import { evaluateOperator } from "./condition.ts";
import { sampleBodyFor } from "./sample-body.ts";
import type { WorkflowDefinition } from "./workflow.ts";
import { workflowTemplate } from "./workflow-templates.ts";

const withRules = (...all: Comparison[]): WorkflowDefinition => ({
  ...workflowTemplate("blank", "x"),
  steps: [{ id: "b", kind: "branch", branches: [{ name: "x", when: { any: [{ all }] }, steps: [] }] }],
});

test("the starter's first call takes the branch that does something", () => {
  const body = sampleBodyFor(workflowTemplate("starter", ""), { id: "evt_1", email: "ada@example.com" });
  expect(body).toEqual({ amount: 101, email: "ada@example.com" });
});

test.each([
  ["equals", "EU"],
  ["equals", true],
  ["greater", 100],
  ["greater_or_equal", 0],
  ["less", -1],
  ["less_or_equal", 5],
  ["contains", "x"],
  ["starts_with", "+49"],
  ["in", ["EU", "UK"]],
] as const)("%s %p is satisfied", (operator, right) => {
  const body = sampleBodyFor(withRules({ left: "{{ trigger.body.f }}", operator, right }), {}) as { f: never };
  expect(evaluateOperator(operator, body.f, right)).toBe(true);
});

test("what nothing is known about gets a word, and a workflow that reads nothing the trigger's own example", () => {
  const unknown = withRules({ left: "{{ trigger.body.f }}", operator: "equals", right: "{{ vars.x }}" });
  expect(sampleBodyFor(unknown, null)).toEqual({ f: "example" });
  expect(sampleBodyFor(workflowTemplate("blank", ""), { id: 1 })).toEqual({ id: 1 });
});
