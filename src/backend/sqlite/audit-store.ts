import { and, desc, eq, gte, lt, sql } from "drizzle-orm";
import type { AuditEntry } from "../../domain/audit.ts";
import type { AuditStore } from "../../domain/audit-store.ts";
import { decodeNumberCursor, toPage } from "../../domain/page-cursor.ts";
import { auditArea, auditLog } from "./schema/audit.ts";
import type { Storage } from "./storage.ts";
import { verifyAuditChain } from "./verify-audit-chain.ts";

export function createAuditStore({ raw, orm, commits, appendAudit }: Storage): AuditStore {
  return {
    async list(scope, { limit, cursor }, { actorId, area, target, since } = {}) {
      const conditions = [
        eq(auditLog.tenantId, scope.tenantId),
        ...(cursor === null ? [] : [lt(auditLog.seq, decodeNumberCursor(cursor))]),
        ...(actorId == null ? [] : [eq(auditLog.actorId, actorId)]),
        ...(area == null ? [] : [sql`${auditArea} = ${area}`]),
        ...(target == null ? [] : [eq(auditLog.target, target)]),
        ...(since == null ? [] : [gte(auditLog.at, since)]),
      ];
      const rows = orm
        .select()
        .from(auditLog)
        .where(and(...conditions))
        .orderBy(desc(auditLog.seq))
        .limit(limit + 1)
        .all();
      return toPage(rows.map(toAuditEntry), limit, (entry) => entry.seq);
    },
    async append(scope, change) {
      await commits.submit(() => appendAudit(scope.tenantId, scope.actor, change));
    },
    verify: (tenantId) => verifyAuditChain(raw, tenantId),
  };
}

function toAuditEntry({ actorKind, actorId, ...entry }: typeof auditLog.$inferSelect): AuditEntry {
  return { ...entry, actor: { kind: actorKind, id: actorId } };
}
