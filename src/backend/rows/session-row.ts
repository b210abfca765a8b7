import type { Session } from "../../domain/session-store.ts";
import { type BigintText, toNumber } from "./cells.ts";

export interface SessionRow {
  readonly session_id: string;
  readonly workspace_id: string;
  readonly signed_in_at: BigintText;
  readonly last_seen_at: BigintText;
  readonly expires_at: BigintText;
  readonly ends_at: BigintText;
  readonly address: string;
  readonly user_agent: string;
}

export const SESSION_COLUMNS = `sessions.id AS session_id, sessions.workspace_id, sessions.created_at AS signed_in_at,
  last_seen_at, expires_at, ends_at, address, user_agent`;

export function sessionOf(row: SessionRow, tenantId: string, userId: string): Session {
  return {
    id: row.session_id,
    tenantId,
    workspaceId: row.workspace_id,
    userId,
    createdAt: toNumber(row.signed_in_at),
    lastSeenAt: toNumber(row.last_seen_at),
    expiresAt: toNumber(row.expires_at),
    endsAt: toNumber(row.ends_at),
    address: row.address,
    userAgent: row.user_agent,
  };
}
