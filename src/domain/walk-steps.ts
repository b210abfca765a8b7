import { RESERVED_IDS, type Step, type WorkflowDefinition } from "./workflow.ts";

/* Finding one's way among the steps of a definition, which lie in lists inside of one another. */

/** A list of steps: the workflow's own (`parent` null), or one inside a step. */
export interface Lane {
  readonly parent: string | null;
  /** A branch's number, `otherwise` of a branch step, or `steps`. */
  readonly part: number | "otherwise" | "steps";
}

export const ROOT: Lane = { parent: null, part: "steps" };

export function findStep(definition: WorkflowDefinition, id: string): Step | null {
  return findPlace(definition, id)?.step ?? null;
}

/** A list of steps inside a step, with what it is called. */
export interface NamedLane {
  readonly lane: Lane;
  readonly name: string | null;
  readonly steps: readonly Step[];
}

export function lanesOf(step: Step): { readonly lanes: readonly NamedLane[] } {
  switch (step.kind) {
    case "branch":
    case "parallel": {
      const lanes: NamedLane[] = step.branches.map(({ name, steps }, part) => ({
        lane: { parent: step.id, part },
        name,
        steps,
      }));
      if (step.kind === "branch" && step.otherwise)
        lanes.push({ lane: { parent: step.id, part: "otherwise" }, name: null, steps: step.otherwise });
      return { lanes };
    }
    case "loop":
      return { lanes: [{ lane: { parent: step.id, part: "steps" }, name: null, steps: step.steps }] };
    default:
      return { lanes: [] };
  }
}

/** Every connection that the trigger or a step names, once. */
export function connectionIds({ trigger, steps }: WorkflowDefinition): readonly string[] {
  const found = new Set<string>();
  const visit = (step: Step) => {
    if (step.kind === "action" && step.connection !== undefined) found.add(step.connection);
    for (const inner of innerSequences(step)) inner.steps.forEach(visit);
  };
  if (trigger.connection !== undefined) found.add(trigger.connection);
  steps.forEach(visit);
  return [...found];
}

/** The step lists inside a step, with the suffix that their path takes. */
export function innerSequences(step: Step): { readonly steps: readonly Step[]; readonly suffix: string }[] {
  switch (step.kind) {
    case "branch":
      return [
        ...step.branches.map((branch, index) => ({ steps: branch.steps, suffix: `.branches[${index}].steps` })),
        ...(step.otherwise ? [{ steps: step.otherwise, suffix: ".otherwise" }] : []),
      ];
    case "parallel":
      return step.branches.map((branch, index) => ({ steps: branch.steps, suffix: `.branches[${index}].steps` }));
    case "loop":
      return [{ steps: step.steps, suffix: ".steps" }];
    default:
      return [];
  }
}

interface Place {
  readonly step: Step;
  readonly lane: Lane;
  readonly siblings: readonly Step[];
  readonly index: number;
}

export function findPlace(definition: WorkflowDefinition, id: string): Place | null {
  const pending: NamedLane[] = [{ lane: ROOT, name: null, steps: definition.steps }];
  for (let list = pending.pop(); list; list = pending.pop()) {
    for (const [index, step] of list.steps.entries()) {
      if (step.id === id) return { step, lane: list.lane, siblings: list.steps, index };
      pending.push(...lanesOf(step).lanes);
    }
  }
  return null;
}

export function collectIds(steps: readonly Step[], into: Set<string> = new Set()): Set<string> {
  for (const step of steps) {
    into.add(step.id);
    for (const lane of lanesOf(step).lanes) collectIds(lane.steps, into);
  }
  return into;
}

const MAX_ID_LENGTH = 63;

/** `wanted` made into a step id that is not taken: `Send mail` → `send_mail`, `send_mail_2`. */
export function freshId(taken: ReadonlySet<string>, wanted: string): string {
  const word = wanted
    .replaceAll(/[^A-Za-z0-9_]+/g, "_")
    .replaceAll(/^_+|_+$/g, "")
    .replace(/^(?=\d)/, "step_");
  const base = RESERVED_IDS.has(word) || word === "" ? "step" : word.slice(0, MAX_ID_LENGTH - 5);
  if (!taken.has(base)) return base;
  const stem = base.replace(/_\d+$/, "");
  let number = 2;
  while (taken.has(`${stem}_${number}`)) number += 1;
  return `${stem}_${number}`;
}
