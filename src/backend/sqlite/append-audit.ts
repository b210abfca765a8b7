import type { Database } from "bun:sqlite";
import { AUDIT_CHAIN_START, auditHashInput, type Change } from "../../domain/audit.ts";
import type { JsonObject } from "../../domain/json.ts";
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

  return (tenantId, actor, { at, action, target, details }) => {
    const head = findHead.get(tenantId) ?? { seq: 0, hash: AUDIT_CHAIN_START };
    const detailsText = JSON.stringify(details);
    const entry = {
      tenantId,
      seq: head.seq + 1,
      at,
      actor,
      action,
      target,
      // As it will be read back: JSON drops what it cannot carry, and the hash must cover what is stored.
      details: JSON.parse(detailsText) as JsonObject,
      previousHash: head.hash,
    };
    const hash = hashAuditEntry(entry);
    insert.run(tenantId, entry.seq, at, actor.kind, actor.id, action, target, detailsText, head.hash, hash);
    moveHead.run(tenantId, entry.seq, hash);
  };
}

export function hashAuditEntry(entry: Parameters<typeof auditHashInput>[0]): string {
  return new Bun.CryptoHasher("sha256").update(auditHashInput(entry)).digest("hex");
}
