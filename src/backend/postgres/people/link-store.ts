import type { LinkStore, OneTimeLink } from "../../../domain/link-store.ts";
import { decodeCursor, NEWEST, toPage } from "../../../domain/page-cursor.ts";
import { LINK_COLUMNS, type LinkRow, linkOf } from "../../rows/link-row.ts";
import type { Statement } from "../database.ts";
import type { Storage } from "../storage.ts";

export async function insertLink(run: Statement, link: OneTimeLink, tokenHash: string): Promise<void> {
  await run("INSERT INTO link_routes (token_hash, tenant_id, expires_at) VALUES ($1, $2, $3::bigint)", [
    tokenHash,
    link.tenantId,
    link.expiresAt,
  ]);
  await run(
    `INSERT INTO one_time_links (${LINK_COLUMNS}, token_hash)
     VALUES ($1, $2, $3, $4, $5, $6::text, $7::bigint, $8::bigint, $9)`,
    [
      link.id,
      link.tenantId,
      link.workspaceId,
      link.kind,
      link.userId,
      JSON.stringify(link.payload),
      link.createdAt,
      link.expiresAt,
      tokenHash,
    ],
  );
}

export function createLinkStore({ database, change, appendAudit }: Storage): LinkStore {
  async function tenantOf(tokenHash: string): Promise<string | null> {
    const [route] = await database.query<{ tenant_id: string }>(
      "SELECT tenant_id FROM link_routes WHERE token_hash = $1",
      [tokenHash],
    );
    return route?.tenant_id ?? null;
  }

  return {
    async create(link, tokenHash, audit) {
      await database.write(link.tenantId, async (transaction) => {
        await insertLink(transaction.run, link, tokenHash);
        if (audit) await appendAudit(transaction, link.tenantId, audit.actor, audit.change);
      });
    },
    async find(kind, tokenHash, now) {
      const tenantId = await tenantOf(tokenHash);
      if (tenantId === null) return null;
      const [row] = await database.read(tenantId, (run) =>
        run<LinkRow>(
          `SELECT ${LINK_COLUMNS} FROM one_time_links WHERE token_hash = $1 AND kind = $2 AND expires_at > $3::bigint`,
          [tokenHash, kind, now],
        ),
      );
      return row ? linkOf(row) : null;
    },
    async take(kind, tokenHash, now) {
      const tenantId = await tenantOf(tokenHash);
      if (tenantId === null) return null;
      return database.write(tenantId, async ({ run }) => {
        const [row] = await run<LinkRow>(
          `DELETE FROM one_time_links WHERE token_hash = $1 AND kind = $2 AND expires_at > $3::bigint RETURNING ${LINK_COLUMNS}`,
          [tokenHash, kind, now],
        );
        if (!row) return null;
        await run("DELETE FROM link_routes WHERE token_hash = $1", [tokenHash]);
        return linkOf(row);
      });
    },
    async list({ tenantId, workspaceId }, kind, now, { limit, cursor }) {
      const before = cursor === null ? NEWEST : decodeCursor(cursor);
      const rows = await database.read(tenantId, (run) =>
        run<LinkRow>(
          `SELECT ${LINK_COLUMNS} FROM one_time_links
           WHERE kind = $1 AND workspace_id = $2 AND expires_at > $3::bigint AND id < $4
           ORDER BY id DESC LIMIT $5::integer`,
          [kind, workspaceId, now, before, limit + 1],
        ),
      );
      return toPage(rows.map(linkOf), limit, ({ id }) => id);
    },
    withdraw({ tenantId, workspaceId, actor }, kind, id, entry) {
      return change(tenantId, async (transaction) => {
        const { count } = await transaction.run(
          `WITH ended AS (
             DELETE FROM one_time_links WHERE workspace_id = $1 AND kind = $2 AND id = $3 RETURNING token_hash)
           DELETE FROM link_routes WHERE token_hash IN (SELECT token_hash FROM ended)`,
          [workspaceId, kind, id],
        );
        if (count > 0) await appendAudit(transaction, tenantId, actor, entry);
        return count > 0;
      });
    },
    async prune(now, limit) {
      const routes = await database.query<{ token_hash: string; tenant_id: string }>(
        "SELECT token_hash, tenant_id FROM link_routes WHERE expires_at <= $1::bigint LIMIT $2::integer",
        [now, limit],
      );
      for (const { token_hash, tenant_id } of routes)
        await database.write(tenant_id, async ({ run }) => {
          await run("DELETE FROM one_time_links WHERE token_hash = $1", [token_hash]);
          await run("DELETE FROM link_routes WHERE token_hash = $1", [token_hash]);
        });
      return routes.length;
    },
  };
}
