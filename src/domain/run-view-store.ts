import type { Place, StepRecord } from "./run.ts";
import type { Scope } from "./tenant.ts";

/** A ledger row without what may be large. */
export interface StepLine extends Omit<StepRecord, "input" | "output"> {
  /** How many items a loop goes over; null for every other kind. */
  readonly items: number | null;
}

/** Steps of a list that is walked item by item: their paths, and the iterations around the loop. */
export interface LoopBody {
  readonly paths: readonly string[];
  /** The iteration that the loop itself stands in; `[]` outside other loops. */
  readonly around: readonly number[];
}

/**
 * Reads of the ledger by the part that is looked at: a run may have gone over ten thousand items, and a page shows a
 * few of them. Another workspace's run is answered like one that has no steps.
 */
export interface RunViewStore {
  /** Every attempt at these paths in these iterations (`[]`: outside loops), in the order planned. */
  lines(
    scope: Scope,
    runId: string,
    paths: readonly string[],
    iterations: readonly (readonly number[])[],
  ): Promise<readonly StepLine[]>;
  /** How many iterations of a loop have begun, and the first of those in which something failed or needs review. */
  loopProgress(
    scope: Scope,
    runId: string,
    body: LoopBody,
    limit: number,
  ): Promise<{ readonly begun: number; readonly troubled: readonly number[] }>;
  /** Every attempt at one place, whole, in the order planned. */
  attempts(scope: Scope, runId: string, place: Place): Promise<readonly StepRecord[]>;
}
