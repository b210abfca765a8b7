import { placeKey, type StepRecord } from "./run.ts";

export interface ReplayRequest {
  readonly from: "start" | "failed";
  /** True: effects that have succeeded are done again, under a new epoch and so a new idempotency key. */
  readonly repeatEffects: boolean;
}

/**
 * The ledger rows that a replay starts with. Pure. `ledger` is the whole ledger of the run that is replayed.
 *
 * - from the failed step: what succeeded stays done, what may have happened stays unknown under its key, what was
 *   refused for good is planned anew under a new epoch;
 * - from the start: pure and safe steps run again; an effect that has succeeded becomes `prior`, which is compared
 *   with the new input when its place is reached.
 */
export function planReplay(ledger: readonly StepRecord[], request: ReplayRequest): readonly StepRecord[] {
  return [...latestByPlace(ledger).values()].flatMap((record) => {
    const carried = request.from === "failed" ? fromFailed(record) : fromStart(record, request.repeatEffects);
    return carried ? [carried] : [];
  });
}

function fromFailed(record: StepRecord): StepRecord | null {
  switch (record.state) {
    case "succeeded":
    case "skipped":
    case "prior":
      return record;
    case "started":
      return isEffect(record) ? unknown(record) : record;
    case "unknown":
    case "needs_review":
      return isEffect(record) ? unknown(record) : null;
    default:
      return isEffect(record) ? plannedAnew(record) : null;
  }
}

function fromStart(record: StepRecord, repeatEffects: boolean): StepRecord | null {
  if (!isEffect(record)) return null;
  if (repeatEffects) return plannedAnew(record);
  if (record.effect === "safe") return null;
  switch (record.state) {
    case "succeeded":
    case "prior":
      return { ...record, state: "prior" };
    case "started":
    case "unknown":
    case "needs_review":
      return unknown(record);
    case "skipped":
      return null;
    default:
      return plannedAnew(record);
  }
}

/** Steps that reach outside: actions and the runs of sub-workflows. */
function isEffect(record: StepRecord): boolean {
  return record.kind === "action" || record.kind === "workflow";
}

/** Keeps its key: the provider may have it. */
function unknown(record: StepRecord): StepRecord {
  return { ...record, state: "unknown", waitingFor: null, wakeAt: null };
}

/** A new effect, with a key that the provider has not seen; its input is resolved when it is reached. */
function plannedAnew(record: StepRecord): StepRecord {
  return {
    ...record,
    state: "planned",
    epoch: record.epoch + 1,
    attempt: 1,
    idempotencyKey: null,
    input: undefined,
    output: undefined,
    error: null,
    waitingFor: null,
    wakeAt: null,
    startedAt: null,
    finishedAt: null,
  };
}

function latestByPlace(ledger: readonly StepRecord[]): Map<string, StepRecord> {
  const latest = new Map<string, StepRecord>();
  for (const record of ledger) {
    const key = placeKey(record.path, record.iteration);
    const held = latest.get(key);
    if (!held || record.epoch > held.epoch || (record.epoch === held.epoch && record.attempt >= held.attempt))
      latest.set(key, record);
  }
  return latest;
}
