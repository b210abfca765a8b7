import type { SealedValueStore } from "../../domain/sealed-value-store.ts";
import { type SealedColumn, type SealedRow, walkSealedColumns } from "../rows/sealed-columns.ts";
import type { Storage } from "./storage.ts";

export function createSealedValueStore({ database }: Storage): SealedValueStore {
  return walkSealedColumns(
    (sealed, tenantId, after, limit) => {
      const { row, column } = sealed;
      return database.read(tenantId, (run) =>
        run<SealedRow>(
          `SELECT ${row} AS row, ${column} AS envelope FROM ${keptIn(sealed)}
           WHERE tenant_id = $1 AND ${row} > $2 AND ${column} IS NOT NULL ORDER BY ${row} LIMIT $3::integer`,
          [tenantId, after, limit],
        ),
      );
    },
    (sealed, tenantId, id, from, to) =>
      database.write(tenantId, async ({ run }) => {
        const { row, column } = sealed;
        const { count } = await run(
          `UPDATE ${keptIn(sealed)} SET ${column} = $4 WHERE tenant_id = $1 AND ${row} = $2 AND ${column} = $3`,
          [tenantId, id, from, to],
        );
        return count === 1;
      }),
  );
}

/** A hook's row is found before its tenant is known, so its secret stands apart. */
function keptIn({ table }: SealedColumn): string {
  return table === "hooks" ? "hook_secrets" : table;
}
