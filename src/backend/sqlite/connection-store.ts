import { and, desc, eq, lt, sql } from "drizzle-orm";
import type { ConnectionStore } from "../../domain/backend.ts";
import type { Connection } from "../../domain/connection.ts";
import type { Scope } from "../../domain/tenant.ts";
import { decodeCursor, toPage } from "./page-cursor.ts";
import { connections } from "./schema/connections.ts";
import type { Storage } from "./storage.ts";

/** "Last used" is written at most this often: an action must not cost a further commit. */
const TOUCH_EVERY_MS = 60_000;

export function createConnectionStore({ orm, commits, appendAudit }: Storage): ConnectionStore {
  const byId = orm
    .select()
    .from(connections)
    .where(
      and(
        eq(connections.id, sql.placeholder("id")),
        eq(connections.tenantId, sql.placeholder("tenantId")),
        eq(connections.workspaceId, sql.placeholder("workspaceId")),
      ),
    )
    .prepare();
  const find = ({ tenantId, workspaceId }: Scope, id: string) => byId.get({ id, tenantId, workspaceId });

  return {
    async create(scope, connection, sealedCredential, change) {
      const { tenantId, workspaceId } = scope;
      await commits.submit(() => {
        orm
          .insert(connections)
          .values({ ...connection, tenantId, workspaceId, sealedCredential })
          .run();
        appendAudit(tenantId, scope.actor, change);
      });
    },
    async find(scope, id) {
      const row = find(scope, id);
      return row ? toConnection(row) : null;
    },
    async findSealed(scope, id) {
      const row = find(scope, id);
      return row ? { connection: toConnection(row), sealed: row.sealedCredential } : null;
    },
    async list(scope, { limit, cursor }) {
      const before = cursor === null ? undefined : lt(connections.id, decodeCursor(cursor));
      const rows = orm
        .select()
        .from(connections)
        .where(and(inScope(scope), before))
        .orderBy(desc(connections.id))
        .limit(limit + 1)
        .all();
      return toPage(rows.map(toConnection), limit, (connection) => connection.id);
    },
    async update(scope, id, patch, change) {
      return commits.submit(() => {
        const updated = orm
          .update(connections)
          .set({ ...patch, updatedAt: change.at })
          .where(and(eq(connections.id, id), inScope(scope)))
          .returning({ id: connections.id })
          .get();
        if (!updated) return false;
        appendAudit(scope.tenantId, scope.actor, change);
        return true;
      });
    },
    async delete(scope, id, change) {
      return commits.submit(() => {
        const deleted = orm
          .delete(connections)
          .where(and(eq(connections.id, id), inScope(scope)))
          .returning({ id: connections.id })
          .get();
        if (!deleted) return false;
        appendAudit(scope.tenantId, scope.actor, change);
        return true;
      });
    },
    async touch(scope, id, at) {
      const row = find(scope, id);
      if (!row || (row.lastUsedAt !== null && at - row.lastUsedAt < TOUCH_EVERY_MS)) return;
      await commits.submit(() => {
        orm
          .update(connections)
          .set({ lastUsedAt: at })
          .where(and(eq(connections.id, id), inScope(scope)))
          .run();
      });
    },
  };
}

function inScope(scope: Scope) {
  return and(eq(connections.tenantId, scope.tenantId), eq(connections.workspaceId, scope.workspaceId));
}

function toConnection({ sealedCredential: _, ...connection }: typeof connections.$inferSelect): Connection {
  return connection;
}
