import type { Change } from "./audit.ts";
import type { OneTimeLink } from "./link-store.ts";
import type { Page, PageRequest } from "./page.ts";
import type { Actor, Tenant, Workspace } from "./tenant.ts";

export interface TenantStore {
  /**
   * Creates the tenant with its workspace `default`, and in the same commit the invitation of its first person if there
   * is one; `conflict` when the slug is taken.
   */
  create(
    tenant: Tenant,
    workspace: Workspace,
    actor: Actor,
    change: Change,
    invitation?: { readonly link: OneTimeLink; readonly tokenHash: string; readonly change: Change },
  ): Promise<void>;
  findBySlug(slug: string): Promise<Tenant | null>;
  findWorkspace(tenantId: string, slug: string): Promise<Workspace | null>;
  list(): Promise<readonly Tenant[]>;
  /** Newest first, with how many people each has. */
  listWithPeople(page: PageRequest): Promise<Page<TenantWithPeople>>;
}

export interface TenantWithPeople extends Tenant {
  readonly people: number;
}
