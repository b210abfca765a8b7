import type { AuditHead, ChainVerdict } from "../../domain/audit.ts";
import { AUDIT_COLUMNS, type AuditRow } from "../rows/audit-row.ts";
import { walkAuditChain } from "../rows/walk-audit-chain.ts";
import type { Database } from "./database.ts";
import { decodeColumns } from "./text-columns.ts";

export async function verifyAuditChain(database: Database, tenantId: string): Promise<ChainVerdict> {
  // One statement for both: an entry appended between two would look like one the log did not write.
  const [end] = await database.read(tenantId, (run) =>
    run<(AuditHead | { readonly seq: null }) & { readonly last: number | null }>(
      `SELECT heads.seq, heads.hash, (SELECT max(seq) FROM audit_log WHERE tenant_id = $1) AS last
       FROM (SELECT $1 AS tenant_id) AS asked LEFT JOIN audit_heads AS heads USING (tenant_id)`,
      [tenantId],
    ),
  );
  const head = end && end.seq !== null ? end : null;
  return walkAuditChain(tenantId, { head, last: end?.last ?? null }, async (after, limit) => {
    const rows = await database.read(tenantId, (run) =>
      run<AuditRow>(
        `SELECT ${AUDIT_COLUMNS} FROM audit_log WHERE tenant_id = $1 AND seq > $2::integer
         ORDER BY seq LIMIT $3::integer`,
        [tenantId, after, limit],
      ),
    );
    return rows.map((row) => decodeColumns(row, "actor_id", "target"));
  });
}
