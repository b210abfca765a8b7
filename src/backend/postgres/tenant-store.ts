import { AppError } from "../../domain/errors.ts";
import { decodeCursor, NEWEST, toPage } from "../../domain/page-cursor.ts";
import type { Tenant } from "../../domain/tenant.ts";
import type { TenantStore } from "../../domain/tenant-store.ts";
import { type BigintText, toNumber } from "../rows/cells.ts";
import { insertLink } from "./people/link-store.ts";
import type { Storage } from "./storage.ts";

interface TenantRow {
  readonly id: string;
  readonly slug: string;
  readonly created_at: BigintText;
}

export function createTenantStore({ database, change, appendAudit }: Storage): TenantStore {
  return {
    async create(tenant, workspace, actor, entry, invitation) {
      const created = await change(tenant.id, async (transaction) => {
        const { run } = transaction;
        const { count } = await run(
          "INSERT INTO tenants (id, slug, created_at) VALUES ($1, $2, $3::bigint) ON CONFLICT DO NOTHING",
          [tenant.id, tenant.slug, tenant.createdAt],
        );
        if (count === 0) return false;
        await run("INSERT INTO workspaces (id, tenant_id, slug) VALUES ($1, $2, $3)", [
          workspace.id,
          workspace.tenantId,
          workspace.slug,
        ]);
        await appendAudit(transaction, tenant.id, actor, entry);
        if (invitation) {
          await insertLink(run, invitation.link, invitation.tokenHash);
          await appendAudit(transaction, tenant.id, actor, invitation.change);
        }
        return true;
      });
      if (!created) throw new AppError("conflict", `There is already a tenant "${tenant.slug}".`);
    },
    async findBySlug(slug) {
      const [row] = await database.query<TenantRow>("SELECT id, slug, created_at FROM tenants WHERE slug = $1", [slug]);
      return row ? toTenant(row) : null;
    },
    async findWorkspace(tenantId, slug) {
      const [row] = await database.read(tenantId, (run) =>
        run<{ id: string }>("SELECT id FROM workspaces WHERE tenant_id = $1 AND slug = $2", [tenantId, slug]),
      );
      return row ? { id: row.id, tenantId, slug } : null;
    },
    async list() {
      const rows = await database.query<TenantRow>("SELECT id, slug, created_at FROM tenants ORDER BY slug");
      return rows.map(toTenant);
    },
    async listWithPeople({ limit, cursor }) {
      // Counted by their routes: no transaction sees the people of several tenants.
      const rows = await database.query<TenantRow & { readonly people: number }>(
        `WITH page AS (SELECT id, slug, created_at FROM tenants WHERE id < $1 ORDER BY id DESC LIMIT $2::integer)
         SELECT id, slug, created_at, coalesce(people, 0) AS people
         FROM page LEFT JOIN (
           SELECT tenant_id, count(*)::integer AS people FROM user_routes
           WHERE tenant_id IN (SELECT id FROM page) GROUP BY tenant_id
         ) AS counted ON tenant_id = id
         ORDER BY id DESC`,
        [cursor === null ? NEWEST : decodeCursor(cursor), limit + 1],
      );
      return toPage(
        rows.map((row) => ({ ...toTenant(row), people: row.people })),
        limit,
        ({ id }) => id,
      );
    },
  };
}

function toTenant(row: TenantRow): Tenant {
  return { id: row.id, slug: row.slug, createdAt: toNumber(row.created_at) };
}
