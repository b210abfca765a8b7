import { authorize } from "../domain/authorize.ts";
import type { Backend } from "../domain/backend.ts";
import { AppError } from "../domain/errors.ts";
import type { Page, PageRequest } from "../domain/page.ts";
import type { Scope, Tenant } from "../domain/tenant.ts";
import type { TenantWithPeople } from "../domain/tenant-store.ts";
import type { Clock } from "../platform/clock.ts";
import { sha256Hex } from "../platform/crypto/digest.ts";
import { randomToken } from "../platform/crypto/random-token.ts";
import { INVITATION_MS, settleMemberChange } from "./manage-members.ts";
import { emailErrors } from "./new-user.ts";
import type { SessionManager } from "./sessions.ts";
import { slugErrors, toSlug } from "./tenant-slug.ts";

export interface ManageInstallationDeps {
  readonly backend: Pick<Backend, "tenants" | "users">;
  readonly clock: Clock;
  readonly newId: (prefix: string) => string;
  readonly sessions: Pick<SessionManager, "forget">;
  readonly publicUrl: () => string;
}

/**
 * What operators do: they look after the installation, not inside of anybody's tenant. A tenant that they make belongs
 * to whoever uses its link; it is the only way in that they ever get.
 */
export function createInstallationManager({ backend, clock, newId, sessions, publicUrl }: ManageInstallationDeps) {
  const { tenants, users } = backend;

  async function listTenants(scope: Scope, page: PageRequest): Promise<Page<TenantWithPeople>> {
    authorize(scope, "installation.manage");
    return tenants.listWithPeople(page);
  }

  /** With the link for its first owner, shown once. Rejects with `invalid`, naming the fields. */
  async function createTenant(
    scope: Scope,
    request: { readonly name: string; readonly email: string },
  ): Promise<{ readonly tenant: Tenant; readonly workspaceId: string; readonly link: string }> {
    authorize(scope, "installation.manage");
    const slug = toSlug(request.name);
    const email = request.email.trim();
    const fields = [...slugErrors(slug), ...emailErrors(email)];
    if (slug !== "" && (await tenants.findBySlug(slug)))
      fields.push({ path: "tenant", message: `is taken: there is already a tenant ${slug}` });
    if (fields.length > 0) throw new AppError("invalid", "The tenant cannot be made.", { fields });
    const now = clock.now();
    const tenant = { id: newId("ten"), slug, createdAt: now };
    const workspace = { id: newId("ws"), tenantId: tenant.id, slug: "default" };
    const secret = randomToken(32);
    const link = {
      id: newId("link"),
      tenantId: tenant.id,
      workspaceId: workspace.id,
      kind: "invitation" as const,
      userId: null,
      payload: { email, role: "owner", invitedBy: scope.actor.id },
      createdAt: now,
      expiresAt: now + INVITATION_MS,
    };
    const created = { at: now, action: "tenant.created", target: tenant.id, details: { slug } };
    const invited = { at: now, action: "member.invited", target: link.id, details: { email, role: "owner" } };
    const invitation = { link, tokenHash: sha256Hex(secret), change: invited };
    await tenants.create(tenant, workspace, scope.actor, created, invitation);
    return { tenant, workspaceId: workspace.id, link: `${publicUrl()}/invitations/${secret}` };
  }

  /** A member of the operator's own workspace. Rejects with `conflict` for the last operator there is. */
  async function setOperator(scope: Scope, id: string, isOperator: boolean): Promise<void> {
    authorize(scope, "installation.manage");
    const action = isOperator ? "operator.made" : "operator.unmade";
    const outcome = await users.setOperator(scope, id, isOperator, {
      at: clock.now(),
      action,
      target: id,
      details: {},
    });
    sessions.forget();
    settleMemberChange(outcome);
  }

  return { listTenants, createTenant, setOperator };
}
