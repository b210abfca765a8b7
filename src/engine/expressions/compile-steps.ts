import type { ASTNode } from "@marcbachmann/cel-js";
import type { Json } from "../../domain/json.ts";
import { nearestName } from "../../platform/nearest-name.ts";
import type { CompileContext, CompiledNode, EvaluationScope, Run } from "./compile-context.ts";
import { MissingFieldError } from "./expression-error.ts";
import { Optional } from "./optional.ts";

type StepView = NonNullable<ReturnType<EvaluationScope["step"]>>;

/** `steps.<id>`: the step's result as `{ output }`, with `error` when it failed and the run went on. */
export function compileStep(context: CompileContext, node: ASTNode, id: string, optional: boolean): CompiledNode {
  checkStep(context, node, id);
  return stepNode((view) => asJson(view), id, optional, `steps.${id}`, DID_NOT_RUN);
}

/** The id in `steps.<id>`, `steps.?<id>` or `steps["<id>"]`; undefined when the node is none of these. */
export function stepOfReference(context: CompileContext, node: ASTNode): StepReference | undefined {
  if (node.op !== "." && node.op !== ".?" && node.op !== "[]" && node.op !== "[?]") return undefined;
  const [target, key] = node.args;
  if (target.op !== "id" || target.args !== "steps" || context.findLocal("steps") !== undefined) return undefined;
  const id = typeof key === "string" ? key : key.op === "value" ? key.args : undefined;
  if (typeof id !== "string") return undefined;
  return { id, optional: node.op === ".?" || node.op === "[?]", node };
}

export interface StepReference {
  readonly id: string;
  readonly optional: boolean;
  readonly node: ASTNode;
}

/** `steps.<id>.output` and `steps.<id>.error`, without building the object around them. */
export function compileStepField(
  context: CompileContext,
  node: ASTNode,
  step: StepReference,
  field: string,
  optional: boolean,
): CompiledNode {
  context.nodeCount += 1;
  checkStep(context, step.node, step.id);
  const text = `steps.${step.id}.${field}`;
  if (field === "output") {
    return stepNode((view) => view.output, step.id, optional || step.optional, text, DID_NOT_RUN);
  }
  if (field === "error") {
    return stepNode((view) => view.error, step.id, optional || step.optional, text, DID_NOT_FAIL);
  }
  return context.refuse(node, `a step has only "output" and "error": write steps.${step.id}.output.${field}`);
}

const DID_NOT_RUN = "the step has given no output in this run (it may stand in a branch that was not taken)";
const DID_NOT_FAIL = 'there is an error only after a failed step whose "onError" is "continue"';

function stepNode(
  select: (view: StepView) => Json | undefined,
  id: string,
  optional: boolean,
  text: string,
  reason: string,
): CompiledNode {
  const probe: Run<Json | undefined> = (scope) => {
    const view = scope.step(id);
    return view === undefined ? undefined : select(view);
  };
  if (optional) {
    return { run: (scope, budget, locals) => Optional.of(probe(scope, budget, locals)), probe, mayBeOptional: true };
  }
  return {
    run: (scope, budget, locals) => {
      const found = probe(scope, budget, locals);
      if (found === undefined)
        throw new MissingFieldError(`${text} is missing: ${reason}; test it with has(${text})`, null, "");
      return found;
    },
    probe,
    mayBeOptional: false,
  };
}

function asJson(view: StepView): Json {
  return {
    ...(view.output === undefined ? {} : { output: view.output }),
    ...(view.error === undefined ? {} : { error: view.error }),
  };
}

function checkStep(context: CompileContext, node: ASTNode, id: string): void {
  const { steps, laterSteps } = context.names;
  if (steps.has(id)) return;
  if (laterSteps.has(id)) {
    context.refuse(node, `step "${id}" has no result here: it comes later, encloses this step, or is inside a loop`);
  }
  const nearest = nearestName(id, steps);
  const advice = nearest === undefined ? listSteps(steps) : `did you mean "${nearest}"?`;
  context.refuse(node, `there is no step "${id}"; ${advice}`);
}

function listSteps(steps: ReadonlySet<string>): string {
  if (steps.size === 0) return "no step comes before this place";
  const ids = [...steps];
  const shown = ids.slice(0, MAX_LISTED_STEPS).join(", ");
  return `before this place there is: ${shown}${ids.length > MAX_LISTED_STEPS ? ", …" : ""}`;
}
const MAX_LISTED_STEPS = 20;
