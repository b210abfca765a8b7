import type { EventApp, EventAppStore } from "../../domain/event-app-store.ts";
import type { Storage } from "./storage.ts";

const COLUMNS = "connector, public_id AS publicId, sealed_secrets AS sealedSecrets, updated_at AS updatedAt";

export function createEventAppStore({ raw, commits, appendAudit }: Storage): EventAppStore {
  const NAMED = "tenant_id = ? AND connector = ?";
  const select = raw.prepare<EventApp, [string, string]>(`SELECT ${COLUMNS} FROM event_apps WHERE ${NAMED}`);
  const byPublicId = raw.prepare<EventApp & { readonly tenantId: string }, [string]>(
    `SELECT ${COLUMNS}, tenant_id AS tenantId FROM event_apps WHERE public_id = ?`,
  );
  const insert = raw.prepare(
    `INSERT INTO event_apps (tenant_id, connector, public_id, sealed_secrets, updated_at) VALUES (?, ?, ?, NULL, ?)
     ON CONFLICT (tenant_id, connector) DO NOTHING`,
  );
  const put = raw.prepare(`UPDATE event_apps SET sealed_secrets = ?, updated_at = ? WHERE ${NAMED}`);
  const remove = raw.prepare(`DELETE FROM event_apps WHERE ${NAMED}`);

  return {
    find: async ({ tenantId }, connector) => select.get(tenantId, connector) ?? null,
    findByPublicId: async (publicId) => byPublicId.get(publicId) ?? null,
    reserve: ({ tenantId }, connector, publicId, at) =>
      commits.submit(() => {
        insert.run(tenantId, connector, publicId, at);
        return select.get(tenantId, connector)!;
      }),
    saveSecrets: (scope, connector, sealedSecrets, change) =>
      commits.submit(() => {
        if (put.run(sealedSecrets, change.at, scope.tenantId, connector).changes === 0) return false;
        appendAudit(scope.tenantId, scope.actor, change);
        return true;
      }),
    delete: (scope, connector, change) =>
      commits.submit(() => {
        if (remove.run(scope.tenantId, connector).changes === 0) return false;
        appendAudit(scope.tenantId, scope.actor, change);
        return true;
      }),
  };
}
