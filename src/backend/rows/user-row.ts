import type { Role } from "../../domain/permission.ts";
import type { Member, User } from "../../domain/user.ts";
import { type BigintText, type Flag, toNumber, toNumberOrNull } from "./cells.ts";

export const USER_COLUMNS =
  "users.id, users.tenant_id, users.email, users.name, users.password_hash, users.is_operator, users.mails_wanted, users.disabled_at, users.created_at, users.updated_at";

export interface UserRow {
  readonly id: string;
  readonly tenant_id: string;
  readonly email: string;
  readonly name: string;
  readonly password_hash: string | null;
  readonly is_operator: Flag;
  readonly mails_wanted: Flag | null;
  readonly disabled_at: BigintText | null;
  readonly created_at: BigintText;
  readonly updated_at: BigintText;
}

export interface MemberRow extends UserRow {
  readonly role: Role;
  readonly has_two_factor: Flag;
}

export function userOf(row: UserRow): User {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    email: row.email,
    name: row.name,
    isOperator: Boolean(row.is_operator),
    mailsWanted: row.mails_wanted === null ? null : Boolean(row.mails_wanted),
    disabledAt: toNumberOrNull(row.disabled_at),
    createdAt: toNumber(row.created_at),
    updatedAt: toNumber(row.updated_at),
  };
}

export function memberOf(row: MemberRow): Member {
  return {
    user: userOf(row),
    role: row.role,
    hasTwoFactor: Boolean(row.has_two_factor),
    hasPassword: row.password_hash !== null,
  };
}
