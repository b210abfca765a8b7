import type { Place, StepRecord } from "./run.ts";
import type { LoopBody, StepLine } from "./run-view-store.ts";

/*
 * The same reads as of a `RunViewStore`, for a run whose steps stand together in its own row (`packed-ledger.ts`): they
 * have to be read together.
 */

const TROUBLED: ReadonlySet<StepRecord["state"]> = new Set(["failed_final", "needs_review", "unknown"]);

export function linesOf(
  ledger: readonly StepRecord[],
  paths: readonly string[],
  iterations: readonly (readonly number[])[],
): readonly StepLine[] {
  const wantedPaths = new Set(paths);
  const wanted = new Set(iterations.map(String));
  return ledger.filter(({ path, iteration }) => wantedPaths.has(path) && wanted.has(String(iteration))).map(toLine);
}

export function loopProgressOf(ledger: readonly StepRecord[], { paths, around }: LoopBody, limit: number) {
  const wanted = new Set(paths);
  const begun = new Set<number>();
  const troubled = new Set<number>();
  for (const { path, iteration, state } of ledger) {
    const index = iteration[around.length];
    if (index === undefined || !wanted.has(path) || around.some((each, depth) => iteration[depth] !== each)) continue;
    if (path === paths[0]) begun.add(index);
    if (TROUBLED.has(state) && troubled.size < limit) troubled.add(index);
  }
  return { begun: begun.size, troubled: [...troubled].sort((a, b) => a - b) };
}

export function attemptsOf(ledger: readonly StepRecord[], place: Place): readonly StepRecord[] {
  return ledger.filter(({ path, iteration }) => path === place.path && String(iteration) === String(place.iteration));
}

function toLine({ input, output: _, ...record }: StepRecord): StepLine {
  return { ...record, items: record.kind === "loop" && Array.isArray(input) ? input.length : null };
}
