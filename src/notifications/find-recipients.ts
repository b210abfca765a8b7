import type { Backend } from "../domain/backend.ts";
import type { Role } from "../domain/permission.ts";
import type { Scope } from "../domain/tenant.ts";
import type { User } from "../domain/user.ts";

const PAGE_SIZE = 200;

/** Members of the workspace with one of the roles who can sign in. */
export async function findRecipients(
  scope: Scope,
  roles: readonly Role[],
  { users }: Pick<Backend, "users">,
): Promise<readonly User[]> {
  const found: User[] = [];
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<typeof users.listMembers>> = await users.listMembers(scope, {
      limit: PAGE_SIZE,
      cursor,
    });
    for (const { user, role } of page.items) if (user.disabledAt === null && roles.includes(role)) found.push(user);
    cursor = page.nextCursor;
  } while (cursor !== null);
  return found;
}
