import type { DataKeyStore, StoredDataKey } from "../../domain/data-key-store.ts";
import type { Storage } from "./storage.ts";

export function createDataKeyStore({ raw, commits }: Storage): DataKeyStore {
  const ofTenant = raw.prepare<StoredDataKey, [string]>(
    "SELECT generation, wrapped FROM data_keys WHERE tenant_id = ? ORDER BY generation",
  );
  const insert = raw.prepare(
    `INSERT INTO data_keys (tenant_id, generation, wrapped)
     SELECT ?, ?, ? WHERE EXISTS (SELECT 1 FROM settings WHERE key = ? AND value = ?)
     ON CONFLICT DO NOTHING`,
  );
  const rewrap = raw.prepare("UPDATE data_keys SET wrapped = ? WHERE tenant_id = ? AND generation = ? AND wrapped = ?");

  return {
    list: async (tenantId) => ofTenant.all(tenantId),
    add: (tenantId, { generation, wrapped }, { setting, value }) =>
      commits.submit(() => insert.run(tenantId, generation, wrapped, setting, value).changes === 1),
    rewrap: (tenantId, generation, from, to) =>
      commits.submit(() => rewrap.run(to, tenantId, generation, from).changes === 1),
  };
}
