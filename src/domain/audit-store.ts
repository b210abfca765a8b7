import type { AuditEntry, ChainVerdict, Change } from "./audit.ts";
import type { Page, PageRequest } from "./page.ts";
import type { Scope } from "./tenant.ts";

export interface AuditFilter {
  readonly actorId?: string | null;
  /** What stands before the dot of an action: `workflow` for `workflow.published`. */
  readonly area?: string | null;
  /** Id of what was changed. */
  readonly target?: string | null;
  /** Epoch milliseconds. */
  readonly since?: number | null;
}
export interface AuditStore {
  /** Newest first. */
  list(scope: Scope, page: PageRequest, filter?: AuditFilter): Promise<Page<AuditEntry>>;
  append(scope: Scope, change: Change): Promise<void>;
  /** Walks the whole chain of one tenant. */
  verify(tenantId: string): Promise<ChainVerdict>;
}
