import type { Connection } from "../domain/connection.ts";
import type { SealPlace } from "./vault.ts";

/** Where a connection's credential is stored, which its envelope is bound to. */
export function credentialPlace({ tenantId, id }: Pick<Connection, "tenantId" | "id">): SealPlace {
  return { tenantId, table: "connections", row: id, field: "credential" };
}
