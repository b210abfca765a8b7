import { AUDIT_CHAIN_START, type AuditHead, type ChainVerdict, hashAuditEntry } from "../../domain/audit.ts";
import type { JsonObject } from "../../domain/json.ts";
import { type AuditRow, auditEntryOf } from "./audit-row.ts";

const PAGE_ENTRIES = 500;

/** A tenant's chain as it stood at one moment: where the log says that it ends, and the newest entry there is. */
export interface ChainEnd {
  readonly head: AuditHead | null;
  readonly last: number | null;
}

/**
 * Walks one tenant's chain up to where it ended when the walk began, a page at a time so that other work goes on, and
 * tells the first entry that was changed, removed, inserted or put elsewhere. Entries cut off at the end are missed
 * because the head is kept in another table.
 */
export async function walkAuditChain(
  tenantId: string,
  { head, last }: ChainEnd,
  readPage: (after: number, limit: number) => Promise<readonly AuditRow[]>,
): Promise<ChainVerdict> {
  const start: AuditHead = { seq: 0, hash: AUDIT_CHAIN_START };
  const end = head ?? start;
  if ((last ?? 0) > end.seq)
    return { ok: false, seq: end.seq + 1, problem: "An entry was added that the log itself did not write." };

  let link = start;
  while (link.seq < end.seq) {
    const rows = await readPage(link.seq, Math.min(PAGE_ENTRIES, end.seq - link.seq));
    if (rows.length === 0) return { ok: false, seq: link.seq + 1, problem: "The log was cut off here." };
    for (const row of rows) {
      const problem = checkLink(tenantId, link, row);
      if (problem) return { ok: false, seq: link.seq + 1, problem };
      link = row;
    }
  }
  if (link.hash !== end.hash)
    return { ok: false, seq: link.seq, problem: "The last entry is not the one the log ended with." };
  return { ok: true, entries: link.seq };
}

/** What is wrong with `row` as the link after `previous`, or null. */
function checkLink(tenantId: string, previous: AuditHead, row: AuditRow): string | null {
  if (row.seq !== previous.seq + 1) return "An entry is missing here.";
  if (row.previous_hash !== previous.hash)
    return "The entry does not follow the one before it: one was replaced or moved.";
  const details = parseDetails(row.details);
  if (details === null) return "The entry was changed after it was written.";
  const { hash: _, ...entry } = auditEntryOf(tenantId, row, details);
  return hashAuditEntry(entry) === row.hash ? null : "The entry was changed after it was written.";
}

function parseDetails(text: string): JsonObject | null {
  try {
    return JSON.parse(text) as JsonObject;
  } catch {
    return null;
  }
}
