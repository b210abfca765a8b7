import { newStep } from "./new-step.ts";
import { type Renames, renameInStep } from "./rename-references.ts";
import { collectIds, findPlace, findStep, freshId, type Lane, lanesOf, ROOT } from "./walk-steps.ts";
import { LIMITS, type Step, type WorkflowDefinition } from "./workflow.ts";

/*
 * Changes to a definition as the builder makes them: pure, by the ids of steps, so that a change made on an older page
 * still finds its place. Ids stay unique and the limits hold whatever is done; what a step holds may be incomplete.
 */

/** A place between steps; `after` null is the beginning of the list. */
export interface Spot {
  readonly lane: Lane;
  readonly after: string | null;
}

export type Edited =
  | { readonly ok: true; readonly definition: WorkflowDefinition }
  /** Why not, in words for the person who asked. */
  | { readonly ok: false; readonly message: string };

export function addStep(definition: WorkflowDefinition, spot: Spot, step: Step): Edited {
  const taken = collectIds(definition.steps);
  if ([...collectIds([step])].some((id) => taken.has(id))) return refuse(`There is already a step "${step.id}".`);
  return within(insert(definition, spot, step));
}

export function deleteStep(definition: WorkflowDefinition, id: string): Edited {
  if (!findStep(definition, id)) return missing(id);
  return accept(mapLists(definition, (steps) => steps.filter((step) => step.id !== id)));
}

/** Into another place; inside itself it cannot be put. */
export function moveStep(definition: WorkflowDefinition, id: string, spot: Spot): Edited {
  const step = findStep(definition, id);
  if (!step) return missing(id);
  if (spot.after === id) return accept(definition);
  if (spot.lane.parent !== null && collectIds([step]).has(spot.lane.parent))
    return refuse("A step cannot be moved into itself.");
  const without = mapLists(definition, (steps) => steps.filter((each) => each.id !== id));
  return within(insert(without, spot, step));
}

/** One place up or down in its list; from the end of a list out of it, before or behind the step that holds it. */
export function moveStepBy(definition: WorkflowDefinition, id: string, by: -1 | 1): Edited {
  const place = findPlace(definition, id);
  if (!place) return missing(id);
  const { lane, siblings, index } = place;
  const target = index + by;
  if (target >= 0 && target < siblings.length) {
    const after = by === 1 ? siblings[target]!.id : (siblings[target - 1]?.id ?? null);
    return moveStep(definition, id, { lane, after });
  }
  const outer = lane.parent === null ? null : findPlace(definition, lane.parent);
  if (!outer) return accept(definition);
  const after = by === 1 ? outer.siblings[outer.index]!.id : (outer.siblings[outer.index - 1]?.id ?? null);
  return moveStep(definition, id, { lane: outer.lane, after });
}

/** A copy right behind the step, with new ids all through; what names an inner step names its copy. */
export function duplicateStep(definition: WorkflowDefinition, id: string): Edited & { readonly copyId?: string } {
  const place = findPlace(definition, id);
  if (!place) return missing(id);
  const taken = collectIds(definition.steps);
  const renames = new Map<string, string>();
  for (const old of collectIds([place.siblings[place.index]!])) {
    const fresh = freshId(taken, old);
    taken.add(fresh);
    renames.set(old, fresh);
  }
  const copy = renameAll([place.siblings[place.index]!], renames)[0]!;
  const inserted = within(insert(definition, { lane: place.lane, after: id }, copy));
  return inserted.ok ? { ...inserted, copyId: copy.id } : inserted;
}

/** Expressions that name the step follow. `to` must be free; whether it is a good id is for the schema to say. */
export function renameStep(definition: WorkflowDefinition, id: string, to: string): Edited {
  if (!findStep(definition, id)) return missing(id);
  if (id === to) return accept(definition);
  if (collectIds(definition.steps).has(to)) return refuse(`There is already a step "${to}".`);
  return accept({ ...definition, steps: renameAll(definition.steps, new Map([[id, to]])) });
}

/** Puts `step` where the step of the same id stands. */
export function replaceStep(definition: WorkflowDefinition, step: Step): Edited {
  if (!findStep(definition, step.id)) return missing(step.id);
  return within(mapLists(definition, (steps) => steps.map((each) => (each.id === step.id ? step : each))));
}

/** Puts a new step in the place of the one with its id; steps inside are kept where the new kind can hold them. */
export function changeKind(definition: WorkflowDefinition, beginning: Step): Edited {
  const step = findStep(definition, beginning.id);
  if (!step) return missing(beginning.id);
  const fresh = { ...beginning, ...(step.name !== undefined && { name: step.name }) };
  if (step.kind === fresh.kind && step.kind !== "action") return accept(definition);
  const { lanes } = lanesOf(step);
  const first = lanes[0]?.steps ?? [];
  if (fresh.kind === "loop") return replaceStep(definition, { ...fresh, steps: lanes.flatMap(({ steps }) => steps) });
  if (fresh.kind === "branch" && step.kind === "parallel")
    return replaceStep(definition, {
      ...fresh,
      branches: step.branches.map((branch) => ({ ...fresh.branches[0]!, ...branch })),
    });
  if (fresh.kind === "parallel" && step.kind === "branch")
    return replaceStep(definition, {
      ...fresh,
      branches: lanes.map(({ name, steps }) => ({ name: name ?? "Otherwise", steps })),
    });
  if (fresh.kind === "branch" || fresh.kind === "parallel") {
    const [one, ...others] = fresh.branches;
    return replaceStep(definition, { ...fresh, branches: [{ ...one!, steps: first }, ...others] } as Step);
  }
  return replaceStep(definition, fresh);
}

// Branches --------------------------------------------------------------------------------------------------------------

const MAX_BRANCHES = 50;

export function addBranch(definition: WorkflowDefinition, id: string): Edited {
  return editBranches(definition, id, (branches, fresh) => {
    if (branches.length >= MAX_BRANCHES) return `A step has at most ${MAX_BRANCHES} branches.`;
    const names = new Set(branches.map((branch) => branch.name));
    let number = branches.length + 1;
    while (names.has(`Branch ${number}`)) number += 1;
    return [...branches, { ...fresh, name: `Branch ${number}`, steps: [] }];
  });
}

export function removeBranch(definition: WorkflowDefinition, id: string, index: number): Edited {
  return editBranches(definition, id, (branches) => {
    if (branches.length === 1) return "A step needs at least one branch; delete the step instead.";
    return branches.filter((_, at) => at !== index);
  });
}

/** In a branch step the order decides which one is taken. */
export function moveBranch(definition: WorkflowDefinition, id: string, index: number, by: -1 | 1): Edited {
  return editBranches(definition, id, (branches) => {
    const [moved, target] = [branches[index], branches[index + by]];
    if (!moved || !target) return branches;
    return branches.map((branch, at) => (at === index ? target : at === index + by ? moved : branch));
  });
}

export function setOtherwise(definition: WorkflowDefinition, id: string, on: boolean): Edited {
  const step = findStep(definition, id);
  if (step?.kind !== "branch") return missing(id);
  const { otherwise, ...rest } = step;
  return replaceStep(definition, on ? { ...rest, otherwise: otherwise ?? [] } : rest);
}

interface AnyBranch {
  readonly name: string;
  readonly steps: readonly Step[];
}

function editBranches(
  definition: WorkflowDefinition,
  id: string,
  edit: (branches: readonly AnyBranch[], fresh: AnyBranch) => readonly AnyBranch[] | string,
): Edited {
  const step = findStep(definition, id);
  if (step?.kind !== "branch" && step?.kind !== "parallel") return missing(id);
  const fresh = newStep(step.kind, id) as typeof step;
  const edited = edit(step.branches, fresh.branches[0]!);
  return typeof edited === "string" ? refuse(edited) : replaceStep(definition, { ...step, branches: edited } as Step);
}

// Private ---------------------------------------------------------------------------------------------------------------

/** Rebuilds every list, inner ones first. */
function mapLists(
  definition: WorkflowDefinition,
  change: (steps: readonly Step[], lane: Lane) => readonly Step[],
): WorkflowDefinition {
  const visit = (steps: readonly Step[], lane: Lane): readonly Step[] =>
    change(
      steps.map((step) => withLanes(step, visit)),
      lane,
    );
  return { ...definition, steps: visit(definition.steps, ROOT) };
}

function withLanes(step: Step, visit: (steps: readonly Step[], lane: Lane) => readonly Step[]): Step {
  const parent = step.id;
  switch (step.kind) {
    case "branch":
      return {
        ...step,
        branches: step.branches.map((branch, part) => ({ ...branch, steps: visit(branch.steps, { parent, part }) })),
        ...(step.otherwise && { otherwise: visit(step.otherwise, { parent, part: "otherwise" }) }),
      };
    case "parallel":
      return {
        ...step,
        branches: step.branches.map((branch, part) => ({ ...branch, steps: visit(branch.steps, { parent, part }) })),
      };
    case "loop":
      return { ...step, steps: visit(step.steps, { parent, part: "steps" }) };
    default:
      return step;
  }
}

function insert(definition: WorkflowDefinition, { lane, after }: Spot, step: Step): WorkflowDefinition | null {
  let inserted = false;
  const result = mapLists(definition, (steps, here) => {
    if (here.parent !== lane.parent || here.part !== lane.part) return steps;
    const index = after === null ? 0 : steps.findIndex((each) => each.id === after) + 1;
    if (after !== null && index === 0) return steps;
    inserted = true;
    return [...steps.slice(0, index), step, ...steps.slice(index)];
  });
  return inserted ? result : null;
}

function renameAll(steps: readonly Step[], renames: Renames): readonly Step[] {
  return steps.map((step) => {
    const renamed = { ...renameInStep(step, renames), id: renames.get(step.id) ?? step.id };
    return withLanes(renamed, (inner) => renameAll(inner, renames));
  });
}

/** Nothing that goes beyond the limits is taken, so that what was saved can always be loaded. */
function within(definition: WorkflowDefinition | null): Edited {
  if (!definition) return refuse("The place is gone: somebody has changed the steps around it. Choose another.");
  if (collectIds(definition.steps).size > LIMITS.stepsPerWorkflow)
    return refuse(`A workflow has at most ${LIMITS.stepsPerWorkflow} steps; put some into a workflow of their own.`);
  if (depthOf(definition.steps) > LIMITS.nestingDepth)
    return refuse(
      `Steps nest at most ${LIMITS.nestingDepth} levels deep; put the inner ones into a workflow of their own.`,
    );
  return accept(definition);
}

function depthOf(steps: readonly Step[]): number {
  const inner = steps.flatMap((step) => lanesOf(step).lanes).map((lane) => depthOf(lane.steps));
  return 1 + Math.max(0, ...inner);
}

function accept(definition: WorkflowDefinition): Edited {
  return { ok: true, definition };
}

function refuse(message: string): { readonly ok: false; readonly message: string } {
  return { ok: false, message };
}

function missing(id: string): { readonly ok: false; readonly message: string } {
  return refuse(`The step "${id}" is gone: somebody has removed or renamed it.`);
}
