import type { Role } from "../../../domain/permission.ts";
import type { Session, SessionStore } from "../../../domain/session-store.ts";
import { SESSION_COLUMNS, type SessionRow, sessionOf } from "../../rows/session-row.ts";
import { USER_COLUMNS, type UserRow } from "../../rows/user-row.ts";
import type { Statement } from "../database.ts";
import type { Storage } from "../storage.ts";
import { decodeColumns, encodeText } from "../text-columns.ts";
import { endSessionsOf } from "./end-links.ts";
import { toUser } from "./user-rows.ts";

interface FoundRow extends SessionRow, UserRow {
  readonly role: Role;
  readonly tenant_slug: string;
  readonly workspace_slug: string;
}

export function createSessionStore({ database, change, appendAudit }: Storage): SessionStore {
  async function tenantOf(tokenHash: string): Promise<string | null> {
    const [route] = await database.query<{ tenant_id: string }>(
      "SELECT tenant_id FROM session_routes WHERE token_hash = $1",
      [tokenHash],
    );
    return route?.tenant_id ?? null;
  }

  return {
    async create(session, tokenHash, replacing, actor, entry) {
      const replaced = replacing === null ? null : await tenantOf(replacing);
      if (replacing !== null && replaced !== null) await change(replaced, ({ run }) => removeSession(run, replacing));
      await database.write(session.tenantId, async (transaction) => {
        const { run } = transaction;
        await run("INSERT INTO session_routes (token_hash, tenant_id, expires_at) VALUES ($1, $2, $3::bigint)", [
          tokenHash,
          session.tenantId,
          session.endsAt,
        ]);
        await run(
          `INSERT INTO sessions (id, tenant_id, workspace_id, user_id, token_hash, created_at, last_seen_at, expires_at, ends_at, address, user_agent)
           VALUES ($1, $2, $3, $4, $5, $6::bigint, $7::bigint, $8::bigint, $9::bigint, $10, $11)`,
          [
            session.id,
            session.tenantId,
            session.workspaceId,
            session.userId,
            tokenHash,
            session.createdAt,
            session.lastSeenAt,
            session.expiresAt,
            session.endsAt,
            encodeText(session.address),
            encodeText(session.userAgent),
          ],
        );
        await appendAudit(transaction, session.tenantId, actor, entry);
      });
    },
    async find(tokenHash) {
      const tenantId = await tenantOf(tokenHash);
      if (tenantId === null) return null;
      const [row] = await database.read(tenantId, (run) =>
        run<FoundRow>(
          `SELECT ${SESSION_COLUMNS}, ${USER_COLUMNS}, role, tenants.slug AS tenant_slug, workspaces.slug AS workspace_slug
           FROM sessions
           JOIN users ON users.id = sessions.user_id AND users.disabled_at IS NULL
           JOIN memberships ON memberships.workspace_id = sessions.workspace_id AND memberships.user_id = sessions.user_id
           JOIN tenants ON tenants.id = sessions.tenant_id
           JOIN workspaces ON workspaces.id = sessions.workspace_id
           WHERE token_hash = $1`,
          [tokenHash],
        ),
      );
      if (!row) return null;
      return {
        session: toSession(row, tenantId, row.id),
        user: toUser(row),
        role: row.role,
        tenant: { id: tenantId, slug: row.tenant_slug },
        workspace: { id: row.workspace_id, slug: row.workspace_slug },
      };
    },
    async extend(tokenHash, expiresAt) {
      const tenantId = await tenantOf(tokenHash);
      if (tenantId === null) return;
      await database.write(tenantId, ({ run }) =>
        run("UPDATE sessions SET expires_at = least($2::bigint, ends_at) WHERE token_hash = $1", [
          tokenHash,
          expiresAt,
        ]),
      );
    },
    async touch(tokenHash, at) {
      const tenantId = await tenantOf(tokenHash);
      if (tenantId === null) return;
      await database.write(tenantId, ({ run }) =>
        run("UPDATE sessions SET last_seen_at = $2::bigint WHERE token_hash = $1", [tokenHash, at]),
      );
    },
    async list(tenantId, userId, now) {
      const rows = await database.read(tenantId, (run) =>
        run<SessionRow>(
          `SELECT ${SESSION_COLUMNS} FROM sessions WHERE user_id = $1 AND expires_at > $2::bigint ORDER BY id DESC`,
          [userId, now],
        ),
      );
      return rows.map((row) => toSession(row, tenantId, userId));
    },
    end(tenantId, userId, id, actor, entry) {
      return change(tenantId, async (transaction) => {
        const { count } = await transaction.run(
          `WITH ended AS (DELETE FROM sessions WHERE user_id = $1 AND id = $2 RETURNING token_hash)
           DELETE FROM session_routes WHERE token_hash IN (SELECT token_hash FROM ended)`,
          [userId, id],
        );
        if (count > 0) await appendAudit(transaction, tenantId, actor, entry);
        return count > 0;
      });
    },
    endAll(tenantId, userId, except, actor, entry) {
      return change(tenantId, async (transaction) => {
        const ended = await endSessionsOf(transaction.run, userId, { except });
        await appendAudit(transaction, tenantId, actor, entry);
        return ended;
      });
    },
    async drop(tokenHash) {
      const tenantId = await tenantOf(tokenHash);
      if (tenantId !== null) await database.write(tenantId, ({ run }) => removeSession(run, tokenHash));
    },
    /** A session that ran out before its end was not used for days; it goes with its route. */
    async prune(now, limit) {
      const routes = await database.query<{ token_hash: string; tenant_id: string }>(
        "SELECT token_hash, tenant_id FROM session_routes WHERE expires_at <= $1::bigint LIMIT $2::integer",
        [now, limit],
      );
      for (const { token_hash, tenant_id } of routes)
        await database.write(tenant_id, ({ run }) => removeSession(run, token_hash));
      return routes.length;
    },
  };
}

async function removeSession(run: Statement, tokenHash: string): Promise<void> {
  await run("DELETE FROM sessions WHERE token_hash = $1", [tokenHash]);
  await run("DELETE FROM session_routes WHERE token_hash = $1", [tokenHash]);
}

function toSession(row: SessionRow, tenantId: string, userId: string): Session {
  return sessionOf(decodeColumns(row, "address", "user_agent"), tenantId, userId);
}
