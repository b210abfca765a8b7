/** Nothing was heard from Postgres for so long that nothing is to be expected any more. */
export const TOO_LATE = new Error("The database did not answer in time.");

/** How long closing waits for connections that are in use. */
const CLOSE_SECONDS = 1;

/**
 * The connections to Postgres, lent out one at a time.
 *
 * A connection can die without a word: the other host lost its power, or something on the way forgot the connection. What
 * is sent then is never answered, and TCP takes a quarter of an hour to say so, or never does. So who gets no answer in
 * time closes the connection, and whatever is as old as that one is not used any more: it went the same way.
 */
export class Pool {
  readonly #open: () => Bun.SQL;
  readonly #answerWithinMs: number;
  readonly #retired = new Set<Bun.SQL>();
  #sql: Bun.SQL;

  constructor(open: () => Bun.SQL, answerWithinMs: number) {
    this.#open = open;
    this.#answerWithinMs = answerWithinMs;
    this.#sql = open();
  }

  /** Rejects with `TOO_LATE` when `work` has not ended in time; its connection is closed by then. */
  async lend<T>(work: (sql: Bun.ReservedSQL) => Promise<T>): Promise<T> {
    const from = this.#sql;
    const { promise: late, reject } = Promise.withResolvers<never>();
    let lent: Bun.ReservedSQL | null = null;
    const gaveUp = new AbortController();
    const timer = setTimeout(() => {
      reject(TOO_LATE);
      gaveUp.abort();
      lent?.close().catch(() => {});
      this.#replace(from);
    }, this.#answerWithinMs);
    const working = (async () => {
      lent = await from.reserve({ signal: gaveUp.signal });
      try {
        return await work(lent);
      } finally {
        lent.release();
      }
    })();
    try {
      return await Promise.race([working, late]);
    } finally {
      clearTimeout(timer);
      // Whoever was told that it is too late does not hear of it again.
      working.catch(() => {});
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#retired, this.#sql].map((sql) => sql.close({ timeout: CLOSE_SECONDS })));
  }

  /** What is under way on the old connections may end there; each of them has a time of its own. */
  #replace(old: Bun.SQL): void {
    if (old !== this.#sql) return;
    this.#sql = this.#open();
    this.#retired.add(old);
    old
      .close()
      .catch(() => {})
      .finally(() => this.#retired.delete(old));
  }
}
