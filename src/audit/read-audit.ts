import type { AuditEntry } from "../domain/audit.ts";
import { authorize } from "../domain/authorize.ts";
import type { Backend, Page, PageRequest } from "../domain/backend.ts";
import type { Scope } from "../domain/tenant.ts";

export function createAuditReader({ audit }: Pick<Backend, "audit">) {
  /** The whole tenant's entries, newest first. */
  async function list(scope: Scope, page: PageRequest): Promise<Page<AuditEntry>> {
    authorize(scope, "audit.read");
    return audit.list(scope, page);
  }

  return { list };
}

export type AuditReader = ReturnType<typeof createAuditReader>;
