import type { JsonObject } from "../../../domain/json.ts";
import type { LinkKind, LinkStore, OneTimeLink } from "../../../domain/link-store.ts";
import { decodeCursor, toPage } from "../../../domain/page-cursor.ts";
import type { Storage } from "../storage.ts";

const COLUMNS = "id, tenant_id, workspace_id, kind, user_id, payload, created_at, expires_at";

interface LinkRow {
  readonly id: string;
  readonly tenant_id: string;
  readonly workspace_id: string | null;
  readonly kind: LinkKind;
  readonly user_id: string | null;
  readonly payload: string;
  readonly created_at: number;
  readonly expires_at: number;
}

/** Inside an intention. */
export function insertLink(raw: Storage["raw"], link: OneTimeLink, tokenHash: string): void {
  raw
    .query(`INSERT INTO one_time_links (${COLUMNS}, token_hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`)
    .run(
      link.id,
      link.tenantId,
      link.workspaceId,
      link.kind,
      link.userId,
      JSON.stringify(link.payload),
      link.createdAt,
      link.expiresAt,
      tokenHash,
    );
}

export function createLinkStore({ raw, commits, appendAudit }: Storage): LinkStore {
  return {
    async create(link, tokenHash, audit) {
      await commits.submit(() => {
        insertLink(raw, link, tokenHash);
        if (audit) appendAudit(link.tenantId, audit.actor, audit.change);
      });
    },
    async find(kind, tokenHash, now) {
      const row = raw
        .query<LinkRow, [string, string, number]>(
          `SELECT ${COLUMNS} FROM one_time_links WHERE token_hash = ? AND kind = ? AND expires_at > ?`,
        )
        .get(tokenHash, kind, now);
      return row ? toLink(row) : null;
    },
    take(kind, tokenHash, now) {
      return commits.submit(() => {
        const row = raw
          .query<LinkRow, [string, string, number]>(
            `DELETE FROM one_time_links WHERE token_hash = ? AND kind = ? AND expires_at > ? RETURNING ${COLUMNS}`,
          )
          .get(tokenHash, kind, now);
        return row ? toLink(row) : null;
      });
    },
    async list({ tenantId, workspaceId }, kind, now, { limit, cursor }) {
      const rows = raw
        .query<LinkRow, [string, string, string, number, string, number]>(
          `SELECT ${COLUMNS} FROM one_time_links
           WHERE tenant_id = ? AND kind = ? AND workspace_id = ? AND expires_at > ? AND id < ? ORDER BY id DESC LIMIT ?`,
        )
        .all(tenantId, kind, workspaceId, now, cursor === null ? "~" : decodeCursor(cursor), limit + 1);
      return toPage(rows.map(toLink), limit, ({ id }) => id);
    },
    withdraw({ tenantId, workspaceId, actor }, kind, id, change) {
      return commits.submit(() => {
        const { changes } = raw
          .query("DELETE FROM one_time_links WHERE tenant_id = ? AND workspace_id = ? AND kind = ? AND id = ?")
          .run(tenantId, workspaceId, kind, id);
        if (changes > 0) appendAudit(tenantId, actor, change);
        return changes > 0;
      });
    },
    prune(now, limit) {
      return commits.submit(
        () =>
          raw
            .query(
              "DELETE FROM one_time_links WHERE id IN (SELECT id FROM one_time_links WHERE expires_at <= ? LIMIT ?)",
            )
            .run(now, limit).changes,
      );
    },
  };
}

function toLink(row: LinkRow): OneTimeLink {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    workspaceId: row.workspace_id,
    kind: row.kind,
    userId: row.user_id,
    payload: JSON.parse(row.payload) as JsonObject,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
  };
}
