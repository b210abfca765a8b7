import type { Role } from "../../../domain/permission.ts";
import type { Member, User } from "../../../domain/user.ts";
import { type BigintText, decodeText, toNumber, toNumberOrNull } from "../text-columns.ts";

export const USER_COLUMNS =
  "users.id, users.tenant_id, users.email, users.name, users.password_hash, users.is_operator, users.mails_wanted, users.disabled_at, users.created_at, users.updated_at";

export interface UserRow {
  readonly id: string;
  readonly tenant_id: string;
  readonly email: string;
  readonly name: string;
  readonly password_hash: string | null;
  readonly is_operator: boolean;
  readonly mails_wanted: boolean | null;
  readonly disabled_at: BigintText | null;
  readonly created_at: BigintText;
  readonly updated_at: BigintText;
}

export interface MemberRow extends UserRow {
  readonly role: Role;
  readonly has_two_factor: boolean;
}

export function toUser(row: UserRow): User {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    email: decodeText(row.email),
    name: decodeText(row.name),
    isOperator: row.is_operator,
    mailsWanted: row.mails_wanted,
    disabledAt: toNumberOrNull(row.disabled_at),
    createdAt: toNumber(row.created_at),
    updatedAt: toNumber(row.updated_at),
  };
}

export function toUserForSignIn(row: UserRow) {
  return { user: toUser(row), passwordHash: row.password_hash };
}

export function toMember(row: MemberRow): Member {
  return {
    user: toUser(row),
    role: row.role,
    hasTwoFactor: row.has_two_factor,
    hasPassword: row.password_hash !== null,
  };
}
