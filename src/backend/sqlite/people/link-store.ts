import type { LinkStore, OneTimeLink } from "../../../domain/link-store.ts";
import { decodeCursor, NEWEST, toPage } from "../../../domain/page-cursor.ts";
import { LINK_COLUMNS, type LinkRow, linkOf } from "../../rows/link-row.ts";
import type { Storage } from "../storage.ts";

/** Inside an intention. */
export function insertLink(raw: Storage["raw"], link: OneTimeLink, tokenHash: string): void {
  raw
    .query(`INSERT INTO one_time_links (${LINK_COLUMNS}, token_hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`)
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
          `SELECT ${LINK_COLUMNS} FROM one_time_links WHERE token_hash = ? AND kind = ? AND expires_at > ?`,
        )
        .get(tokenHash, kind, now);
      return row ? linkOf(row) : null;
    },
    take(kind, tokenHash, now) {
      return commits.submit(() => {
        const row = raw
          .query<LinkRow, [string, string, number]>(
            `DELETE FROM one_time_links WHERE token_hash = ? AND kind = ? AND expires_at > ? RETURNING ${LINK_COLUMNS}`,
          )
          .get(tokenHash, kind, now);
        return row ? linkOf(row) : null;
      });
    },
    async list({ tenantId, workspaceId }, kind, now, { limit, cursor }) {
      const rows = raw
        .query<LinkRow, [string, string, string, number, string, number]>(
          `SELECT ${LINK_COLUMNS} FROM one_time_links
           WHERE tenant_id = ? AND kind = ? AND workspace_id = ? AND expires_at > ? AND id < ? ORDER BY id DESC LIMIT ?`,
        )
        .all(tenantId, kind, workspaceId, now, cursor === null ? NEWEST : decodeCursor(cursor), limit + 1);
      return toPage(rows.map(linkOf), limit, ({ id }) => id);
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
