import type { AuditEntry, ChainVerdict } from "../domain/audit.ts";
import { authorize } from "../domain/authorize.ts";
import type { AuditFilter, Backend, Page, PageRequest } from "../domain/backend.ts";
import type { Scope } from "../domain/tenant.ts";
import { exportAudit } from "./export-audit.ts";

export function createAuditReader({ audit }: Pick<Backend, "audit">) {
  /** The whole tenant's entries, newest first. */
  async function list(scope: Scope, page: PageRequest, filter: AuditFilter = {}): Promise<Page<AuditEntry>> {
    authorize(scope, "audit.read");
    return audit.list(scope, page, filter);
  }

  /** All of them, one after the other. */
  function all(scope: Scope): AsyncGenerator<AuditEntry> {
    authorize(scope, "audit.read");
    return exportAudit(audit, scope);
  }

  /** Walks the tenant's chain from the first entry to the last. */
  async function verify(scope: Scope): Promise<ChainVerdict> {
    authorize(scope, "audit.read");
    return audit.verify(scope.tenantId);
  }

  return { list, all, verify };
}

export type AuditReader = ReturnType<typeof createAuditReader>;
