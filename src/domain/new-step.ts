import type { Step, StepKind } from "./workflow.ts";

/** A step as it begins: what can be guessed is there, the rest is for its form to ask. An action begins with the choice of one. */
export function newStep(kind: Exclude<StepKind, "action">, id: string): Step {
  switch (kind) {
    case "branch":
      return {
        id,
        kind,
        branches: [
          { name: "Branch 1", when: { any: [{ all: [{ left: "", operator: "equals", right: "" }] }] }, steps: [] },
        ],
        otherwise: [],
      };
    case "parallel":
      return {
        id,
        kind,
        branches: [
          { name: "Branch 1", steps: [] },
          { name: "Branch 2", steps: [] },
        ],
      };
    case "loop":
      return { id, kind, items: "{{ trigger.body }}", steps: [] };
    case "delay":
      return { id, kind, for: "PT5M" };
    case "approval":
      return { id, kind, message: "Go on?" };
    case "workflow":
      return { id, kind, workflow: "" };
    case "set":
      return { id, kind, values: {} };
    case "code":
      return { id, kind, source: "export default ({ input }) => {\n  return input;\n};\n", input: {} };
    case "respond":
      return { id, kind, status: 200, body: { ok: true } };
    case "stop":
      return { id, kind, outcome: "succeeded" };
  }
}
