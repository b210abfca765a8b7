import { lanesOf } from "./walk-steps.ts";
import type { Step } from "./workflow.ts";

/** What the expressions of one step can name. */
export interface VisibleData {
  /** Steps that come before, in the order of the flow. */
  readonly steps: readonly Step[];
  /** Whether `item` and `index` exist. */
  readonly isInLoop: boolean;
}

/**
 * As the compiler sees it: what stands inside branches is there afterwards (if it ran), what stands inside a loop is not,
 * because there would be one for each item. Null for a step that is not there.
 */
export function visibleAt(steps: readonly Step[], stepId: string): VisibleData | null {
  return search(steps, stepId, [], false);
}

function search(
  steps: readonly Step[],
  wanted: string,
  before: readonly Step[],
  isInLoop: boolean,
): VisibleData | null {
  const visible = [...before];
  for (const step of steps) {
    if (step.id === wanted) return { steps: visible, isInLoop };
    const inside = step.kind === "branch" ? [...visible, step] : visible;
    for (const { steps: inner } of lanesOf(step).lanes) {
      const found = search(inner, wanted, inside, isInLoop || step.kind === "loop");
      if (found) return found;
    }
    if (step.kind !== "loop") visible.push(...lanesOf(step).lanes.flatMap((lane) => everyStep(lane.steps)));
    visible.push(step);
  }
  return null;
}

/** Where a step stands in a run's ledger: the chain of ids, and how many loops are around it. Null when it is not there. */
export function ledgerPlaceOf(
  steps: readonly Step[],
  stepId: string,
): { readonly path: string; readonly loops: number } | null {
  for (const step of steps) {
    if (step.id === stepId) return { path: step.id, loops: 0 };
    for (const lane of lanesOf(step).lanes) {
      const inner = ledgerPlaceOf(lane.steps, stepId);
      if (inner) return { path: `${step.id}/${inner.path}`, loops: inner.loops + (step.kind === "loop" ? 1 : 0) };
    }
  }
  return null;
}

/** Those inside loops are left out here, too. */
function everyStep(steps: readonly Step[]): Step[] {
  return steps.flatMap((step) => [
    ...(step.kind === "loop" ? [] : lanesOf(step).lanes.flatMap((lane) => everyStep(lane.steps))),
    step,
  ]);
}
