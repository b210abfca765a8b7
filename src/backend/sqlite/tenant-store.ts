import { and, asc, eq, sql } from "drizzle-orm";
import { AppError } from "../../domain/errors.ts";
import { decodeCursor, NEWEST, toPage } from "../../domain/page-cursor.ts";
import type { TenantStore, TenantWithPeople } from "../../domain/tenant-store.ts";
import { insertLink } from "./people/link-store.ts";
import { tenants, workspaces } from "./schema/tenants.ts";
import type { Storage } from "./storage.ts";

export function createTenantStore({ orm, raw, commits, appendAudit }: Storage): TenantStore {
  const bySlug = orm
    .select()
    .from(tenants)
    .where(eq(tenants.slug, sql.placeholder("slug")))
    .prepare();
  const workspaceBySlug = orm
    .select()
    .from(workspaces)
    .where(and(eq(workspaces.tenantId, sql.placeholder("tenantId")), eq(workspaces.slug, sql.placeholder("slug"))))
    .prepare();

  return {
    async create(tenant, workspace, actor, change, invitation) {
      const created = await commits.submit(() => {
        if (bySlug.get({ slug: tenant.slug })) return false;
        orm.insert(tenants).values(tenant).run();
        orm.insert(workspaces).values(workspace).run();
        appendAudit(tenant.id, actor, change);
        if (invitation) {
          insertLink(raw, invitation.link, invitation.tokenHash);
          appendAudit(tenant.id, actor, invitation.change);
        }
        return true;
      });
      if (!created) throw new AppError("conflict", `There is already a tenant "${tenant.slug}".`);
    },
    async findBySlug(slug) {
      return bySlug.get({ slug }) ?? null;
    },
    async findWorkspace(tenantId, slug) {
      return workspaceBySlug.get({ tenantId, slug }) ?? null;
    },
    async list() {
      return orm.select().from(tenants).orderBy(asc(tenants.slug)).all();
    },
    async listWithPeople({ limit, cursor }) {
      const rows = raw
        .query<TenantWithPeople, [string, number]>(
          `SELECT id, slug, created_at AS createdAt,
             (SELECT count(*) FROM users WHERE users.tenant_id = tenants.id) AS people
           FROM tenants WHERE id < ? ORDER BY id DESC LIMIT ?`,
        )
        .all(cursor === null ? NEWEST : decodeCursor(cursor), limit + 1);
      return toPage(rows, limit, ({ id }) => id);
    },
  };
}
