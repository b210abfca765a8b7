import type { Database } from "bun:sqlite";
import { setImmediate as nextTurn } from "node:timers/promises";
import { AUDIT_CHAIN_START, type ChainVerdict, hashAuditEntry } from "../../domain/audit.ts";
import type { JsonObject } from "../../domain/json.ts";
import type { Actor } from "../../domain/tenant.ts";

const PAGE_ENTRIES = 500;

interface AuditRow {
  readonly seq: number;
  readonly at: number;
  readonly actor_kind: Actor["kind"];
  readonly actor_id: string;
  readonly action: string;
  readonly target: string;
  readonly details: string;
  readonly previous_hash: string;
  readonly hash: string;
}
/** Where a verified stretch of the chain ends. */
interface Link {
  readonly seq: number;
  readonly hash: string;
}

/**
 * Walks one tenant's chain up to where it ended when the walk began, a page at a time so that other work goes on, and
 * tells the first entry that was changed, removed, inserted or put elsewhere. Entries cut off at the end are missed
 * because the head is kept in another table.
 */
export async function verifyAuditChain(raw: Database, tenantId: string): Promise<ChainVerdict> {
  const end = findEnd(raw, tenantId);
  const page = raw.query<AuditRow, [string, number, number]>(
    `SELECT seq, at, actor_kind, actor_id, action, target, details, previous_hash, hash
     FROM audit_log WHERE tenant_id = ? AND seq > ? ORDER BY seq LIMIT ?`,
  );
  if (end.last > end.head.seq)
    return { ok: false, seq: end.head.seq + 1, problem: "An entry was added that the log itself did not write." };

  let link: Link = { seq: 0, hash: AUDIT_CHAIN_START };
  while (link.seq < end.head.seq) {
    const rows = page.all(tenantId, link.seq, Math.min(PAGE_ENTRIES, end.head.seq - link.seq));
    if (rows.length === 0) return { ok: false, seq: link.seq + 1, problem: "The log was cut off here." };
    for (const row of rows) {
      const problem = checkLink(tenantId, link, row);
      if (problem) return { ok: false, seq: link.seq + 1, problem };
      link = row;
    }
    await nextTurn();
  }
  if (link.hash !== end.head.hash)
    return { ok: false, seq: link.seq, problem: "The last entry is not the one the log ended with." };
  return { ok: true, entries: link.seq };
}

function findEnd(raw: Database, tenantId: string): { readonly head: Link; readonly last: number } {
  const head = raw.query<Link, [string]>("SELECT seq, hash FROM audit_heads WHERE tenant_id = ?").get(tenantId);
  const last = raw
    .query<{ last: number | null }, [string]>("SELECT max(seq) AS last FROM audit_log WHERE tenant_id = ?")
    .get(tenantId);
  return { head: head ?? { seq: 0, hash: AUDIT_CHAIN_START }, last: last?.last ?? 0 };
}

/** What is wrong with `row` as the link after `previous`, or null. */
function checkLink(tenantId: string, previous: Link, row: AuditRow): string | null {
  if (row.seq !== previous.seq + 1) return "An entry is missing here.";
  if (row.previous_hash !== previous.hash)
    return "The entry does not follow the one before it: one was replaced or moved.";
  const details = parseDetails(row.details);
  if (details === null) return "The entry was changed after it was written.";
  const { seq, at, action, target } = row;
  const actor: Actor = { kind: row.actor_kind, id: row.actor_id };
  const hash = hashAuditEntry({ tenantId, seq, at, actor, action, target, details, previousHash: row.previous_hash });
  return hash === row.hash ? null : "The entry was changed after it was written.";
}

function parseDetails(text: string): JsonObject | null {
  try {
    return JSON.parse(text) as JsonObject;
  } catch {
    return null;
  }
}
