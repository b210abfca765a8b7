import type { Database } from "bun:sqlite";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { AuditHead, ChainVerdict } from "../../domain/audit.ts";
import { AUDIT_COLUMNS, type AuditRow } from "../rows/audit-row.ts";
import { walkAuditChain } from "../rows/walk-audit-chain.ts";

export async function verifyAuditChain(raw: Database, tenantId: string): Promise<ChainVerdict> {
  const head = raw.query<AuditHead, [string]>("SELECT seq, hash FROM audit_heads WHERE tenant_id = ?").get(tenantId);
  const newest = raw
    .query<{ last: number | null }, [string]>("SELECT max(seq) AS last FROM audit_log WHERE tenant_id = ?")
    .get(tenantId);
  const page = raw.query<AuditRow, [string, number, number]>(
    `SELECT ${AUDIT_COLUMNS} FROM audit_log WHERE tenant_id = ? AND seq > ? ORDER BY seq LIMIT ?`,
  );
  return walkAuditChain(tenantId, { head, last: newest?.last ?? null }, async (after, limit) => {
    await nextTurn();
    return page.all(tenantId, after, limit);
  });
}
