import type { AuditFilter, AuditStore } from "../../domain/audit-store.ts";
import type { JsonObject } from "../../domain/json.ts";
import { decodeNumberCursor, toPage } from "../../domain/page-cursor.ts";
import { AUDIT_COLUMNS, type AuditRow, auditEntryOf } from "../rows/audit-row.ts";
import { AUDIT_AREA } from "./schema/audit.ts";
import type { Storage } from "./storage.ts";
import { decodeColumns, encodeText } from "./text-columns.ts";
import { verifyAuditChain } from "./verify-audit-chain.ts";

/** Largest `integer`: before it stands every entry. */
const BEYOND_LAST = 2_147_483_647;

export function createAuditStore({ database, change, appendAudit }: Storage): AuditStore {
  return {
    async list({ tenantId }, { limit, cursor }, filter = {}) {
      const before = cursor === null ? BEYOND_LAST : Math.min(decodeNumberCursor(cursor), BEYOND_LAST);
      const { condition, values } = conditionOf(filter);
      const rows = await database.read(tenantId, (run) =>
        run<AuditRow>(
          `SELECT ${AUDIT_COLUMNS} FROM audit_log WHERE tenant_id = $1 AND seq < $2::integer ${condition}
           ORDER BY seq DESC LIMIT $3::integer`,
          [tenantId, before, limit + 1, ...values],
        ),
      );
      const entries = rows.map((row) =>
        auditEntryOf(tenantId, decodeColumns(row, "actor_id", "target"), JSON.parse(row.details) as JsonObject),
      );
      return toPage(entries, limit, (entry) => entry.seq);
    },
    async append(scope, entry) {
      await change(scope.tenantId, (transaction) => appendAudit(transaction, scope.tenantId, scope.actor, entry));
    },
    verify: (tenantId) => verifyAuditChain(database, tenantId),
  };
}

function conditionOf({ actorId, area, target, since }: AuditFilter) {
  const values: (string | number)[] = [];
  const conditions: string[] = [];
  const next = (value: string | number) => `$${3 + values.push(value)}`;
  if (actorId != null) conditions.push(`AND actor_id = ${next(encodeText(actorId))}`);
  if (area != null) conditions.push(`AND ${AUDIT_AREA} = ${next(encodeText(area))}`);
  if (target != null) conditions.push(`AND target = ${next(encodeText(target))}`);
  if (since != null) conditions.push(`AND at >= ${next(since)}::bigint`);
  return { condition: conditions.join(" "), values };
}
