import { placeKey, type Signal, type StepRecord } from "./run.ts";

/** What a person decides about one step of a run. */
export type Decision = Extract<Signal, { readonly kind: "approval" | "resolve" }>;

export function isDecision(signal: Signal): signal is Decision {
  return signal.kind === "approval" || signal.kind === "resolve";
}

/**
 * Whether the step can still be decided about. `stored` are the run's signals that nobody has applied yet: until the
 * first of two decisions is applied the step looks as if it waited, and the second must not be told that it counts.
 */
export function isOpenFor(
  decision: Decision,
  step: Pick<StepRecord, "state" | "waitingFor"> | null,
  stored: readonly Signal[],
): boolean {
  const place = placeKey(decision.path, decision.iteration);
  const isTaken = (signal: Signal) =>
    signal.kind === "cancel" || (isDecision(signal) && placeKey(signal.path, signal.iteration) === place);
  if (stored.some(isTaken)) return false;
  if (step === null) return true;
  return decision.kind === "approval"
    ? step.state === "waiting" && step.waitingFor === "approval"
    : step.state === "needs_review";
}
