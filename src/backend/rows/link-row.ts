import type { JsonObject } from "../../domain/json.ts";
import type { LinkKind, OneTimeLink } from "../../domain/link-store.ts";
import { type BigintText, toNumber } from "./cells.ts";

export interface LinkRow {
  readonly id: string;
  readonly tenant_id: string;
  readonly workspace_id: string | null;
  readonly kind: LinkKind;
  readonly user_id: string | null;
  readonly payload: string;
  readonly created_at: BigintText;
  readonly expires_at: BigintText;
}

export const LINK_COLUMNS = "id, tenant_id, workspace_id, kind, user_id, payload, created_at, expires_at";

export function linkOf(row: LinkRow): OneTimeLink {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    workspaceId: row.workspace_id,
    kind: row.kind,
    userId: row.user_id,
    payload: JSON.parse(row.payload) as JsonObject,
    createdAt: toNumber(row.created_at),
    expiresAt: toNumber(row.expires_at),
  };
}
