import { userInfo } from "node:os";
import type { Backend } from "../domain/backend.ts";
import { AppError } from "../domain/errors.ts";
import { COMMAND_LINE_PERMISSIONS } from "../domain/permission.ts";
import { type Actor, grantScope, type Scope, type Tenant } from "../domain/tenant.ts";

/** Who changed something, as the audit log shows it: the name of the system's user who typed the command. */
export function commandLineActor(): Actor {
  return { kind: "cli", id: userName() };
}

/** Rejects with `not_found`. Whoever may run commands here may read the database anyway, so nothing more is asked. */
export async function findScope(backend: Backend, tenantSlug: string, workspaceSlug = "default"): Promise<Scope> {
  const tenant = await findTenant(backend, tenantSlug);
  const workspace = await backend.tenants.findWorkspace(tenant.id, workspaceSlug);
  if (!workspace) throw new AppError("not_found", `Tenant "${tenantSlug}" has no workspace "${workspaceSlug}".`);
  return grantScope(tenant.id, workspace.id, commandLineActor(), COMMAND_LINE_PERMISSIONS);
}

export async function findTenant(backend: Backend, slug: string): Promise<Tenant> {
  const tenant = await backend.tenants.findBySlug(slug);
  if (tenant) return tenant;
  const known = (await backend.tenants.list()).map((each) => each.slug);
  const next = known.length === 0 ? `make it with: tenant create ${slug}` : `there are: ${known.join(", ")}`;
  throw new AppError("not_found", `There is no tenant "${slug}"; ${next}.`);
}

function userName(): string {
  const { username, uid } = userInfo();
  // A container's user often has a number and no name; Bun says "unknown" then.
  return username === "unknown" ? `uid ${uid}` : username;
}
