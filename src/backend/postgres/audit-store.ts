import type { AuditStore } from "../../domain/backend.ts";
import type { JsonObject } from "../../domain/json.ts";
import { AUDIT_COLUMNS, type AuditRow, toAuditEntry } from "./audit-rows.ts";
import { decodeNumberCursor, toPage } from "./page-cursor.ts";
import type { Storage } from "./storage.ts";
import { verifyAuditChain } from "./verify-audit-chain.ts";

/** Largest `integer`: before it stands every entry. */
const BEYOND_LAST = 2_147_483_647;

export function createAuditStore({ database, change, appendAudit }: Storage): AuditStore {
  return {
    async list({ tenantId }, { limit, cursor }) {
      const before = cursor === null ? BEYOND_LAST : Math.min(decodeNumberCursor(cursor), BEYOND_LAST);
      const rows = await database.read(tenantId, (run) =>
        run<AuditRow>(
          `SELECT ${AUDIT_COLUMNS} FROM audit_log WHERE tenant_id = $1 AND seq < $2::integer
           ORDER BY seq DESC LIMIT $3::integer`,
          [tenantId, before, limit + 1],
        ),
      );
      const entries = rows.map((row) => toAuditEntry(tenantId, row, JSON.parse(row.details) as JsonObject));
      return toPage(entries, limit, (entry) => entry.seq);
    },
    async append(scope, entry) {
      await change(scope.tenantId, (transaction) => appendAudit(transaction, scope.tenantId, scope.actor, entry));
    },
    verify: (tenantId) => verifyAuditChain(database, tenantId),
  };
}
