import type { FieldError } from "./errors.ts";
import { collectIds, innerSequences } from "./walk-steps.ts";
import type { Step, WorkflowDefinition } from "./workflow.ts";

/**
 * A workflow as somebody is editing it. Its steps can be walked like a definition's, but values may be missing or wrong;
 * it becomes the workflow's definition as soon as nothing is wrong with it any more.
 */
export interface WorkflowDraft {
  readonly definition: WorkflowDefinition;
  /** Texts that are no values yet, such as JSON with a bracket missing, by `unfinishedKey`. */
  readonly unfinished: Readonly<Record<string, string>>;
}

/** Of a step (the trigger has none) and the field's path in its form, such as `input.body`. */
export function unfinishedKey(stepId: string | null, path: string): string {
  return `${stepId ?? ""}/${path}`;
}

/** Those of one step or the trigger, by the field's path. */
export function unfinishedOf(draft: WorkflowDraft, stepId: string | null): Record<string, string> {
  const prefix = unfinishedKey(stepId, "");
  const entries = Object.entries(draft.unfinished).filter(([key]) => key.startsWith(prefix));
  return Object.fromEntries(entries.map(([key, text]) => [key.slice(prefix.length), text]));
}

/** The draft with that step's unfinished texts replaced. */
export function withUnfinished(
  draft: WorkflowDraft,
  stepId: string | null,
  texts: readonly { readonly path: string; readonly text: string }[],
): WorkflowDraft {
  const prefix = unfinishedKey(stepId, "");
  const others = Object.entries(draft.unfinished).filter(([key]) => !key.startsWith(prefix));
  const own = texts.map(({ path, text }) => [prefix + path, text] as const);
  return { ...draft, unfinished: Object.fromEntries([...others, ...own]) };
}

/** The draft with another definition; unfinished texts of steps that are gone go with them. */
export function withDefinition(draft: WorkflowDraft, definition: WorkflowDefinition): WorkflowDraft {
  const ids = collectIds(definition.steps);
  const kept = Object.entries(draft.unfinished).filter(([key]) => {
    const stepId = key.slice(0, key.indexOf("/"));
    return stepId === "" || ids.has(stepId);
  });
  return { definition, unfinished: Object.fromEntries(kept) };
}

/** A complaint, with the step it is about. */
export interface Problem {
  /** Null for the trigger and for the workflow itself. */
  readonly stepId: string | null;
  /** `trigger` and `workflow` have forms of their own. */
  readonly about: "step" | "trigger" | "workflow";
  /** Within the step or trigger: `input.url`. */
  readonly path: string;
  readonly message: string;
}

const STEP = /^(?:\.branches\[(\d+)\])?\.?(steps|otherwise)\[(\d+)\]/;

/** `steps[2].branches[0].steps[1].input.url` → the id of that step, and `input.url`. */
export function locateProblem(definition: WorkflowDefinition, { path, message }: FieldError): Problem {
  if (path === "trigger" || path.startsWith("trigger."))
    return { stepId: null, about: "trigger", path: path.slice("trigger.".length), message };
  let step: Step | null = null;
  let rest = path;
  for (let match = STEP.exec(rest); match; match = STEP.exec(rest)) {
    const suffix = match[1] === undefined ? `.${match[2]}` : `.branches[${match[1]}].${match[2]}`;
    const list: readonly Step[] | undefined = step
      ? innerSequences(step).find((inner) => inner.suffix === suffix)?.steps
      : definition.steps;
    const next: Step | undefined = list?.[Number(match[3])];
    if (!next) break;
    step = next;
    rest = rest.slice(match[0].length);
  }
  const inner = rest.replace(/^\./, "");
  return step
    ? { stepId: step.id, about: "step", path: inner, message }
    : { stepId: null, about: "workflow", path: inner, message };
}
