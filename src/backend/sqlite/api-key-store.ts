import { and, desc, eq, lt, sql } from "drizzle-orm";
import type { ApiKey, ApiKeyStore } from "../../domain/api-key-store.ts";
import { decodeCursor, toPage } from "../../domain/page-cursor.ts";
import type { Scope } from "../../domain/tenant.ts";
import { apiKeys } from "./schema/tenants.ts";
import type { Storage } from "./storage.ts";

/** "Last used" is written at most this often, so that reading through the API does not write every time. */
const TOUCH_EVERY_MS = 60_000;

export function createApiKeyStore({ orm, commits, appendAudit }: Storage): ApiKeyStore {
  const byId = orm
    .select()
    .from(apiKeys)
    .where(eq(apiKeys.id, sql.placeholder("id")))
    .prepare();

  return {
    async create(scope, key, secretHash, change) {
      await commits.submit(() => {
        orm
          .insert(apiKeys)
          .values({ ...key, tenantId: scope.tenantId, workspaceId: scope.workspaceId, secretHash })
          .run();
        appendAudit(scope.tenantId, scope.actor, change);
      });
    },
    async findForSignIn(id) {
      const row = byId.get({ id });
      return row ? { key: toApiKey(row), secretHash: row.secretHash } : null;
    },
    async list(scope, { limit, cursor }) {
      const before = cursor === null ? undefined : lt(apiKeys.id, decodeCursor(cursor));
      const rows = orm
        .select()
        .from(apiKeys)
        .where(and(inScope(scope), before))
        .orderBy(desc(apiKeys.id))
        .limit(limit + 1)
        .all();
      return toPage(rows.map(toApiKey), limit, (key) => key.id);
    },
    async delete(scope, id, change) {
      return commits.submit(() => {
        const deleted = orm
          .delete(apiKeys)
          .where(and(eq(apiKeys.id, id), inScope(scope)))
          .returning({ id: apiKeys.id })
          .get();
        if (!deleted) return false;
        appendAudit(scope.tenantId, scope.actor, change);
        return true;
      });
    },
    async touch(id, at) {
      const key = byId.get({ id });
      if (!key || (key.lastUsedAt !== null && at - key.lastUsedAt < TOUCH_EVERY_MS)) return;
      await commits.submit(() => {
        orm.update(apiKeys).set({ lastUsedAt: at }).where(eq(apiKeys.id, id)).run();
      });
    },
  };
}

function inScope(scope: Scope) {
  return and(eq(apiKeys.tenantId, scope.tenantId), eq(apiKeys.workspaceId, scope.workspaceId));
}

function toApiKey({ secretHash: _, ...key }: typeof apiKeys.$inferSelect): ApiKey {
  return key;
}
