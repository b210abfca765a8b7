import type { Database, Statement } from "bun:sqlite";
import { AppError } from "../../domain/errors.ts";
import { isBusy, isStorageFailure, unavailable } from "./sqlite-failure.ts";

/** A batch ends here, so that a burst of writers does not keep readers and timers waiting. */
const MAX_BATCH_INTENTIONS = 512;
const MAX_BATCH_MS = 8;
/** How many intentions run between two looks at the clock. */
const CLOCK_EVERY = 16;
/** Another process is writing: try again soon, and tell the callers after so long. */
const BUSY_RETRY_MS = 2;
const BUSY_GIVE_UP_MS = 5_000;

export interface CommitStats {
  readonly batches: number;
  readonly intentions: number;
  /** Batches whose COMMIT failed or whose storage did; their callers got `unavailable`. */
  readonly failedBatches: number;
  readonly lastBatchSize: number;
  /** The COMMIT alone, which waits for the disk. */
  readonly lastCommitMs: number;
  readonly totalCommitMs: number;
  readonly waiting: number;
}

interface Waiter {
  readonly intention: () => unknown;
  readonly resolve: (value: never) => void;
  readonly reject: (error: unknown) => void;
}

/** Asks for an argument that nobody can pass when `T` is, or may be, a promise. */
type IfSynchronous<T> = [Extract<T, PromiseLike<unknown>>] extends [never] ? [] : [never];

type Outcome = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: unknown };

/**
 * Gathers what concurrent callers want written and commits it once per turn of the event loop, because a durable
 * commit costs the same for one row as for hundreds.
 *
 *   submit ─► queue ─► (setImmediate) ─► BEGIN IMMEDIATE ─► every intention ─► COMMIT ─► callers learn the outcome
 *                                             │ one throws
 *                                             └► ROLLBACK ─► again, each in a SAVEPOINT: only the guilty one fails
 *
 * An intention may run twice, so it must do nothing but talk to the database; what it changes in memory, the caller
 * changes after the promise has resolved. Outside a batch no transaction is open, so plain reads see committed data.
 */
export class GroupCommit {
  readonly #database: Database;
  readonly #begin: Statement;
  readonly #commit: Statement;
  readonly #rollback: Statement;
  readonly #savepoint: Statement;
  readonly #release: Statement;
  readonly #rollbackTo: Statement;
  #queue: Waiter[] = [];
  #scheduled = false;
  #closed = false;
  /** Since when another process has kept this one from writing. */
  #busySince: number | null = null;
  #batches = 0;
  #intentions = 0;
  #failedBatches = 0;
  #lastBatchSize = 0;
  #lastCommitMs = 0;
  #totalCommitMs = 0;

  constructor(database: Database) {
    this.#database = database;
    this.#begin = database.prepare("BEGIN IMMEDIATE");
    this.#commit = database.prepare("COMMIT");
    this.#rollback = database.prepare("ROLLBACK");
    this.#savepoint = database.prepare("SAVEPOINT intention");
    this.#release = database.prepare("RELEASE intention");
    this.#rollbackTo = database.prepare("ROLLBACK TO intention");
  }

  /**
   * Resolves with what `intention` returned once it is durable. Rejects with what it threw, or with
   * `AppError("unavailable")` when the batch could not be committed; nothing of it is written then.
   *
   * An asynchronous intention would go on after the commit, outside any transaction: it does not compile, and is
   * refused at run time.
   */
  submit<T>(intention: () => T, ..._mustBeSynchronous: IfSynchronous<T>): Promise<T> {
    if (this.#closed) return Promise.reject(new AppError("unavailable", "The server is shutting down; try again."));
    return new Promise<T>((resolve, reject) => {
      this.#queue.push({ intention, resolve, reject });
      this.#schedule();
    });
  }

  stats(): CommitStats {
    return {
      batches: this.#batches,
      intentions: this.#intentions,
      failedBatches: this.#failedBatches,
      lastBatchSize: this.#lastBatchSize,
      lastCommitMs: this.#lastCommitMs,
      totalCommitMs: this.#totalCommitMs,
      waiting: this.#queue.length,
    };
  }

  /** Commits what is waiting; whatever is submitted afterwards is refused. */
  async close(): Promise<void> {
    this.#closed = true;
    while (this.#queue.length > 0) {
      this.#flush();
      if (this.#busySince !== null) await Bun.sleep(BUSY_RETRY_MS);
    }
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    const turn = () => {
      this.#scheduled = false;
      if (this.#queue.length === 0) return;
      this.#flush();
      if (this.#queue.length > 0) this.#schedule();
    };
    if (this.#busySince === null) setImmediate(turn);
    else setTimeout(turn, BUSY_RETRY_MS);
  }

  #flush(): void {
    const batch = this.#queue;
    this.#queue = [];
    let outcomes: readonly Outcome[];
    try {
      outcomes = this.#runTogether(batch) ?? this.#runApart(batch);
      this.#commitTimed();
    } catch (error) {
      this.#rollBack();
      if (isBusy(error) && this.#mayWait()) this.#queue = batch;
      else this.#failAll(batch, error);
      return;
    }
    this.#busySince = null;
    this.#batches += 1;
    this.#intentions += outcomes.length;
    this.#lastBatchSize = outcomes.length;
    if (outcomes.length < batch.length) this.#queue = batch.slice(outcomes.length);
    for (const [index, outcome] of outcomes.entries()) settle(batch[index] as Waiter, outcome);
  }

  /**
   * SQLite would wait by itself, but it keeps the thread meanwhile and looks rarely: beside a busy server, which takes
   * the lock again at once, a command would not get its turn.
   */
  #mayWait(): boolean {
    this.#busySince ??= performance.now();
    return performance.now() - this.#busySince < BUSY_GIVE_UP_MS;
  }

  #failAll(batch: readonly Waiter[], error: unknown): void {
    this.#busySince = null;
    this.#failedBatches += 1;
    const reason = isStorageFailure(error) ? unavailable(error) : error;
    for (const waiter of batch) waiter.reject(reason);
  }

  /** The common case, without savepoints. Null, and rolled back, when an intention threw. */
  #runTogether(batch: readonly Waiter[]): readonly Outcome[] | null {
    const outcomes: Outcome[] = [];
    const deadline = performance.now() + MAX_BATCH_MS;
    this.#begin.run();
    for (const { intention } of batch) {
      try {
        outcomes.push({ ok: true, value: runSynchronously(intention) });
      } catch {
        this.#rollBack();
        return null;
      }
      if (isBatchFull(outcomes.length, deadline)) break;
    }
    return outcomes;
  }

  /** Slower, but a failing intention takes nobody with it. */
  #runApart(batch: readonly Waiter[]): readonly Outcome[] {
    const outcomes: Outcome[] = [];
    const deadline = performance.now() + MAX_BATCH_MS;
    this.#begin.run();
    for (const { intention } of batch) {
      this.#savepoint.run();
      try {
        outcomes.push({ ok: true, value: runSynchronously(intention) });
      } catch (error) {
        if (isStorageFailure(error)) throw error;
        this.#rollbackTo.run();
        outcomes.push({ ok: false, error });
      }
      this.#release.run();
      if (isBatchFull(outcomes.length, deadline)) break;
    }
    return outcomes;
  }

  #commitTimed(): void {
    const startedAt = performance.now();
    this.#commit.run();
    this.#lastCommitMs = performance.now() - startedAt;
    this.#totalCommitMs += this.#lastCommitMs;
  }

  /** SQLite has already rolled back by itself after some failures (a full disk, an I/O error). */
  #rollBack(): void {
    if (this.#database.inTransaction) this.#rollback.run();
  }
}

function settle(waiter: Waiter, outcome: Outcome): void {
  if (outcome.ok) waiter.resolve(outcome.value as never);
  else waiter.reject(outcome.error);
}

function isBatchFull(size: number, deadline: number): boolean {
  return size >= MAX_BATCH_INTENTIONS || (size % CLOCK_EVERY === 0 && performance.now() > deadline);
}

function runSynchronously(intention: () => unknown): unknown {
  const value = intention();
  if (value instanceof Promise) {
    value.catch(() => {});
    throw new TypeError("An intention must be synchronous: what follows its first await is outside the transaction.");
  }
  return value;
}
