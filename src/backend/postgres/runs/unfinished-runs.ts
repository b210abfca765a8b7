import { AppError } from "../../../domain/errors.ts";
import type { Database } from "../database.ts";

const RETRY_AFTER_MS = 5_000;
/** For so long a count is kept, corrected by what this replica does; what others do is seen after that. */
const RECOUNT_EVERY_MS = 5_000;

interface Count {
  runs: number;
  readonly countedAt: number;
}

/**
 * How many runs of each tenant have not ended, so that one tenant cannot fill the disk with work. Kept in memory
 * because counting rows at every acceptance would cost more than the acceptance. Several replicas together may pass
 * the limit by what they accept within one recount.
 */
export class UnfinishedRuns {
  readonly #database: Database;
  readonly #max: number;
  readonly #counts = new Map<string, Count>();
  readonly #counting = new Map<string, Promise<void>>();

  constructor(database: Database, maxPerTenant: number) {
    this.#database = database;
    this.#max = maxPerTenant;
  }

  /** To be awaited before `isFull`, which has to be asked and `add` called without a pause between them. */
  async count(tenantId: string): Promise<void> {
    const known = this.#counts.get(tenantId);
    if (known && performance.now() - known.countedAt < RECOUNT_EVERY_MS) return;
    let counting = this.#counting.get(tenantId);
    if (!counting) {
      counting = this.#recount(tenantId).finally(() => this.#counting.delete(tenantId));
      this.#counting.set(tenantId, counting);
    }
    await counting;
  }

  isFull(tenantId: string): boolean {
    return (this.#counts.get(tenantId)?.runs ?? 0) >= this.#max;
  }

  tooMany(): AppError {
    return new AppError(
      "rate_limited",
      `This tenant has ${this.#max} runs that have not ended. Wait until some have, or cancel them.`,
      { retryAfterMs: RETRY_AFTER_MS },
    );
  }

  /** After the commit that added runs or, with a negative number, ended some; before it for one being accepted. */
  add(tenantId: string, runs: number): void {
    const known = this.#counts.get(tenantId);
    if (known) known.runs = Math.max(0, known.runs + runs);
  }

  async #recount(tenantId: string): Promise<void> {
    const countedAt = performance.now();
    const before = this.#counts.get(tenantId)?.runs;
    const [row] = await this.#database.query<{ n: number }>(
      "SELECT count(*)::integer AS n FROM run_queue WHERE tenant_id = $1",
      [tenantId],
    );
    // What came or went meanwhile may or may not be in the count; it is taken as not.
    const meanwhile = before === undefined ? 0 : (this.#counts.get(tenantId)?.runs ?? before) - before;
    this.#counts.set(tenantId, { runs: Math.max(0, (row?.n ?? 0) + meanwhile), countedAt });
  }
}
