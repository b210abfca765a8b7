import type { Member, User } from "../../../domain/user.ts";
import { type MemberRow, memberOf, type UserRow, userOf } from "../../rows/user-row.ts";
import { decodeColumns } from "../text-columns.ts";

export function toUser(row: UserRow): User {
  return userOf(decodeColumns(row, "email", "name"));
}

export function toUserForSignIn(row: UserRow) {
  return { user: toUser(row), passwordHash: row.password_hash };
}

export function toMember(row: MemberRow): Member {
  return memberOf(decodeColumns(row, "email", "name"));
}
