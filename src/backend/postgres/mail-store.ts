import type { ClaimedMail, ListedMail, MailStore } from "../../domain/mail-store.ts";
import { decodeCursor, NEWEST, toPage } from "../../domain/page-cursor.ts";
import { claimedMailOf, listedMailOf, MAIL_COLUMNS, type MailRow } from "../rows/mail-row.ts";
import type { Value } from "./database.ts";
import type { Storage } from "./storage.ts";
import { decodeColumns, encodeText } from "./text-columns.ts";

interface Queued {
  readonly mail_id: string;
  readonly tenant_id: string;
}
const ASKED = "ANY (ARRAY(SELECT json_array_elements_text($1::text::json)))";
const CLAIMED = "id = $1 AND attempts = $2::integer AND state = 'queued'";

/** The queue tells whose mails are due; what they hold is read, and changed, as each tenant. */
export function createMailStore({ database }: Storage): MailStore {
  /** The mail and its place in the queue, in one commit. False when the claim was lost. */
  function settle(
    { id, tenantId, attempts }: Parameters<MailStore["sent"]>[0],
    changes: string,
    values: readonly Value[],
  ): Promise<boolean> {
    return database.write(tenantId, async ({ run }) => {
      const { count } = await run(
        `WITH settled AS (UPDATE mails SET ${changes} WHERE ${CLAIMED} RETURNING id, due_at, settled_at)
         UPDATE mail_queue SET due_at = settled.due_at, settled_at = settled.settled_at
         FROM settled WHERE mail_id = settled.id`,
        [id, attempts, ...values],
      );
      return count === 1;
    });
  }

  return {
    add: ({ tenantId, workspaceId }, mails) =>
      database.write(tenantId, async ({ run }) => {
        let isNew = false;
        for (const { id, key, recipient, subject, sealedContent, createdAt, giveUpAt } of mails) {
          const { count } = await run(
            `WITH added AS (
               INSERT INTO mails (${MAIL_COLUMNS})
               VALUES ($1, $2, $3, $4, $5, $6, $7, 'queued', 0, NULL, $8::bigint, $9::bigint, $8::bigint)
               ON CONFLICT (tenant_id, key) DO NOTHING RETURNING id, tenant_id, due_at)
             INSERT INTO mail_queue (mail_id, tenant_id, due_at) SELECT id, tenant_id, due_at FROM added`,
            [
              id,
              tenantId,
              workspaceId,
              key,
              encodeText(recipient),
              encodeText(subject),
              sealedContent,
              createdAt,
              giveUpAt,
            ],
          );
          isNew ||= count > 0;
        }
        return isNew;
      }),
    claim: ({ now, until }, limit) =>
      database.write(null, async ({ run, setTenant }) => {
        const queued = await run<Queued>(
          `UPDATE mail_queue SET due_at = $1::bigint WHERE mail_id IN (
             SELECT mail_id FROM mail_queue WHERE due_at <= $2::bigint ORDER BY due_at LIMIT $3::integer
             FOR UPDATE SKIP LOCKED)
           RETURNING mail_id, tenant_id`,
          [until, now, limit],
        );
        const claimed: ClaimedMail[] = [];
        for (const [tenantId, ofTenant] of Map.groupBy(queued, (each) => each.tenant_id)) {
          await setTenant(tenantId);
          const rows = await run<MailRow>(
            `UPDATE mails SET due_at = $2::bigint, attempts = attempts + 1 WHERE id = ${ASKED} RETURNING ${MAIL_COLUMNS}`,
            [JSON.stringify(ofTenant.map((each) => each.mail_id)), until],
          );
          claimed.push(...rows.map(toClaimed));
        }
        return claimed;
      }),
    sent: (mail, at) =>
      settle(mail, "state = 'sent', sealed_content = NULL, problem = NULL, due_at = NULL, settled_at = $3::bigint", [
        at,
      ]),
    postpone: (mail, { dueAt, problem }) =>
      settle(mail, "due_at = $3::bigint, problem = $4", [dueAt, encodeText(problem)]),
    fail: (mail, { at, problem }) =>
      settle(mail, "state = 'failed', due_at = NULL, settled_at = $3::bigint, problem = $4", [at, encodeText(problem)]),
    async undelivered({ tenantId, workspaceId }, { limit, cursor }) {
      const before = cursor === null ? NEWEST : decodeCursor(cursor);
      const rows = await database.read(tenantId, (run) =>
        run<MailRow>(
          `SELECT ${MAIL_COLUMNS} FROM mails WHERE workspace_id = $1 AND id < $2 AND state <> 'sent'
           ORDER BY id DESC LIMIT $3::integer`,
          [workspaceId, before, limit + 1],
        ),
      );
      return toPage(rows.map(toListed), limit, ({ id }) => id);
    },
    retry: ({ tenantId, workspaceId }, id, { now, giveUpAt }) =>
      database.write(tenantId, async ({ run }) => {
        const { count } = await run(
          `WITH again AS (
             UPDATE mails SET state = 'queued', due_at = $3::bigint, give_up_at = $4::bigint, settled_at = NULL
             WHERE id = $1 AND workspace_id = $2 AND state = 'failed' RETURNING id, due_at)
           UPDATE mail_queue SET due_at = again.due_at, settled_at = NULL FROM again WHERE mail_id = again.id`,
          [id, workspaceId, now, giveUpAt],
        );
        return count === 1;
      }),
    prune: (before, limit) =>
      database.write(null, async ({ run, setTenant }) => {
        const gone = await run<Queued>(
          `DELETE FROM mail_queue WHERE mail_id IN (
             SELECT mail_id FROM mail_queue WHERE settled_at < $1::bigint ORDER BY settled_at LIMIT $2::integer
             FOR UPDATE SKIP LOCKED)
           RETURNING mail_id, tenant_id`,
          [before, limit],
        );
        for (const [tenantId, ofTenant] of Map.groupBy(gone, (each) => each.tenant_id)) {
          await setTenant(tenantId);
          await run(`DELETE FROM mails WHERE id = ${ASKED}`, [JSON.stringify(ofTenant.map((each) => each.mail_id))]);
        }
        return gone.length;
      }),
  };
}

function toClaimed(row: MailRow): ClaimedMail {
  return claimedMailOf(decodeColumns(row, "recipient", "subject"));
}

function toListed(row: MailRow): ListedMail {
  return listedMailOf(decodeColumns(row, "recipient", "subject", "problem"));
}
