import { AppError } from "../../domain/errors.ts";
import type { Database, Transaction } from "./database.ts";
import { isStorageFailure, unavailable } from "./postgres-failure.ts";
import { UnknownOutcome } from "./unknown-outcome.ts";

/** A batch ends here, so that one transaction neither holds its locks nor its answers back for long. */
const MAX_BATCH_INTENTIONS = 512;
const MAX_BATCH_CHARS = 8_000_000;

/**
 * A batch's fixed work (round trip, commit, flush) is what replicas that share a database pay twice. Where batches are at
 * least so large, callers who were just told get so long to come again before the next is sent with less than so many.
 */
const GATHER_FROM = 8;
const GATHER_TO = 48;
const GATHER_MS = 1;

/** So long a caller waits to hear what came of a COMMIT that was not answered. */
const PATIENCE_MS = 10_000;
const ASK_AGAIN_MS = 100;

/** In place of a result: not in this batch (another intention in it is about the same row), but in the next. */
export const NEXT_BATCH = Symbol("next batch");

/** How many intentions of one kind and tenant are written by the same few statements. */
export interface Operation<Intention, Result> {
  /** Results in the order of the intentions. Must do nothing but talk to the database: it may run twice. */
  write(
    transaction: Transaction,
    tenantId: string,
    intentions: readonly Intention[],
  ): Promise<readonly (Result | typeof NEXT_BATCH)[]>;
  /** True for an intention that is written without asking anything: a batch of such is sent whole. */
  needsNoAnswer?(intention: Intention): boolean;
}

interface Waiter {
  readonly operation: Operation<unknown, unknown>;
  readonly tenantId: string;
  readonly intention: unknown;
  readonly chars: number;
  readonly late: ((value: never) => void) | null;
  readonly resolve: (value: never) => void;
  readonly reject: (error: unknown) => void;
}
type Outcome = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: unknown };

/**
 * Gathers what concurrent callers want written and commits it in one transaction, because a durable commit costs the
 * same for one row as for hundreds. While a batch is being written the next one gathers.
 *
 *   submit ─► queue ─► BEGIN ─► for each tenant: set it, every operation once for all its intentions ─► COMMIT ─► told
 *                        │        (in one round trip where nothing of it needs an answer)
 *                        │ one fails                                          │ no answer
 *                        │                                                    └► asked until it is known
 *                        └► ROLLBACK ─► again, each intention in a SAVEPOINT: only the guilty one fails
 */
export class GroupCommit {
  readonly #database: Database;
  readonly #writer: string | null;
  readonly #patienceMs: number;
  #uncertain = false;
  #queue: Waiter[] = [];
  #writing: Promise<void> | null = null;
  #closed = false;
  #batches = 0;
  #intentions = 0;
  #failedBatches = 0;
  #lastBatchSize = 0;
  #totalMs = 0;

  /** `writer` is a name that no other group commit has; without one a lost answer stays unknown. */
  constructor(database: Database, writer: string | null = null, patienceMs = PATIENCE_MS) {
    this.#database = database;
    this.#writer = writer;
    this.#patienceMs = patienceMs;
  }

  /**
   * Resolves once the intention is durable; rejects with `unavailable` when its batch could not be committed, and with
   * what it failed with when that was its own fault. `chars` is about how much text it writes. When the answer to a
   * COMMIT is lost, it waits until it is known what came of it; with `late`, no longer than a while: it then rejects
   * with `UnknownOutcome`, and `late` is called if it turns out to be stored.
   */
  submit<Intention, Result>(
    operation: Operation<Intention, Result>,
    tenantId: string,
    intention: Intention,
    chars: number,
    late: ((result: Result) => void) | null = null,
  ): Promise<Result> {
    if (this.#uncertain) return Promise.reject(unavailable(null));
    if (this.#closed) return Promise.reject(new AppError("unavailable", "The server is shutting down; try again."));
    return new Promise<Result>((resolve, reject) => {
      const kind = operation as Operation<unknown, unknown>;
      this.#queue.push({ operation: kind, tenantId, intention, chars, late, resolve, reject });
      this.#writing ??= this.#writeAll();
    });
  }

  stats() {
    return {
      batches: this.#batches,
      intentions: this.#intentions,
      failedBatches: this.#failedBatches,
      lastBatchSize: this.#lastBatchSize,
      totalMs: this.#totalMs,
      waiting: this.#queue.length,
    };
  }

  /** Commits what is waiting; whatever is submitted afterwards is refused. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#writing;
  }

  async #writeAll(): Promise<void> {
    // Whatever the same turn of the event loop still submits belongs to this batch.
    await nextTurn();
    let tell: (() => void) | null = null;
    for (;;) {
      if (this.#queue.length > 0) {
        const writing = this.#flush(this.#takeBatch());
        // Telling the callers of a batch takes a while, in which the database is to have work: the next batch goes first.
        if (tell) await nextTurn();
        tell?.();
        tell = await writing;
        if (this.#isWorthGathering()) {
          tell();
          tell = null;
          await Bun.sleep(GATHER_MS);
        }
      } else if (tell) {
        tell();
        tell = null;
      } else break;
    }
    this.#writing = null;
  }

  /** Many callers come and go, and most of them have just been told: together with the rest they make one large batch. */
  #isWorthGathering(): boolean {
    return this.#lastBatchSize >= GATHER_FROM && this.#queue.length < GATHER_TO;
  }

  #takeBatch(): readonly Waiter[] {
    let chars = 0;
    const end = this.#queue.findIndex((waiter, index) => {
      chars += waiter.chars;
      return index > 0 && (index >= MAX_BATCH_INTENTIONS || chars > MAX_BATCH_CHARS);
    });
    return this.#queue.splice(0, end === -1 ? this.#queue.length : end);
  }

  /** Resolves, once the batch is stored, with how to tell its callers. */
  async #flush(batch: readonly Waiter[]): Promise<() => void> {
    const startedAt = performance.now();
    let outcomes: ReadonlyMap<Waiter, Outcome>;
    try {
      outcomes = await this.#write(batch);
    } catch (error) {
      this.#failedBatches += 1;
      if (error instanceof UnknownOutcome && error.settle) await this.#findOut(batch, error);
      else for (const waiter of batch) waiter.reject(error);
      return () => {};
    }
    this.#batches += 1;
    this.#intentions += batch.length;
    this.#lastBatchSize = batch.length;
    this.#totalMs += performance.now() - startedAt;
    return () => {
      for (const waiter of batch) this.#settle(waiter, outcomes.get(waiter));
    };
  }

  async #write(batch: readonly Waiter[]): Promise<ReadonlyMap<Waiter, Outcome>> {
    try {
      const write = (transaction: Transaction) => writeTogether(transaction, batch);
      return batch.every(needsNoAnswer)
        ? await this.#database.writeWhole(write, this.#writer)
        : await this.#database.write(null, write, this.#writer);
    } catch (error) {
      if (error instanceof AppError && error.code === "unavailable") throw error;
      return this.#database.write(null, (transaction) => writeApart(transaction, batch), this.#writer);
    }
  }

  /** Until then nothing else is written, which would leave another mark; whoever comes is told to come back. */
  async #findOut(batch: readonly Waiter[], unknown: UnknownOutcome<ReadonlyMap<Waiter, Outcome>>): Promise<void> {
    this.#uncertain = true;
    for (const waiter of this.#queue.splice(0)) waiter.reject(unavailable(unknown.cause));
    const impatient = new Set(batch.filter(({ late }) => late !== null));
    const timer = setTimeout(() => {
      for (const waiter of impatient) waiter.reject(unknown);
      impatient.clear();
    }, this.#patienceMs);
    const isWaiting = (waiter: Waiter) => waiter.late === null || impatient.has(waiter);
    for (;;) {
      try {
        const settled = await unknown.settle?.();
        for (const waiter of batch) {
          const outcome = settled?.committed ? settled.value.get(waiter) : undefined;
          if (isWaiting(waiter)) {
            if (settled?.committed) this.#settle(waiter, outcome);
            else waiter.reject(unavailable(unknown.cause));
          } else if (outcome?.ok && outcome.value !== NEXT_BATCH) waiter.late?.(outcome.value as never);
        }
        break;
      } catch {
        if (this.#closed) {
          for (const waiter of batch) waiter.reject(unknown);
          break;
        }
        await Bun.sleep(ASK_AGAIN_MS);
      }
    }
    clearTimeout(timer);
    this.#uncertain = false;
  }

  #settle(waiter: Waiter, outcome: Outcome | undefined): void {
    if (outcome?.ok === false) waiter.reject(outcome.error);
    else if (outcome?.value === NEXT_BATCH) this.#queue.push(waiter);
    else waiter.resolve(outcome?.value as never);
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function needsNoAnswer({ operation, intention }: Waiter): boolean {
  return operation.needsNoAnswer?.(intention) ?? false;
}

/** Tenants in order, so that replicas whose batches meet wait for each other instead of deadlocking. */
function byTenant(batch: readonly Waiter[]): readonly (readonly [string, readonly Waiter[]])[] {
  const groups = Map.groupBy(batch, (waiter) => waiter.tenantId);
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1));
}

async function writeTogether(
  transaction: Transaction,
  batch: readonly Waiter[],
): Promise<ReadonlyMap<Waiter, Outcome>> {
  const outcomes = new Map<Waiter, Outcome>();
  for (const [tenantId, ofTenant] of byTenant(batch)) {
    const writeAll = async () => {
      for (const [operation, waiters] of Map.groupBy(ofTenant, (waiter) => waiter.operation)) {
        const intentions = waiters.map(({ intention }) => intention);
        const results = await operation.write(transaction, tenantId, intentions);
        for (const [index, waiter] of waiters.entries()) outcomes.set(waiter, { ok: true, value: results[index] });
      }
    };
    // What follows in the same transaction is sent behind it without waiting.
    await Promise.all([transaction.setTenant(tenantId), writeAll()]);
  }
  return outcomes;
}

/** Slower, but a failing intention takes nobody with it. */
async function writeApart(transaction: Transaction, batch: readonly Waiter[]): Promise<ReadonlyMap<Waiter, Outcome>> {
  const outcomes = new Map<Waiter, Outcome>();
  for (const [tenantId, waiters] of byTenant(batch)) {
    await transaction.setTenant(tenantId);
    for (const waiter of waiters) outcomes.set(waiter, await writeOne(transaction, waiter));
  }
  return outcomes;
}

async function writeOne(transaction: Transaction, { operation, tenantId, intention }: Waiter): Promise<Outcome> {
  try {
    const [value] = await transaction.savepoint(() => operation.write(transaction, tenantId, [intention]));
    return { ok: true, value };
  } catch (error) {
    if (isStorageFailure(error)) throw error;
    return { ok: false, error };
  }
}
