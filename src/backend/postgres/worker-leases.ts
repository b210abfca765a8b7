import { type BigintText, toNumber } from "../rows/cells.ts";
import type { Database } from "./database.ts";
import type { DatabaseClock } from "./database-clock.ts";

/** How long a worker that is not heard of keeps its runs: its death delays them by so much. */
export const LEASE_MS = 15_000;
const RENEW_EVERY_MS = 5_000;
/** Servers that died without holding a run leave a row behind, which says no more after this. */
const FORGET_AFTER_MS = 86_400_000;

/** Now, by the one clock that all replicas share; `$n` in milliseconds can be added to it. */
export const DATABASE_NOW = "floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint";

/**
 * The right of this process to hold runs. It lasts by the database's clock, so that no skew between hosts makes two
 * workers believe they hold the same run; a worker that sleeps through its lease finds its fence outdated and can
 * write nothing (`commit-runs.ts`).
 */
export class WorkerLeases {
  readonly #database: Database;
  readonly #renewedAt = new Map<string, number>();
  readonly #clock: DatabaseClock;
  #timer: ReturnType<typeof setInterval> | null = null;

  /** Each renewal tells `clock` what time it is. */
  constructor(database: Database, clock: DatabaseClock) {
    this.#database = database;
    this.#clock = clock;
  }

  /** What time it is, for a process that holds nothing. */
  async askTime(): Promise<void> {
    const askedAt = performance.now();
    const [row] = await this.#database.query<{ now: BigintText }>(`SELECT ${DATABASE_NOW} AS now`);
    if (row) this.#clock.tell(toNumber(row.now), askedAt);
  }

  /** Before a run is held: the worker must be known, or another would take the run over at once. */
  async ensure(owner: string): Promise<void> {
    const renewedAt = this.#renewedAt.get(owner);
    if (renewedAt === undefined || performance.now() - renewedAt > RENEW_EVERY_MS) await this.renew(owner);
  }

  async renew(owner: string): Promise<void> {
    const sentAt = performance.now();
    const [row] = await this.#database.query<{ now: BigintText }>(
      `INSERT INTO workers (owner, expires_at) VALUES ($1, ${DATABASE_NOW} + $2::bigint)
       ON CONFLICT (owner) DO UPDATE SET expires_at = excluded.expires_at RETURNING ${DATABASE_NOW} AS now`,
      [owner, LEASE_MS],
    );
    if (row) this.#clock.tell(toNumber(row.now), sentAt);
    this.#renewedAt.set(owner, sentAt);
  }

  /** Keeps the leases of this worker alive from now on. */
  async beat(owner: string): Promise<void> {
    await this.renew(owner);
    await this.#database.query(`DELETE FROM workers WHERE expires_at < ${DATABASE_NOW} - $1::bigint`, [
      FORGET_AFTER_MS,
    ]);
    // A beat that fails is made up for by the next one: three fit into a lease.
    this.#timer = setInterval(() => this.renew(owner).catch(() => {}), RENEW_EVERY_MS);
    this.#timer.unref();
  }

  stop(): void {
    if (this.#timer) clearInterval(this.#timer);
  }

  /** What the workers of this process still hold is free for others at once. */
  async resign(): Promise<void> {
    for (const owner of this.#renewedAt.keys())
      await this.#database.query("DELETE FROM workers WHERE owner = $1", [owner]);
  }
}
