import type { Role } from "../../../domain/permission.ts";
import type { SessionStore } from "../../../domain/session-store.ts";
import { SESSION_COLUMNS, type SessionRow, sessionOf } from "../../rows/session-row.ts";
import { USER_COLUMNS, type UserRow, userOf } from "../../rows/user-row.ts";
import type { Storage } from "../storage.ts";

interface FoundRow extends SessionRow, UserRow {
  readonly role: Role;
  readonly tenant_slug: string;
  readonly workspace_slug: string;
}

export function createSessionStore({ raw, commits, appendAudit }: Storage): SessionStore {
  // Of a request's own work this is the one query, so it asks for everything at once.
  const byToken = raw.query<FoundRow, [string]>(
    `SELECT ${SESSION_COLUMNS}, ${USER_COLUMNS}, role, tenants.slug AS tenant_slug, workspaces.slug AS workspace_slug
     FROM sessions
     JOIN users ON users.id = sessions.user_id AND users.disabled_at IS NULL
     JOIN memberships ON memberships.workspace_id = sessions.workspace_id AND memberships.user_id = sessions.user_id
     JOIN tenants ON tenants.id = sessions.tenant_id
     JOIN workspaces ON workspaces.id = sessions.workspace_id
     WHERE token_hash = ?`,
  );
  const remove = raw.query("DELETE FROM sessions WHERE token_hash = ?");

  return {
    async create(session, tokenHash, replacing, actor, change) {
      await commits.submit(() => {
        if (replacing !== null) remove.run(replacing);
        raw
          .query(
            `INSERT INTO sessions (id, tenant_id, workspace_id, user_id, token_hash, created_at, last_seen_at, expires_at, ends_at, address, user_agent)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
          )
          .run(
            session.id,
            session.tenantId,
            session.workspaceId,
            session.userId,
            tokenHash,
            session.createdAt,
            session.lastSeenAt,
            session.expiresAt,
            session.endsAt,
            session.address,
            session.userAgent,
          );
        appendAudit(session.tenantId, actor, change);
      });
    },
    async find(tokenHash) {
      const row = byToken.get(tokenHash);
      if (!row) return null;
      return {
        session: sessionOf(row, row.tenant_id, row.id),
        user: userOf(row),
        role: row.role,
        tenant: { id: row.tenant_id, slug: row.tenant_slug },
        workspace: { id: row.workspace_id, slug: row.workspace_slug },
      };
    },
    async extend(tokenHash, expiresAt) {
      await commits.submit(() => {
        raw.query("UPDATE sessions SET expires_at = min(?, ends_at) WHERE token_hash = ?").run(expiresAt, tokenHash);
      });
    },
    async touch(tokenHash, at) {
      await commits.submit(() => {
        raw.query("UPDATE sessions SET last_seen_at = ? WHERE token_hash = ?").run(at, tokenHash);
      });
    },
    async list(tenantId, userId, now) {
      return raw
        .query<SessionRow, [string, string, number]>(
          `SELECT ${SESSION_COLUMNS} FROM sessions WHERE tenant_id = ? AND user_id = ? AND expires_at > ? ORDER BY id DESC`,
        )
        .all(tenantId, userId, now)
        .map((row) => sessionOf(row, tenantId, userId));
    },
    end(tenantId, userId, id, actor, change) {
      return commits.submit(() => {
        const { changes } = raw
          .query("DELETE FROM sessions WHERE tenant_id = ? AND user_id = ? AND id = ?")
          .run(tenantId, userId, id);
        if (changes > 0) appendAudit(tenantId, actor, change);
        return changes > 0;
      });
    },
    endAll(tenantId, userId, except, actor, change) {
      return commits.submit(() => {
        const { changes } = raw
          .query("DELETE FROM sessions WHERE tenant_id = ? AND user_id = ? AND id <> ?")
          .run(tenantId, userId, except ?? "");
        appendAudit(tenantId, actor, change);
        return changes;
      });
    },
    async drop(tokenHash) {
      await commits.submit(() => {
        remove.run(tokenHash);
      });
    },
    prune(now, limit) {
      return commits.submit(
        () =>
          raw
            .query("DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE expires_at <= ? LIMIT ?)")
            .run(now, limit).changes,
      );
    },
  };
}
