import type { Database } from "bun:sqlite";
import {
  AUDIT_CHAIN_START,
  type AuditHead,
  type Change,
  GATHER_WITHIN,
  isGathered,
  nextAuditEntry,
} from "../../domain/audit.ts";
import type { Actor } from "../../domain/tenant.ts";

export type AppendAudit = (tenantId: string, actor: Actor, change: Change) => void;

/**
 * Adds the next link of a tenant's chain. The head is read from the database every time: a batch that is rolled back
 * and run again must not continue a chain that was never stored.
 */
export function createAppendAudit(raw: Database): AppendAudit {
  const findHead = raw.prepare<{ seq: number; hash: string }, [string]>(
    "SELECT seq, hash FROM audit_heads WHERE tenant_id = ?",
  );
  const insert = raw.prepare(
    `INSERT INTO audit_log (tenant_id, seq, at, actor_kind, actor_id, action, target, details, previous_hash, hash)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const moveHead = raw.prepare(
    `INSERT INTO audit_heads (tenant_id, seq, hash) VALUES (?, ?, ?)
     ON CONFLICT (tenant_id) DO UPDATE SET seq = excluded.seq, hash = excluded.hash`,
  );

  const findNewest = raw.prepare<
    { kind: Actor["kind"]; id: string; action: string; at: number },
    [string, number, string]
  >(
    `SELECT actor_kind AS kind, actor_id AS id, action, at FROM audit_log
     WHERE tenant_id = ? AND seq > ? AND target = ? ORDER BY seq DESC LIMIT 1`,
  );

  function stands(tenantId: string, actor: Actor, change: Change, head: AuditHead): boolean {
    if (change.gatherMs === undefined) return false;
    const newest = findNewest.get(tenantId, head.seq - GATHER_WITHIN, change.target);
    return isGathered(newest && { ...newest, actor: newest }, actor, change);
  }

  return (tenantId, actor, change) => {
    const head = findHead.get(tenantId) ?? { seq: 0, hash: AUDIT_CHAIN_START };
    if (stands(tenantId, actor, change, head)) return;
    const { entry, detailsText } = nextAuditEntry(head, tenantId, actor, change);
    const { seq, at, action, target, previousHash, hash } = entry;
    insert.run(tenantId, seq, at, actor.kind, actor.id, action, target, detailsText, previousHash, hash);
    moveHead.run(tenantId, seq, hash);
  };
}
