import type { SealedValueStore } from "../../domain/sealed-value-store.ts";
import { type SealedRow, walkSealedColumns } from "../rows/sealed-columns.ts";
import type { Storage } from "./storage.ts";

export function createSealedValueStore({ raw, commits }: Storage): SealedValueStore {
  return walkSealedColumns(
    async ({ table, row, column }, ...bound) =>
      raw
        .query<SealedRow, [string, string, number]>(
          `SELECT ${row} AS row, ${column} AS envelope FROM ${table}
           WHERE tenant_id = ? AND ${row} > ? AND ${column} IS NOT NULL ORDER BY ${row} LIMIT ?`,
        )
        .all(...bound),
    ({ table, row, column }, tenantId, id, from, to) =>
      commits.submit(() => {
        const update = raw.query(
          `UPDATE ${table} SET ${column} = ? WHERE tenant_id = ? AND ${row} = ? AND ${column} = ?`,
        );
        return update.run(to, tenantId, id, from).changes === 1;
      }),
  );
}
