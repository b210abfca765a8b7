import type { Database } from "bun:sqlite";
import type { MailStore } from "../../domain/mail-store.ts";
import { decodeCursor, NEWEST, toPage } from "../../domain/page-cursor.ts";
import { claimedMailOf, listedMailOf, MAIL_COLUMNS, type MailRow } from "../rows/mail-row.ts";
import type { Storage } from "./storage.ts";

/**
 * At the start of a server, which is alone on its data: whoever was sending is dead. What waits for its next try is due
 * as well, because a mail server that did not work is often why somebody starts us anew.
 */
export function makeMailsDue(raw: Database): void {
  raw.run("UPDATE mails SET due_at = 0 WHERE due_at IS NOT NULL");
}

export function createMailStore({ raw, commits }: Storage): MailStore {
  const insert = raw.prepare(
    `INSERT INTO mails (${MAIL_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, 'queued', 0, NULL, ?, ?, ?) ON CONFLICT DO NOTHING`,
  );
  const claim = raw.prepare<MailRow, [number, number, number]>(
    `UPDATE mails SET due_at = ?, attempts = attempts + 1
     WHERE id IN (SELECT id FROM mails WHERE due_at <= ? ORDER BY due_at LIMIT ?) RETURNING ${MAIL_COLUMNS}`,
  );
  const CLAIMED = "id = ? AND tenant_id = ? AND attempts = ? AND state = 'queued'";
  const markSent = raw.prepare(
    `UPDATE mails SET state = 'sent', sealed_content = NULL, problem = NULL, due_at = NULL, settled_at = ? WHERE ${CLAIMED}`,
  );
  const putOff = raw.prepare(`UPDATE mails SET due_at = ?, problem = ? WHERE ${CLAIMED}`);
  const markFailed = raw.prepare(
    `UPDATE mails SET state = 'failed', problem = ?, due_at = NULL, settled_at = ? WHERE ${CLAIMED}`,
  );
  const open = raw.prepare<MailRow, [string, string, string, number]>(
    `SELECT ${MAIL_COLUMNS} FROM mails WHERE tenant_id = ? AND workspace_id = ? AND id < ? AND state <> 'sent'
     ORDER BY id DESC LIMIT ?`,
  );
  const again = raw.prepare(
    `UPDATE mails SET state = 'queued', due_at = ?, give_up_at = ?, settled_at = NULL
     WHERE id = ? AND tenant_id = ? AND workspace_id = ? AND state = 'failed'`,
  );
  const forget = raw.prepare(
    "DELETE FROM mails WHERE id IN (SELECT id FROM mails WHERE settled_at < ? ORDER BY settled_at LIMIT ?)",
  );

  return {
    add: ({ tenantId, workspaceId }, mails) =>
      commits.submit(() => {
        const written = mails.map(
          ({ id, key, recipient, subject, sealedContent, createdAt, giveUpAt }) =>
            insert.run(
              id,
              tenantId,
              workspaceId,
              key,
              recipient,
              subject,
              sealedContent,
              createdAt,
              giveUpAt,
              createdAt,
            ).changes,
        );
        return written.some((changes) => changes > 0);
      }),
    async claim({ now, until }, limit) {
      const rows = await commits.submit(() => claim.all(until, now, limit));
      return rows.map(claimedMailOf);
    },
    sent: ({ id, tenantId, attempts }, at) =>
      commits.submit(() => markSent.run(at, id, tenantId, attempts).changes === 1),
    postpone: ({ id, tenantId, attempts }, { dueAt, problem }) =>
      commits.submit(() => putOff.run(dueAt, problem, id, tenantId, attempts).changes === 1),
    fail: ({ id, tenantId, attempts }, { at, problem }) =>
      commits.submit(() => markFailed.run(problem, at, id, tenantId, attempts).changes === 1),
    async undelivered({ tenantId, workspaceId }, { limit, cursor }) {
      const before = cursor === null ? NEWEST : decodeCursor(cursor);
      return toPage(open.all(tenantId, workspaceId, before, limit + 1).map(listedMailOf), limit, ({ id }) => id);
    },
    retry: ({ tenantId, workspaceId }, id, { now, giveUpAt }) =>
      commits.submit(() => again.run(now, giveUpAt, id, tenantId, workspaceId).changes === 1),
    prune: (before, limit) => commits.submit(() => forget.run(before, limit).changes),
  };
}
