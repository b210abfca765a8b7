import type { Json } from "../../domain/json.ts";
import type { Variable, VariableStore } from "../../domain/variable-store.ts";
import { type BigintText, toNumber } from "../rows/cells.ts";
import type { Storage } from "./storage.ts";
import { decodeText, encodeText } from "./text-columns.ts";

interface VariableRow {
  readonly name: string;
  readonly value: string;
  readonly updated_at: BigintText;
}

export function createVariableStore({ database, change, appendAudit }: Storage): VariableStore {
  return {
    async list({ tenantId, workspaceId }) {
      const rows = await database.read(tenantId, (run) =>
        run<VariableRow>("SELECT name, value, updated_at FROM variables WHERE workspace_id = $1 ORDER BY name", [
          workspaceId,
        ]),
      );
      return rows.map(toVariable);
    },
    async set({ tenantId, workspaceId, actor }, { name, value, updatedAt }, entry) {
      await change(tenantId, async (transaction) => {
        await transaction.run(
          `INSERT INTO variables (tenant_id, workspace_id, name, value, updated_at)
           VALUES ($1, $2, $3, $4::text, $5::bigint)
           ON CONFLICT (workspace_id, name) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at`,
          [tenantId, workspaceId, encodeText(name), JSON.stringify(value), updatedAt],
        );
        await appendAudit(transaction, tenantId, actor, entry);
      });
    },
    async remove({ tenantId, workspaceId, actor }, name, entry) {
      return change(tenantId, async (transaction) => {
        const removed = await transaction.run(
          "DELETE FROM variables WHERE workspace_id = $1 AND name = $2 RETURNING name",
          [workspaceId, encodeText(name)],
        );
        if (removed.length > 0) await appendAudit(transaction, tenantId, actor, entry);
        return removed.length > 0;
      });
    },
    async replace({ tenantId, workspaceId, actor }, replacement, entry) {
      const rows = replacement.map(({ name, value, updatedAt }) => ({
        name: encodeText(name),
        value: JSON.stringify(value),
        updated_at: updatedAt,
      }));
      await change(tenantId, async (transaction) => {
        const { run } = transaction;
        // Two who replace at once take turns: else each would leave the other's new variables standing.
        await run("SELECT FROM workspaces WHERE id = $1 FOR UPDATE", [workspaceId]);
        await run("DELETE FROM variables WHERE workspace_id = $1", [workspaceId]);
        await run(
          `INSERT INTO variables (tenant_id, workspace_id, name, value, updated_at)
           SELECT $1, $2, name, value, updated_at
           FROM json_to_recordset($3::text::json) AS given (name text, value text, updated_at bigint)`,
          [tenantId, workspaceId, JSON.stringify(rows)],
        );
        await appendAudit(transaction, tenantId, actor, entry);
      });
    },
  };
}

function toVariable(row: VariableRow): Variable {
  return { name: decodeText(row.name), value: JSON.parse(row.value) as Json, updatedAt: toNumber(row.updated_at) };
}
