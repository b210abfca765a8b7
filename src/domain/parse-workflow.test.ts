import { describe, expect, test } from "bun:test";
import { parseWorkflow } from "./parse-workflow.ts";
import { LIMITS } from "./workflow.ts";

const definition = (steps: unknown[]) => ({
  name: "Test",
  trigger: { connector: "webhook", trigger: "request" },
  steps,
});
const action = { id: "a", kind: "action", connector: "http", action: "request" };
const set = (id: string) => ({ id, kind: "set", values: {} });
const paths = (input: unknown): string[] => {
  const parsed = parseWorkflow(input);
  return parsed.ok ? [] : parsed.errors.map((error) => error.path);
};
const messages = (input: unknown): string[] => {
  const parsed = parseWorkflow(input);
  return parsed.ok ? [] : parsed.errors.map((error) => error.message);
};

describe("a definition", () => {
  test("of every step kind is accepted, with defaults filled in", () => {
    const parsed = parseWorkflow(
      definition([
        { ...action, labels: { C1: "#deliveries" } },
        {
          id: "b",
          kind: "branch",
          branches: [
            { name: "x", when: { any: [{ all: [{ left: 1, operator: "equals", right: 1 }] }] }, steps: [set("b1")] },
            { name: "y", when: { expression: "true" }, steps: [] },
          ],
          otherwise: [set("b2")],
        },
        { id: "c", kind: "parallel", branches: [{ name: "x", steps: [set("c1")] }] },
        { id: "d", kind: "loop", items: "{{ trigger.body }}", maxConcurrency: 2, steps: [set("d1")] },
        { id: "e", kind: "delay", for: "PT5M" },
        { id: "f", kind: "approval", message: "Go?", timeout: "P3D" },
        { id: "g", kind: "workflow", workflow: "wf_1", input: { x: 1 } },
        { id: "h", kind: "code", source: "export default () => 1" },
        { id: "i", kind: "respond", status: 201, body: { ok: true } },
        { id: "j", kind: "stop", outcome: "succeeded" },
      ]),
    );
    expect(parsed).toMatchObject({
      ok: true,
      definition: { trigger: { input: {} }, steps: [{ input: {} }, {}, {}, {}, {}, {}, {}, {}, {}, {}] },
    });
  });

  test.each([
    ["not an object", null, ""],
    ["without a name", { ...definition([]), name: undefined }, "name"],
    ["with an unknown field", { ...definition([]), colour: 1 }, "colour"],
    [
      "with a name for a value that is no text",
      { ...definition([{ ...action, labels: { C1: 5 } }]) },
      "steps[0].labels.C1",
    ],
    ["with an unknown step kind", definition([{ id: "a", kind: "magic" }]), "steps[0].kind"],
    ["with a step id that expressions cannot name", definition([set("a-b")]), "steps[0].id"],
    ["with a reserved step id", definition([set("in")]), "steps[0].id"],
    ["with a duplicate step id", definition([set("a"), set("b"), set("a")]), "steps[2].id"],
    [
      "with a duplicate step id in a branch",
      definition([set("a"), { id: "p", kind: "parallel", branches: [{ name: "x", steps: [set("a")] }] }]),
      "steps[1].branches[0].steps[0].id",
    ],
    [
      "with two branches of one name",
      definition([
        {
          id: "p",
          kind: "parallel",
          branches: [
            { name: "x", steps: [] },
            { name: "x", steps: [] },
          ],
        },
      ]),
      "steps[0].branches[1].name",
    ],
    [
      "with an unknown operator",
      definition([
        {
          id: "b",
          kind: "branch",
          branches: [{ name: "x", when: { any: [{ all: [{ left: 1, operator: "is", right: 1 }] }] }, steps: [] }],
        },
      ]),
      "steps[0].branches[0].when.any[0].all[0].operator",
    ],
    ["with a duration nobody can read", definition([{ id: "d", kind: "delay", for: "5 minutes" }]), "steps[0].for"],
    ["with a delay of both kinds", definition([{ id: "d", kind: "delay", for: "PT1S", until: "x" }]), "steps[0]"],
    [
      "with too many attempts",
      definition([{ id: "a", kind: "action", connector: "c", action: "a", retry: { maxAttempts: 1e9 } }]),
      "steps[0].retry.maxAttempts",
    ],
  ])("%s is refused by its path", (_name, input, path) => {
    expect(paths(input)).toEqual([path]);
  });

  test("says which operators and kinds there are", () => {
    expect(messages(definition([{ id: "a", kind: "magic" }]))[0]).toContain("action, branch, parallel");
  });

  test("nested deeper than allowed is refused without running out of stack", () => {
    let steps: unknown[] = [];
    for (let depth = 0; depth <= LIMITS.nestingDepth; depth += 1)
      steps = [{ id: `l${depth}`, kind: "loop", items: [], steps }];
    expect(messages(definition(steps))[0]).toContain("levels deep");
  });

  test("with too many steps is refused", () => {
    const many = Array.from({ length: LIMITS.stepsPerWorkflow + 1 }, (_, index) => set(`s${index}`));
    expect(paths(definition(many))).toEqual(["steps"]);
  });
});
