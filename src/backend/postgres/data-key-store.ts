import type { DataKeyStore } from "../../domain/backend.ts";
import type { Statement } from "./database.ts";
import type { Storage } from "./storage.ts";

export function createDataKeyStore({ database }: Storage): DataKeyStore {
  const find = async (run: Statement, tenantId: string) => {
    const [row] = await run<{ wrapped: string }>("SELECT wrapped FROM data_keys WHERE tenant_id = $1", [tenantId]);
    return row?.wrapped ?? null;
  };
  return {
    find: (tenantId) => database.read(tenantId, (run) => find(run, tenantId)),
    create: (tenantId, wrapped) =>
      database.write(tenantId, async ({ run }) => {
        await run("INSERT INTO data_keys (tenant_id, wrapped) VALUES ($1, $2) ON CONFLICT DO NOTHING", [
          tenantId,
          wrapped,
        ]);
        return (await find(run, tenantId)) ?? wrapped;
      }),
  };
}
