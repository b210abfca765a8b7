import type { Transaction } from "../database.ts";

/** A row of the queue, and whose it is. */
export interface RunPlace {
  readonly run_id: string;
  readonly tenant_id: string;
}

/** Shows runs that nobody holds any more as waiting for a worker. */
export async function showQueued(transaction: Transaction, released: readonly RunPlace[]): Promise<void> {
  for (const [tenantId, ofTenant] of byTenant(released)) {
    await transaction.setTenant(tenantId);
    await transaction.run(
      `UPDATE runs SET status = 'queued', waiting_for = NULL
       WHERE id = ANY (ARRAY(SELECT json_array_elements_text($1::text::json)))`,
      [idsOf(ofTenant)],
    );
  }
}

/** Tenants in order, so that transactions that meet wait for each other instead of deadlocking. */
export function byTenant<Row extends RunPlace>(rows: readonly Row[]): readonly (readonly [string, readonly Row[]])[] {
  return [...Map.groupBy(rows, (row) => row.tenant_id)].sort(([a], [b]) => (a < b ? -1 : 1));
}

export function idsOf(rows: readonly RunPlace[]): string {
  return JSON.stringify(rows.map(({ run_id }) => run_id));
}
