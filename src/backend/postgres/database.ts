import { AppError } from "../../domain/errors.ts";
import { type Pool, TOO_LATE } from "./pool.ts";
import { isRefusal, isStorageFailure, isWorthAnotherTry, unavailable } from "./postgres-failure.ts";
import { type Recorded, sendWhole } from "./send-whole.ts";
import { Slots } from "./slots.ts";
import {
  LEAVE_MARK,
  LEAVE_MARK_IN_WHOLE,
  type Mark,
  READ_MARK,
  type Settled,
  UnknownOutcome,
} from "./unknown-outcome.ts";

export type Value = string | number | boolean | null;
export interface Rows<T> extends ReadonlyArray<T> {
  /** How many rows the statement wrote or returned. */
  readonly count: number;
}
/** Runs one statement inside a transaction. */
export type Statement = <T>(sql: string, values?: readonly Value[]) => Promise<Rows<T>>;
export interface Transaction {
  readonly run: Statement;
  /** What follows sees and writes rows of this tenant only. */
  readonly setTenant: (tenantId: string) => Promise<void>;
  /** Rejects with what `body` threw, after undoing only that. Never two at once. */
  readonly savepoint: <T>(body: () => Promise<T>) => Promise<T>;
}

const MAX_TRIES = 3;
const SET_TENANT = "SELECT set_config('app.tenant_id', $1, true)";
/** Closing waits for what is under way at most so long: longer than the pool waits for an answer. */
const DRAIN_MS = 20_000;

/**
 * The one way to the tables. Every transaction has a slot (so that an exhausted pool answers `unavailable` after a
 * time instead of hanging), a deadline, and at most one tenant at a time; what Postgres cannot do now is `unavailable`.
 */
export class Database {
  readonly #pool: Pool;
  readonly #slots: Slots;
  #closed = false;
  #failures = 0;

  constructor(pool: Pool, maxTransactions: number, slotTimeoutMs: number) {
    this.#pool = pool;
    this.#slots = new Slots(maxTransactions, slotTimeoutMs);
  }

  /** One statement on the tables without a policy. */
  query<T>(sql: string, values: readonly Value[] = []): Promise<Rows<T>> {
    return this.work((connection) => connection.unsafe<Rows<T>>(sql, values.map(toParameter)));
  }

  /** Reads rows of one tenant, all of them as of one moment. */
  read<T>(tenantId: string, body: (run: Statement) => Promise<T>): Promise<T> {
    return this.work((connection) =>
      connection.begin("isolation level repeatable read read only", async (sql) => {
        const transaction = toTransaction(sql);
        const setting = transaction.setTenant(tenantId);
        const [read] = await Promise.all([body(transaction.run), setting]);
        return read;
      }),
    );
  }

  /**
   * Writes in one transaction, durable when it resolves. `body` may run again when others were in its way. When it
   * rejects nothing was written, but for `UnknownOutcome`: a `writer`, which writes one thing at a time, can settle it.
   */
  async write<T>(
    tenantId: string | null,
    body: (transaction: Transaction) => Promise<T>,
    writer: string | null = null,
  ): Promise<T> {
    return tryAgain(() => this.#commit(tenantId, body, newMark(writer)));
  }

  /**
   * As `write`, in one round trip, for a body that needs no answers: all that it asks for is sent together with its
   * COMMIT, and what its statements seem to answer is empty.
   */
  async writeWhole<T>(body: (transaction: Transaction) => Promise<T>, writer: string | null = null): Promise<T> {
    return tryAgain(() => this.#commitWhole(body, newMark(writer)));
  }

  /** Anything else, on a connection of its own. */
  async work<T>(body: (connection: Bun.ReservedSQL) => Promise<T>): Promise<T> {
    if (this.#closed) throw new AppError("unavailable", "The server is shutting down; try again.");
    const release = await this.#slots.acquire();
    try {
      return await this.#pool.lend(body);
    } catch (error) {
      if (!isStorageFailure(error) && error !== TOO_LATE) throw error;
      this.#failures += 1;
      throw unavailable(error);
    } finally {
      release();
    }
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  stats() {
    return { ...this.#slots.stats(), failures: this.#failures };
  }

  /** Refuses what comes from now on, waits for what is under way. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#slots.drain(DRAIN_MS);
  }

  async #commit<T>(
    tenantId: string | null,
    body: (transaction: Transaction) => Promise<T>,
    mark: Mark | null,
  ): Promise<T> {
    let written: { readonly value: T } | null = null;
    let isGivenUp = false;
    try {
      return await this.work((connection) =>
        connection.begin("read write", async (sql) => {
          const transaction = toTransaction(sql);
          // Statements are sent in the order they are asked for; waiting for each would cost a round trip each.
          const marking = mark && transaction.run(LEAVE_MARK, [mark.writer, mark.mark]);
          const setting = tenantId === null ? null : transaction.setTenant(tenantId);
          const [value] = await Promise.all([body(transaction), marking, setting]);
          // Nobody waits for it any more, and whoever did was told that it has not happened.
          if (isGivenUp) throw TOO_LATE;
          written = { value };
          return value;
        }),
      );
    } catch (error) {
      isGivenUp = true;
      const outcome = written as { readonly value: T } | null;
      if (outcome === null || !(error instanceof AppError) || isRefusal(error.cause)) throw error;
      throw new UnknownOutcome<T>(error.cause, mark && (() => this.#settle(mark, outcome.value)));
    }
  }

  async #commitWhole<T>(body: (transaction: Transaction) => Promise<T>, mark: Mark | null): Promise<T> {
    const statements: Recorded[] = [];
    if (mark) statements.push({ sql: LEAVE_MARK_IN_WHOLE, values: [mark.writer, mark.mark] });
    const value = await body(recordStatements(statements));
    let isSent = false;
    let isGivenUp = false;
    try {
      await this.work((connection) => {
        // Nobody waits for it any more, and whoever did was told that it has not happened.
        if (isGivenUp) throw TOO_LATE;
        isSent = true;
        return sendWhole(connection, statements);
      });
      return value;
    } catch (error) {
      isGivenUp = true;
      if (!isSent || !(error instanceof AppError) || isRefusal(error.cause)) throw error;
      throw new UnknownOutcome<T>(error.cause, mark && (() => this.#settle(mark, value)));
    }
  }

  async #settle<T>({ writer, mark }: Mark, value: T): Promise<Settled<T>> {
    const [row] = await this.work((connection) =>
      connection.begin("read write", (sql) => sql.unsafe<{ mark: string }[]>(READ_MARK, [writer])),
    );
    return row?.mark === mark ? { committed: true, value } : { committed: false };
  }
}

async function tryAgain<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      const cause = error instanceof AppError ? error.cause : error;
      if (attempt === MAX_TRIES || !isWorthAnotherTry(cause)) throw error;
    }
  }
}

function newMark(writer: string | null): Mark | null {
  return writer === null ? null : { writer, mark: crypto.randomUUID() };
}

function toTransaction(outer: Bun.TransactionSQL): Transaction {
  let sql: Bun.TransactionSQL = outer;
  const run: Statement = <T>(text: string, values: readonly Value[] = []) =>
    sql.unsafe<Rows<T>>(text, values.map(toParameter));
  return {
    run,
    async setTenant(tenantId) {
      await run(SET_TENANT, [tenantId]);
    },
    async savepoint(body) {
      try {
        return await outer.savepoint((inner) => {
          sql = inner as Bun.TransactionSQL;
          return body();
        });
      } finally {
        sql = outer;
      }
    },
  };
}

/** Notes down what it is asked to run; every answer is empty, and given at once. */
function recordStatements(statements: Recorded[]): Transaction {
  const run = async <T>(sql: string, values: readonly Value[] = []): Promise<Rows<T>> => {
    statements.push({ sql, values: values.map(toParameter) });
    return Object.assign([], { count: 0 });
  };
  return {
    run,
    async setTenant(tenantId) {
      await run(SET_TENANT, [tenantId]);
    },
    savepoint: () => Promise.reject(new Error("What is sent whole has no savepoints.")),
  };
}

/**
 * Postgres refuses NUL in text. What is stored and may hold one is encoded by its store (`text-columns.ts`); what is
 * only looked for, such as an id from a URL, must find nothing instead of failing.
 */
function toParameter(value: Value): Value {
  return typeof value === "string" && value.includes("\0") ? value.replaceAll("\0", "\ufffd") : value;
}
