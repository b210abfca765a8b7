import type { AuditEntry, ChainVerdict } from "../domain/audit.ts";
import type { AuditFilter } from "../domain/audit-store.ts";
import { authorize } from "../domain/authorize.ts";
import type { Backend } from "../domain/backend.ts";
import type { Page, PageRequest } from "../domain/page.ts";
import type { Actor, Scope } from "../domain/tenant.ts";
import { exportAudit } from "./export-audit.ts";

export function createAuditReader({ audit, users, apiKeys }: Pick<Backend, "audit" | "users" | "apiKeys">) {
  /** The whole tenant's entries, newest first. */
  async function list(scope: Scope, page: PageRequest, filter: AuditFilter = {}): Promise<Page<AuditEntry>> {
    authorize(scope, "audit.read");
    return audit.list(scope, page, filter);
  }

  /** By id, what people call those who acted; who is not there any more has none. */
  async function actorNames(scope: Scope, actors: readonly Actor[]): Promise<ReadonlyMap<string, string>> {
    authorize(scope, "audit.read");
    const distinct = new Map(actors.map((actor) => [actor.id, actor]));
    const named = await Promise.all(
      [...distinct.values()].map(async (actor) => [actor.id, await nameOf(scope, actor)] as const),
    );
    return new Map(named.flatMap(([id, name]) => (name === null ? [] : [[id, name] as const])));
  }

  async function nameOf({ tenantId }: Scope, { kind, id }: Actor): Promise<string | null> {
    if (kind === "user") {
      const found = await users.find(tenantId, id);
      return found && (found.user.name || found.user.email);
    }
    if (kind !== "api_key") return null;
    const found = await apiKeys.findForSignIn(id);
    return found?.key.tenantId === tenantId ? found.key.name : null;
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

  return { list, actorNames, all, verify };
}

export type AuditReader = ReturnType<typeof createAuditReader>;
