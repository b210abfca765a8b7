import { type SQL, sql } from "drizzle-orm";
import { bigint, customType, pgPolicy } from "drizzle-orm/pg-core";

/*
 * What the tables on Postgres are made of, a file for each part of the product;
 * `bun run generate` writes `migrations/postgres` from them, `schema.test.ts` holds that the two agree.
 *
 * - A table with tenant data carries `tenant_id` and a policy: a row is seen and written only by a transaction that has
 *   set `app.tenant_id` to it (`database.ts`). `prepare-database.ts` forces it on the owner too.
 * - The `…_routes` and `…_queue` tables have no policy. They hold what must be found before a tenant is known, and no
 *   more than that: a hash or an id, the tenant, a time.
 * - JSON is text: JSON text may hold `\u0000`, which `jsonb` refuses, and must come back byte for byte.
 * - Ids compare by bytes (collation "C"): newer ids sort later, whatever the database's locale.
 */

export const key = customType<{ data: string }>({ dataType: () => 'text COLLATE "C"' });
/** Epoch milliseconds. */
export const time = (name: string) => bigint(name, { mode: "number" });

const ofTenant: SQL = sql`tenant_id = nullif(current_setting('app.tenant_id', true), '')`;
export const tenantOnly = () =>
  pgPolicy("tenant_only", { for: "all", to: "public", using: ofTenant, withCheck: ofTenant });

export function tenantColumn() {
  return key("tenant_id").notNull();
}
