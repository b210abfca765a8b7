import type { Actor } from "../domain/tenant.ts";
import type { User } from "../domain/user.ts";

/** How the audit log names a person. */
export function userActor({ id }: Pick<User, "id">): Actor {
  return { kind: "user", id };
}
