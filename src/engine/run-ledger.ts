import type { Task } from "../domain/next-step.ts";
import { mayHaveHappened, placeKey, type StepRecord } from "../domain/run.ts";

/** The ledger rows of one run while a worker holds it: what earlier workers left, and what the next barrier writes. */
export class RunLedger {
  /** Rows that are stored exactly so. */
  readonly #stored: ReadonlySet<StepRecord>;
  /** The newest row of each place that has not been reached again yet. */
  readonly #restored = new Map<string, StepRecord>();
  /** What an earlier run of this replay did, by place. */
  readonly #prior = new Map<string, StepRecord>();
  /** Effects, by place and epoch, that may have happened in an attempt whose outcome is unknown. */
  readonly #uncertain = new Set<string>();
  #pending = new Map<string, StepRecord>();

  constructor(stored: readonly StepRecord[]) {
    this.#stored = new Set(stored);
    for (const record of stored) {
      keepNewest(record.state === "prior" ? this.#prior : this.#restored, record);
      this.#noteUncertain(record);
    }
  }

  /** Takes what an earlier worker left at this place; each is looked at once. */
  takeRestored(task: Task): StepRecord | undefined {
    const record = this.#restored.get(task.key);
    this.#restored.delete(task.key);
    return record;
  }

  prior(task: Task): StepRecord | undefined {
    return this.#prior.get(task.key);
  }

  /** The epoch of a row that must not take the place of what an earlier run did there. */
  nextEpoch(task: Task): number {
    const prior = this.#prior.get(task.key);
    return prior ? prior.epoch + 1 : 0;
  }

  /** True when an attempt under the same key, this one or one before it, may have had its effect. */
  isUncertain(record: StepRecord): boolean {
    return this.#uncertain.has(effectKey(record));
  }

  isStored(record: StepRecord): boolean {
    return this.#stored.has(record);
  }

  /**
   * A row as an earlier worker stored it is not written again: a run that waits a thousand times in a loop would write
   * all that it has done a thousand times, and would count as progressing although it only crashes.
   */
  write(record: StepRecord): void {
    if (this.#stored.has(record)) return;
    this.#noteUncertain(record);
    this.#pending.set(`${effectKey(record)}.${record.attempt}`, record);
  }

  get pendingRows(): number {
    return this.#pending.size;
  }

  takePending(): readonly StepRecord[] {
    const rows = [...this.#pending.values()];
    this.#pending = new Map();
    return rows;
  }

  #noteUncertain(record: StepRecord): void {
    if (record.state !== "started" && mayHaveHappened(record)) this.#uncertain.add(effectKey(record));
  }
}

/** Rows come in the order planned, so of two equal ones the later is the newer. */
function keepNewest(rows: Map<string, StepRecord>, record: StepRecord): void {
  const key = placeKey(record.path, record.iteration);
  const held = rows.get(key);
  if (!held || record.epoch > held.epoch || (record.epoch === held.epoch && record.attempt >= held.attempt))
    rows.set(key, record);
}

function effectKey({ path, iteration, epoch }: StepRecord): string {
  return `${placeKey(path, iteration)}@${epoch}`;
}
