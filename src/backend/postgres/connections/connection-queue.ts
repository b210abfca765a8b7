import type { ConnectionStore, DueWork } from "../../../domain/connection-store.ts";
import type { Scope } from "../../../domain/tenant.ts";
import { type BigintText, toNumber } from "../../rows/cells.ts";
import type { Statement } from "../database.ts";
import type { Storage } from "../storage.ts";

interface DueRow {
  readonly kind: DueWork["kind"];
  readonly subject: string;
  readonly tenant_id: string;
  readonly workspace_id: string;
  readonly due_at: BigintText;
}

/** In the transaction that makes it so. Null: no longer due at all. */
export async function setDue(
  run: Statement,
  { tenantId, workspaceId }: Pick<Scope, "tenantId" | "workspaceId">,
  kind: DueWork["kind"],
  subject: string,
  dueAt: number | null,
): Promise<void> {
  if (dueAt === null) {
    await run("DELETE FROM connection_queue WHERE tenant_id = $1 AND kind = $2 AND subject = $3", [
      tenantId,
      kind,
      subject,
    ]);
    return;
  }
  await run(
    `INSERT INTO connection_queue (kind, subject, tenant_id, workspace_id, due_at) VALUES ($1, $2, $3, $4, $5::bigint)
     ON CONFLICT (tenant_id, kind, subject) DO UPDATE SET due_at = excluded.due_at`,
    [kind, subject, tenantId, workspaceId, dueAt],
  );
}

export function createConnectionWork({ database }: Storage): Pick<ConnectionStore, "due" | "postpone" | "done"> {
  // Compared with when it was due: the connection may have been given another time meanwhile.
  const SAME = "tenant_id = $1 AND kind = $2 AND subject = $3 AND due_at = $4::bigint";
  return {
    async due(now, limit) {
      const rows = await database.query<DueRow>(
        `SELECT kind, subject, tenant_id, workspace_id, due_at FROM connection_queue
         WHERE due_at <= $1::bigint ORDER BY due_at LIMIT $2::integer`,
        [now, limit],
      );
      return rows.map((row) => ({
        kind: row.kind,
        subject: row.subject,
        tenantId: row.tenant_id,
        workspaceId: row.workspace_id,
        dueAt: toNumber(row.due_at),
      }));
    },
    async postpone({ tenantId, kind, subject, dueAt }, later) {
      const { count } = await database.query(`UPDATE connection_queue SET due_at = $5::bigint WHERE ${SAME}`, [
        tenantId,
        kind,
        subject,
        dueAt,
        later,
      ]);
      return count === 1;
    },
    async done({ tenantId, kind, subject, dueAt }) {
      await database.query(`DELETE FROM connection_queue WHERE ${SAME}`, [tenantId, kind, subject, dueAt]);
    },
  };
}
