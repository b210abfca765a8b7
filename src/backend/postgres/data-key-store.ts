import type { DataKeyStore, StoredDataKey } from "../../domain/data-key-store.ts";
import type { Storage } from "./storage.ts";

export function createDataKeyStore({ database }: Storage): DataKeyStore {
  return {
    list: (tenantId) =>
      database.read(tenantId, async (run) => [
        ...(await run<StoredDataKey>(
          "SELECT generation, wrapped FROM data_keys WHERE tenant_id = $1 ORDER BY generation",
          [tenantId],
        )),
      ]),
    add: (tenantId, { generation, wrapped }, { setting, value }) =>
      database.write(tenantId, async ({ run }) => {
        // Shared lock: the setting changes before this commit or after it, and a rotation then sees this key.
        const [current] = await run("SELECT 1 FROM settings WHERE key = $1 AND value = $2 FOR SHARE", [setting, value]);
        if (!current) return false;
        const { count } = await run(
          `INSERT INTO data_keys (tenant_id, generation, wrapped) VALUES ($1, $2::integer, $3) ON CONFLICT DO NOTHING`,
          [tenantId, generation, wrapped],
        );
        return count === 1;
      }),
    rewrap: (tenantId, generation, from, to) =>
      database.write(tenantId, async ({ run }) => {
        const { count } = await run(
          "UPDATE data_keys SET wrapped = $4 WHERE tenant_id = $1 AND generation = $2::integer AND wrapped = $3",
          [tenantId, generation, from, to],
        );
        return count === 1;
      }),
  };
}
