import type { Role } from "../../../domain/permission.ts";
import type { Member, User } from "../../../domain/user.ts";

export const USER_COLUMNS =
  "users.id, users.tenant_id, users.email, users.name, users.password_hash, users.is_operator, users.mails_wanted, users.disabled_at, users.created_at, users.updated_at";

export interface UserRow {
  readonly id: string;
  readonly tenant_id: string;
  readonly email: string;
  readonly name: string;
  readonly password_hash: string | null;
  readonly is_operator: number;
  readonly mails_wanted: number | null;
  readonly disabled_at: number | null;
  readonly created_at: number;
  readonly updated_at: number;
}

export interface MemberRow extends UserRow {
  readonly role: Role;
  readonly has_two_factor: number;
}

export function toUser(row: UserRow): User {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    email: row.email,
    name: row.name,
    isOperator: row.is_operator === 1,
    mailsWanted: row.mails_wanted === null ? null : row.mails_wanted === 1,
    disabledAt: row.disabled_at,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

export function toMember(row: MemberRow): Member {
  return {
    user: toUser(row),
    role: row.role,
    hasTwoFactor: row.has_two_factor === 1,
    hasPassword: row.password_hash !== null,
  };
}
