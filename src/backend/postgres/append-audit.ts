import {
  AUDIT_CHAIN_START,
  type AuditHead,
  type Change,
  GATHER_WITHIN,
  isGathered,
  nextAuditEntry,
} from "../../domain/audit.ts";
import type { Actor } from "../../domain/tenant.ts";
import type { AuditRow } from "../rows/audit-row.ts";
import { toNumber } from "../rows/cells.ts";
import type { Transaction } from "./database.ts";
import { decodeText, encodeText } from "./text-columns.ts";

export type AppendAudit = typeof appendAudit;

/**
 * Adds the next link of a tenant's chain, last in its transaction: the lock on the chain's head puts all writers of the
 * tenant in order until they have committed.
 */
export async function appendAudit({ run }: Transaction, tenantId: string, actor: Actor, change: Change): Promise<void> {
  const head = await lockHead(run, tenantId);
  if (await stands(run, tenantId, actor, change, head)) return;
  const { entry, detailsText } = nextAuditEntry(head, tenantId, actor, change);
  await run(
    `INSERT INTO audit_log (tenant_id, seq, at, actor_kind, actor_id, action, target, details, previous_hash, hash)
     VALUES ($1, $2::integer, $3::bigint, $4, $5, $6, $7, $8::text, $9, $10)`,
    [
      tenantId,
      entry.seq,
      entry.at,
      actor.kind,
      encodeText(actor.id),
      entry.action,
      encodeText(entry.target),
      detailsText,
      entry.previousHash,
      entry.hash,
    ],
  );
  await run("UPDATE audit_heads SET seq = $2::integer, hash = $3 WHERE tenant_id = $1", [
    tenantId,
    entry.seq,
    entry.hash,
  ]);
}

/** Whether an entry that is there stands for the change as well. */
async function stands(
  run: Transaction["run"],
  tenantId: string,
  actor: Actor,
  change: Change,
  head: AuditHead,
): Promise<boolean> {
  if (change.gatherMs === undefined) return false;
  const [newest] = await run<Pick<AuditRow, "actor_kind" | "actor_id" | "action" | "at">>(
    `SELECT actor_kind, actor_id, action, at FROM audit_log
     WHERE tenant_id = $1 AND seq > $2::integer AND target = $3 ORDER BY seq DESC LIMIT 1`,
    [tenantId, head.seq - GATHER_WITHIN, encodeText(change.target)],
  );
  if (!newest) return false;
  const by = { kind: newest.actor_kind, id: decodeText(newest.actor_id) };
  return isGathered({ action: newest.action, at: toNumber(newest.at), actor: by }, actor, change);
}

async function lockHead(run: Transaction["run"], tenantId: string) {
  const find = "SELECT seq, hash FROM audit_heads WHERE tenant_id = $1 FOR UPDATE";
  const [head] = await run<{ seq: number; hash: string }>(find, [tenantId]);
  if (head) return head;
  // Of two who write a tenant's first entry, one makes the head and the other waits for it here.
  await run("INSERT INTO audit_heads (tenant_id, seq, hash) VALUES ($1, 0, $2) ON CONFLICT DO NOTHING", [
    tenantId,
    AUDIT_CHAIN_START,
  ]);
  const [made] = await run<{ seq: number; hash: string }>(find, [tenantId]);
  if (!made) throw new Error(`The audit chain of ${tenantId} has no head.`);
  return made;
}
