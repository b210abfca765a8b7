import { eq, sql } from "drizzle-orm";
import type { DataKeyStore } from "../../domain/backend.ts";
import { dataKeys } from "./schema/connections.ts";
import type { Storage } from "./storage.ts";

export function createDataKeyStore({ orm, commits }: Storage): DataKeyStore {
  const byTenant = orm
    .select({ wrapped: dataKeys.wrapped })
    .from(dataKeys)
    .where(eq(dataKeys.tenantId, sql.placeholder("tenantId")))
    .prepare();

  return {
    async find(tenantId) {
      return byTenant.get({ tenantId })?.wrapped ?? null;
    },
    async create(tenantId, wrapped) {
      return commits.submit(() => {
        orm.insert(dataKeys).values({ tenantId, wrapped }).onConflictDoNothing().run();
        return byTenant.get({ tenantId })?.wrapped ?? wrapped;
      });
    },
  };
}
