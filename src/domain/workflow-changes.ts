import { type Lane, lanesOf, ROOT } from "./walk-steps.ts";
import type { Step, WorkflowDefinition } from "./workflow.ts";

/** What a version of a workflow changes against the one before it, for the audit log: which parts, by step id. */
export type WorkflowChanges = {
  readonly trigger: boolean;
  /** The name, limits and other settings of the workflow as a whole. */
  readonly settings: boolean;
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly string[];
  /** Now at another place, or in another order. */
  readonly moved: boolean;
};

/** Longer lists would make the audit log a copy of the definitions. */
const MAX_NAMED = 50;

export function describeChanges(before: WorkflowDefinition | null, after: WorkflowDefinition): WorkflowChanges {
  const old = placeSteps(before?.steps ?? []);
  const now = placeSteps(after.steps);
  const stayed = [...now.keys()].filter((id) => old.has(id));
  const named = (ids: readonly string[]) => ids.slice(0, MAX_NAMED);
  return {
    trigger: !isSame(before?.trigger, after.trigger),
    settings: !isSame(settingsOf(before), settingsOf(after)),
    added: named([...now.keys()].filter((id) => !old.has(id))),
    removed: named([...old.keys()].filter((id) => !now.has(id))),
    changed: named(stayed.filter((id) => !isSame(old.get(id)?.own, now.get(id)?.own))),
    moved: !isSame(orderOf(old, now), orderOf(now, old)),
  };
}

interface Placed {
  /** Of the step itself, without the steps inside of it: they are told for themselves. */
  readonly own: unknown;
  readonly lane: Lane;
}

function placeSteps(
  steps: readonly Step[],
  lane: Lane = ROOT,
  into = new Map<string, Placed>(),
): ReadonlyMap<string, Placed> {
  for (const step of steps) {
    into.set(step.id, { own: ownPart(step), lane });
    for (const inner of lanesOf(step).lanes) placeSteps(inner.steps, inner.lane, into);
  }
  return into;
}

function ownPart(step: Step): unknown {
  switch (step.kind) {
    case "branch": {
      const { otherwise: _, branches, ...own } = step;
      return { ...own, branches: branches.map(({ steps: _, ...branch }) => branch) };
    }
    case "parallel":
      return { ...step, branches: step.branches.map(({ steps: _, ...branch }) => branch) };
    case "loop": {
      const { steps: _, ...own } = step;
      return own;
    }
    default:
      return step;
  }
}

function settingsOf(definition: WorkflowDefinition | null): unknown {
  if (definition === null) return null;
  const { trigger: _, steps: __, ...settings } = definition;
  return settings;
}

/** Of the steps that both have, each with where it lies. */
function orderOf(steps: ReadonlyMap<string, Placed>, others: ReadonlyMap<string, Placed>): unknown {
  return [...steps].filter(([id]) => others.has(id)).map(([id, { lane }]) => [id, lane]);
}

/** As stored: fields that are undefined are none. */
function isSame(left: unknown, right: unknown): boolean {
  return Bun.deepEquals(asStored(left), asStored(right));
}

function asStored(value: unknown): unknown {
  return value === undefined ? null : JSON.parse(JSON.stringify(value));
}
