import type { AuditEntry } from "../domain/audit.ts";
import type { AuditStore } from "../domain/audit-store.ts";
import type { Scope } from "../domain/tenant.ts";

const PAGE_ENTRIES = 200;

/** Every entry of the tenant, newest first, read page by page: a log of any length passes through little memory. */
export async function* exportAudit(audit: Pick<AuditStore, "list">, scope: Scope): AsyncGenerator<AuditEntry> {
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<AuditStore["list"]>> = await audit.list(scope, { limit: PAGE_ENTRIES, cursor });
    yield* page.items;
    cursor = page.nextCursor;
  } while (cursor !== null);
}
