import { AppError } from "./errors.ts";
import type { Permission } from "./permission.ts";
import type { Actor, Scope } from "./tenant.ts";

/** The first line of every flow function that somebody can call. Throws `forbidden`, naming what is missing. */
export function authorize(scope: Scope, permission: Permission): void {
  if (!scope.permissions.has(permission)) throw new AppError("forbidden", refusal(scope.actor, permission));
}

function refusal({ kind }: Actor, permission: Permission): string {
  if (kind === "api_key") return `The API key is not allowed this (${permission}). Use a key with more scopes.`;
  if (permission === "installation.manage")
    return `Only operators of the installation may do this (${permission}). Ask one of them.`;
  return `Your role does not allow this (${permission}). Ask an administrator of the workspace.`;
}
