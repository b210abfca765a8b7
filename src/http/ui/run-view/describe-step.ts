import type { Step } from "../../../domain/workflow.ts";

/** What kind of step it is, in words for the person who looks at a run. */
export function describeKind(step: Step): string {
  switch (step.kind) {
    case "action":
      return `${step.connector} · ${step.action}`;
    case "branch":
      return step.mode === "all" ? "Every branch that matches" : "First branch that matches";
    case "parallel":
      return "Side by side";
    case "loop":
      return "For each item";
    case "delay":
      return step.for === undefined ? "Wait until a time" : `Wait ${step.for}`;
    case "approval":
      return "Approval";
    case "workflow":
      return "Another workflow";
    case "set":
      return "Set values";
    case "code":
      return "Code";
    case "respond":
      return "Answer the caller";
    case "stop":
      return step.outcome === "failed" ? "Stop as failed" : "Stop";
  }
}
