import type { Database } from "bun:sqlite";
import { AppError } from "../../../domain/errors.ts";

const RETRY_AFTER_MS = 5_000;

/**
 * How many runs of each tenant have not ended, so that one tenant cannot fill the disk with work. Kept in memory
 * because counting rows at every acceptance would cost more than the acceptance; read from the database when a tenant
 * is first seen, and again after another process has written.
 */
export class UnfinishedRuns {
  readonly #counts = new Map<string, number>();
  readonly #max: number;
  readonly #count: (tenantId: string) => number;

  constructor(raw: Database, maxPerTenant: number) {
    this.#max = maxPerTenant;
    const count = raw.prepare<{ n: number }, [string, string]>(
      `SELECT (SELECT count(*) FROM runs INDEXED BY runs_by_status
               WHERE workspace_id IN (SELECT id FROM workspaces WHERE tenant_id = ?)
                 AND status IN ('queued', 'running', 'waiting', 'needs_review')
                 AND lease_owner IS NULL AND status <> 'succeeded')
            + (SELECT count(*) FROM runs WHERE lease_owner IS NOT NULL AND tenant_id = ?) AS n`,
    );
    this.#count = (tenantId) => count.get(tenantId, tenantId)?.n ?? 0;
  }

  isFull(tenantId: string): boolean {
    let known = this.#counts.get(tenantId);
    if (known === undefined) {
      known = this.#count(tenantId);
      this.#counts.set(tenantId, known);
    }
    return known >= this.#max;
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
    // A tenant not seen yet is counted when it is, with these.
    if (known !== undefined) this.#counts.set(tenantId, Math.max(0, known + runs));
  }

  forget(): void {
    this.#counts.clear();
  }
}
