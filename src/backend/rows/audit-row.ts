import type { AuditEntry } from "../../domain/audit.ts";
import type { JsonObject } from "../../domain/json.ts";
import type { Actor } from "../../domain/tenant.ts";
import { type BigintText, toNumber } from "./cells.ts";

export const AUDIT_COLUMNS = "seq, at, actor_kind, actor_id, action, target, details, previous_hash, hash";

export interface AuditRow {
  readonly seq: number;
  readonly at: BigintText;
  readonly actor_kind: Actor["kind"];
  readonly actor_id: string;
  readonly action: string;
  readonly target: string;
  readonly details: string;
  readonly previous_hash: string;
  readonly hash: string;
}

export function auditEntryOf(tenantId: string, row: AuditRow, details: JsonObject): AuditEntry {
  const { seq, action, target, hash } = row;
  const actor = { kind: row.actor_kind, id: row.actor_id };
  return { tenantId, seq, at: toNumber(row.at), actor, action, target, details, previousHash: row.previous_hash, hash };
}
