import { authorize } from "../domain/authorize.ts";
import type { Backend } from "../domain/backend.ts";
import { AppError } from "../domain/errors.ts";
import type { Role } from "../domain/permission.ts";
import type { Scope } from "../domain/tenant.ts";
import type { User } from "../domain/user.ts";
import { type NewUserDeps, prepareUser } from "./new-user.ts";

export interface CreateUserDeps extends NewUserDeps {
  readonly backend: Pick<Backend, "users">;
}

export interface CreateUserRequest {
  readonly email: string;
  readonly name: string;
  readonly role: Role;
  readonly password: string;
  /** Of the installation. */
  readonly isOperator?: boolean;
}

/** Somebody new in a workspace, without an invitation: for the command line. Rejects with `invalid` or `conflict`. */
export async function createUser(scope: Scope, request: CreateUserRequest, deps: CreateUserDeps): Promise<User> {
  if (request.isOperator) authorize(scope, "installation.manage");
  const { tenantId, workspaceId } = scope;
  const wanted = await prepareUser({ tenantId, workspaceId, ...request }, deps);
  const { user } = wanted;
  const details = { email: user.email, role: request.role, ...(request.isOperator && { isOperator: true }) };
  const change = { at: user.createdAt, action: "user.created", target: user.id, details };
  const outcome = await deps.backend.users.create(wanted, scope.actor, change);
  if (outcome !== "created")
    throw new AppError("conflict", `The tenant already has a user with the address ${user.email}.`);
  return user;
}
