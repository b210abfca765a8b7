import { mayHaveHappened, placeKey, type StepRecord } from "./run.ts";

/** How the run that a sub-workflow step had started is replayed, when its step is reached again. */
export interface ChildReplay {
  readonly runId: string;
  readonly from: "start" | "failed";
  readonly version: "same" | "published";
}

export interface ReplayRequest {
  readonly from: "start" | "failed";
  /** True: effects that have succeeded are done again, under a new epoch and so a new idempotency key. */
  readonly repeatEffects: boolean;
  readonly version: "same" | "published";
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
  return rowsByPlace(ledger).flatMap((rows) => {
    const record = standingOf(rows);
    const carried = request.from === "failed" ? fromFailed(record, request) : fromStart(record, rows, request);
    return carried ? [carried] : [];
  });
}

/** What the attempts at one place come to. The newest says it, unless it has not done anything yet. */
function standingOf(rows: readonly StepRecord[]): StepRecord {
  const newest = newestOf(rows);
  // A replay has asked whether to repeat the effect with a changed input, and was not told: it has to ask again.
  const prior = priorOf(rows);
  if (prior && isEffect(newest) && newest.startedAt === null && newest.state !== "skipped") return prior;
  if (!HAS_NOT_SETTLED_IT.has(newest.state) || mayHaveHappened(newest)) return newest;
  const earlier = rows.findLast((row) => row.epoch === newest.epoch && mayHaveHappened(row));
  return earlier ? { ...unknown(newest), startedAt: earlier.startedAt } : newest;
}

/** After these states of an attempt it is still not known whether an earlier one under the same key has happened. */
const HAS_NOT_SETTLED_IT: ReadonlySet<StepRecord["state"]> = new Set([
  "planned",
  "unknown",
  "failed_retryable",
  "cancelled",
]);

function fromFailed(record: StepRecord, request: ReplayRequest): StepRecord | null {
  switch (record.state) {
    case "succeeded":
    case "skipped":
    case "prior":
      return record;
    default:
      if (mayHaveHappened(record)) return unknown(record);
      if (isEffect(record)) return plannedAnew(record, childReplay(record, request));
      return record.state === "started" ? record : null;
  }
}

function fromStart(record: StepRecord, rows: readonly StepRecord[], request: ReplayRequest): StepRecord | null {
  if (!isEffect(record)) return null;
  if (request.repeatEffects) return plannedAnew(record, null);
  if (record.effect === "safe") return null;
  switch (record.state) {
    case "succeeded":
    case "prior":
      return { ...record, state: "prior" };
    case "skipped":
      // Whoever skipped it did not say that it had not happened.
      return priorOf(rows) ?? (record.startedAt === null ? null : unknown(record));
    default:
      return mayHaveHappened(record) ? unknown(record) : plannedAnew(record, childReplay(record, request));
  }
}

/** Steps that reach outside: actions and the runs of sub-workflows. */
function isEffect(record: StepRecord): boolean {
  return record.kind === "action" || record.kind === "workflow";
}

/** Keeps its key: the provider may have it. Not finished, in contrast to one that a run has given up and gone on. */
function unknown(record: StepRecord): StepRecord {
  return { ...record, state: "unknown", waitingFor: null, wakeAt: null, finishedAt: null };
}

/** The run that a sub-workflow step has started, of which the row of the step tells; null when it has started none. */
export function startedChild({ kind, output }: StepRecord): string | null {
  if (kind !== "workflow" || typeof output !== "object" || output === null || !("runId" in output)) return null;
  return typeof output.runId === "string" ? output.runId : null;
}

/**
 * A new run of the sub-workflow would do again what the earlier one has completed, so that one is replayed in its turn.
 * Until the step is reached its row says so in `output`, where the run that it has started stands later.
 */
function childReplay(record: StepRecord, { from, version }: ReplayRequest): ChildReplay | null {
  const runId = startedChild(record);
  return runId === null ? null : { runId, from, version };
}

/** What `childReplay` has left in the row of a step that is planned. */
export function plannedChildReplay(record: StepRecord): ChildReplay | null {
  return record.state === "planned" && startedChild(record) !== null ? (record.output as unknown as ChildReplay) : null;
}

/** A new effect, with a key that the provider has not seen; its input is resolved when it is reached. */
function plannedAnew(record: StepRecord, child: ChildReplay | null): StepRecord {
  return {
    ...record,
    state: "planned",
    epoch: record.epoch + 1,
    attempt: 1,
    idempotencyKey: null,
    input: undefined,
    output: child === null ? undefined : { ...child },
    error: null,
    waitingFor: null,
    wakeAt: null,
    startedAt: null,
    finishedAt: null,
  };
}

function rowsByPlace(ledger: readonly StepRecord[]): readonly (readonly StepRecord[])[] {
  const places = new Map<string, StepRecord[]>();
  for (const record of ledger) {
    const key = placeKey(record.path, record.iteration);
    const rows = places.get(key);
    if (rows) rows.push(record);
    else places.set(key, [record]);
  }
  return [...places.values()];
}

function newestOf(rows: readonly StepRecord[]): StepRecord {
  return rows.reduce((newest, row) =>
    row.epoch > newest.epoch || (row.epoch === newest.epoch && row.attempt >= newest.attempt) ? row : newest,
  );
}

function priorOf(rows: readonly StepRecord[]): StepRecord | null {
  return rows.find((row) => row.state === "prior") ?? null;
}
