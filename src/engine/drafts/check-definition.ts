import type { FieldError } from "../../domain/errors.ts";
import { parseWorkflow } from "../../domain/parse-workflow.ts";
import type { Step, WorkflowDefinition } from "../../domain/workflow.ts";
import { locateProblem } from "../../domain/workflow-draft.ts";
import { type CompileDeps, compileWorkflow } from "../compile-workflow.ts";

/**
 * Everything that is wrong with a definition. The compiler stops at a wrong shape; so that one empty field does not hide
 * the mistakes in all other steps, what has the wrong shape is replaced for a second look.
 */
export async function checkDefinition(
  definition: WorkflowDefinition,
  deps: CompileDeps,
): Promise<readonly FieldError[]> {
  const parsed = parseWorkflow(definition);
  const candidate = parsed.ok ? parsed.definition : mendShape(definition, parsed.errors);
  const compiled = await compileWorkflow(candidate, deps);
  const others = compiled.ok ? [] : compiled.errors;
  if (parsed.ok) return others;
  // The replacement itself can be refused (a limit, an id used twice): then only the first list says something useful.
  return parseWorkflow(candidate).ok ? [...parsed.errors, ...others] : parsed.errors;
}

function mendShape(definition: WorkflowDefinition, errors: readonly FieldError[]): WorkflowDefinition {
  const paths = new Map<string, string[]>();
  for (const error of errors) {
    const { stepId, path } = locateProblem(definition, error);
    if (stepId !== null) paths.set(stepId, [...(paths.get(stepId) ?? []), path]);
  }
  const mend = (steps: readonly Step[]): Step[] => steps.map((step) => mendStep(step, paths.get(step.id) ?? [], mend));
  return { ...definition, name: definition.name || "Untitled", steps: mend(definition.steps) };
}

/** Of a step that holds others only the wrong parts are replaced: the steps inside keep their places. */
function mendStep(step: Step, wrong: readonly string[], mend: (steps: readonly Step[]) => Step[]): Step {
  const isWrong = (place: string) => wrong.some((path) => path.startsWith(place));
  switch (step.kind) {
    case "branch":
      return {
        id: step.id,
        kind: "branch",
        branches: step.branches.map((branch, at) => ({
          name: isWrong(`branches[${at}].name`) ? `Branch ${at + 1} of ${step.id}` : branch.name,
          when: isWrong(`branches[${at}].when`) ? { expression: "true" } : branch.when,
          steps: mend(branch.steps),
        })),
        ...(step.otherwise && { otherwise: mend(step.otherwise) }),
      };
    case "parallel":
      return {
        id: step.id,
        kind: "parallel",
        branches: step.branches.map((branch, at) => ({
          name: isWrong(`branches[${at}].name`) ? `Branch ${at + 1} of ${step.id}` : branch.name,
          steps: mend(branch.steps),
        })),
      };
    case "loop":
      return { id: step.id, kind: "loop", items: isWrong("items") ? [] : step.items, steps: mend(step.steps) };
    default:
      return wrong.length === 0 ? step : { id: step.id, kind: "set", values: {} };
  }
}
