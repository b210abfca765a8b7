import type { Database, Transaction } from "./database.ts";

const CHANNEL = "integrationsync_changes";
/** Runs that became due are told of at most this often; the first one at once. */
const DUE_EVERY_MS = 20;

/**
 * Tells the other replicas by NOTIFY that something has changed, and listens to theirs.
 *
 * A changed configuration is told of in its own transaction: a replica that missed it would go on with what it has
 * cached. Runs that became due are told of after their commit and together, because NOTIFY makes commits wait for each
 * other; a replica that misses one finds the run when it next looks.
 */
export class ChangeFeed {
  readonly #database: Database;
  readonly #instance = crypto.randomUUID();
  readonly #listeners = new Set<() => void>();
  #subscription: { unlisten(): Promise<void> } | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #toldAt = Number.NEGATIVE_INFINITY;

  constructor(database: Database) {
    this.#database = database;
  }

  async start(sql: Bun.SQL): Promise<void> {
    let subscribed = false;
    this.#subscription = await sql.listen(
      CHANNEL,
      (instance) => {
        if (instance !== this.#instance) this.#tell();
      },
      () => {
        // What was said while the connection was gone is lost: anything may have changed.
        if (subscribed) this.#tell();
        subscribed = true;
      },
    );
  }

  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Inside the transaction that changes what replicas cache. */
  async announceChange({ run }: Transaction): Promise<void> {
    await run(`SELECT pg_notify('${CHANNEL}', $1)`, [this.#instance]);
  }

  /** After the commit of runs that any replica may claim. */
  announceDue(): void {
    if (this.#timer) return;
    const waitMs = Math.max(0, this.#toldAt + DUE_EVERY_MS - performance.now());
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#toldAt = performance.now();
      this.#database.query(`SELECT pg_notify('${CHANNEL}', $1)`, [this.#instance]).catch(() => {});
    }, waitMs);
  }

  async stop(): Promise<void> {
    if (this.#timer) clearTimeout(this.#timer);
    this.#listeners.clear();
    await this.#subscription?.unlisten();
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}
