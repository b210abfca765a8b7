import { AppError } from "../../domain/errors.ts";
import { isStorageFailure, isWorthAnotherTry, unavailable } from "./postgres-failure.ts";
import { Slots } from "./slots.ts";

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

/** A caller that gets no answer for so long is told to come back; the transaction itself may still end. */
const DEADLINE_MS = 20_000;
const MAX_TRIES = 3;

/**
 * The one way to the tables. Every transaction has a slot (so that an exhausted pool answers `unavailable` after a
 * time instead of hanging), a deadline, and at most one tenant at a time; what Postgres cannot do now is `unavailable`.
 */
export class Database {
  readonly #sql: Bun.SQL;
  readonly #slots: Slots;
  #closed = false;
  #failures = 0;

  constructor(sql: Bun.SQL, maxTransactions: number, slotTimeoutMs: number) {
    this.#sql = sql;
    this.#slots = new Slots(maxTransactions, slotTimeoutMs);
  }

  /** One statement on the tables without a policy. */
  query<T>(sql: string, values: readonly Value[] = []): Promise<Rows<T>> {
    return this.#withSlot(() => this.#sql.unsafe<Rows<T>>(sql, values.map(toParameter)));
  }

  /** Reads rows of one tenant, all of them as of one moment. */
  read<T>(tenantId: string, body: (run: Statement) => Promise<T>): Promise<T> {
    return this.#begin("isolation level repeatable read read only", tenantId, (transaction) => body(transaction.run));
  }

  /** Writes in one transaction, durable when it resolves. `body` may run again when others were in its way. */
  async write<T>(tenantId: string | null, body: (transaction: Transaction) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#begin("read write", tenantId, body);
      } catch (error) {
        const cause = error instanceof AppError ? error.cause : error;
        if (attempt === MAX_TRIES || !isWorthAnotherTry(cause)) throw error;
      }
    }
  }

  stats() {
    return { ...this.#slots.stats(), failures: this.#failures };
  }

  /** Refuses what comes from now on, waits for what is under way. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#slots.drain(DEADLINE_MS);
  }

  #begin<T>(
    mode: "isolation level repeatable read read only" | "read write",
    tenantId: string | null,
    body: (transaction: Transaction) => Promise<T>,
  ): Promise<T> {
    return this.#withSlot(() =>
      this.#sql.begin(mode, async (sql) => {
        const transaction = toTransaction(sql);
        if (tenantId !== null) await transaction.setTenant(tenantId);
        return body(transaction);
      }),
    );
  }

  async #withSlot<T>(work: () => Promise<T>): Promise<T> {
    if (this.#closed) throw new AppError("unavailable", "The server is shutting down; try again.");
    const release = await this.#slots.acquire();
    const working = work().finally(release);
    try {
      return await withDeadline(working);
    } catch (error) {
      if (!isStorageFailure(error) && error !== TOO_LATE) throw error;
      this.#failures += 1;
      throw unavailable(error);
    }
  }
}

function toTransaction(outer: Bun.TransactionSQL): Transaction {
  let sql: Bun.TransactionSQL = outer;
  const run: Statement = <T>(text: string, values: readonly Value[] = []) =>
    sql.unsafe<Rows<T>>(text, values.map(toParameter));
  return {
    run,
    async setTenant(tenantId) {
      await run("SELECT set_config('app.tenant_id', $1, true)", [tenantId]);
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

/**
 * Postgres refuses NUL in text. What is stored and may hold one is encoded by its store (`text-columns.ts`); what is
 * only looked for, such as an id from a URL, must find nothing instead of failing.
 */
function toParameter(value: Value): Value {
  return typeof value === "string" && value.includes("\0") ? value.replaceAll("\0", "\ufffd") : value;
}

const TOO_LATE = new Error("The database did not answer in time.");

async function withDeadline<T>(working: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(TOO_LATE), DEADLINE_MS);
  try {
    return await Promise.race([working, late]);
  } finally {
    clearTimeout(timer);
    // Whoever was told that it is too late does not hear of it again.
    working.catch(() => {});
  }
}
