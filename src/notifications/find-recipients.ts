import type { Backend } from "../domain/backend.ts";
import { type Permission, permissionsOf } from "../domain/permission.ts";
import type { Scope } from "../domain/tenant.ts";
import { type User, wantsMails } from "../domain/user.ts";

const PAGE_SIZE = 200;

/** Members of the workspace who may do something about it, are not disabled, and want such mails. */
export async function findRecipients(
  scope: Scope,
  permission: Permission,
  { users }: Pick<Backend, "users">,
): Promise<readonly User[]> {
  const found: User[] = [];
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<typeof users.listMembers>> = await users.listMembers(scope, {
      limit: PAGE_SIZE,
      cursor,
    });
    for (const { user, role } of page.items)
      if (user.disabledAt === null && permissionsOf(role).has(permission) && wantsMails(user, role)) found.push(user);
    cursor = page.nextCursor;
  } while (cursor !== null);
  return found;
}
