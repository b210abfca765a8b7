import type { ClaimedMail, ListedMail, MailState } from "../../domain/mail-store.ts";
import { type BigintText, toNumber, toNumberOrNull } from "./cells.ts";

export interface MailRow {
  readonly id: string;
  readonly tenant_id: string;
  readonly workspace_id: string;
  readonly key: string;
  readonly recipient: string;
  readonly subject: string;
  readonly sealed_content: string | null;
  readonly state: MailState;
  readonly attempts: number;
  readonly problem: string | null;
  readonly created_at: BigintText;
  readonly give_up_at: BigintText;
  readonly due_at: BigintText | null;
}

export const MAIL_COLUMNS = `id, tenant_id, workspace_id, key, recipient, subject, sealed_content, state, attempts, problem,
  created_at, give_up_at, due_at`;

export function claimedMailOf(row: MailRow): ClaimedMail {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    workspaceId: row.workspace_id,
    key: row.key,
    recipient: row.recipient,
    subject: row.subject,
    sealedContent: row.sealed_content ?? "",
    attempts: row.attempts,
    createdAt: toNumber(row.created_at),
    giveUpAt: toNumber(row.give_up_at),
  };
}

export function listedMailOf(row: MailRow): ListedMail {
  return {
    id: row.id,
    recipient: row.recipient,
    subject: row.subject,
    state: row.state,
    attempts: row.attempts,
    problem: row.problem,
    createdAt: toNumber(row.created_at),
    dueAt: toNumberOrNull(row.due_at),
  };
}
