import { AUDIT_CHAIN_START, type ChainVerdict, hashAuditEntry } from "../../domain/audit.ts";
import type { JsonObject } from "../../domain/json.ts";
import { AUDIT_COLUMNS, type AuditRow, toAuditEntry } from "./audit-rows.ts";
import type { Database } from "./database.ts";

const PAGE_ENTRIES = 500;

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
export async function verifyAuditChain(database: Database, tenantId: string): Promise<ChainVerdict> {
  const end = await findEnd(database, tenantId);
  if (end.last > end.head.seq)
    return { ok: false, seq: end.head.seq + 1, problem: "An entry was added that the log itself did not write." };

  let link: Link = { seq: 0, hash: AUDIT_CHAIN_START };
  while (link.seq < end.head.seq) {
    const rows = await readPage(database, tenantId, link.seq, Math.min(PAGE_ENTRIES, end.head.seq - link.seq));
    if (rows.length === 0) return { ok: false, seq: link.seq + 1, problem: "The log was cut off here." };
    for (const row of rows) {
      const problem = checkLink(tenantId, link, row);
      if (problem) return { ok: false, seq: link.seq + 1, problem };
      link = row;
    }
  }
  if (link.hash !== end.head.hash)
    return { ok: false, seq: link.seq, problem: "The last entry is not the one the log ended with." };
  return { ok: true, entries: link.seq };
}

function readPage(database: Database, tenantId: string, after: number, limit: number) {
  return database.read(tenantId, (run) =>
    run<AuditRow>(
      `SELECT ${AUDIT_COLUMNS} FROM audit_log WHERE tenant_id = $1 AND seq > $2::integer
       ORDER BY seq LIMIT $3::integer`,
      [tenantId, after, limit],
    ),
  );
}

/** Head and last entry in one statement: an entry appended between two would look like one the log did not write. */
async function findEnd(database: Database, tenantId: string): Promise<{ readonly head: Link; readonly last: number }> {
  const [end] = await database.read(tenantId, (run) =>
    run<{ seq: number | null; hash: string | null; last: number | null }>(
      `SELECT heads.seq, heads.hash, (SELECT max(seq) FROM audit_log WHERE tenant_id = $1) AS last
       FROM (SELECT $1 AS tenant_id) AS asked LEFT JOIN audit_heads AS heads USING (tenant_id)`,
      [tenantId],
    ),
  );
  return { head: { seq: end?.seq ?? 0, hash: end?.hash ?? AUDIT_CHAIN_START }, last: end?.last ?? 0 };
}

/** What is wrong with `row` as the link after `previous`, or null. */
function checkLink(tenantId: string, previous: Link, row: AuditRow): string | null {
  if (row.seq !== previous.seq + 1) return "An entry is missing here.";
  if (row.previous_hash !== previous.hash)
    return "The entry does not follow the one before it: one was replaced or moved.";
  const details = parseDetails(row.details);
  if (details === null) return "The entry was changed after it was written.";
  const { hash: _, ...entry } = toAuditEntry(tenantId, row, details);
  return hashAuditEntry(entry) === row.hash ? null : "The entry was changed after it was written.";
}

function parseDetails(text: string): JsonObject | null {
  try {
    return JSON.parse(text) as JsonObject;
  } catch {
    return null;
  }
}
