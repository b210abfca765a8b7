import type { EventApp, EventAppStore } from "../../domain/event-app-store.ts";
import { type BigintText, toNumber } from "../rows/cells.ts";
import type { Storage } from "./storage.ts";

interface AppRow {
  readonly connector: string;
  readonly public_id: string;
  readonly sealed_secrets: string | null;
  readonly updated_at: BigintText;
}

const FIND = `SELECT connector, public_id, sealed_secrets, updated_at FROM event_apps
              WHERE tenant_id = $1 AND connector = $2`;

export function createEventAppStore({ database, change, appendAudit }: Storage): EventAppStore {
  async function find(tenantId: string, connector: string): Promise<EventApp | null> {
    const [row] = await database.read(tenantId, (run) => run<AppRow>(FIND, [tenantId, connector]));
    return row ? toApp(row) : null;
  }

  return {
    find: ({ tenantId }, connector) => find(tenantId, connector),
    async findByPublicId(publicId) {
      const [route] = await database.query<{ tenantId: string; connector: string }>(
        `SELECT tenant_id AS "tenantId", connector FROM event_app_routes WHERE public_id = $1`,
        [publicId],
      );
      const app = route ? await find(route.tenantId, route.connector) : null;
      // Deleted in between, and perhaps made anew: then at another address.
      return route && app?.publicId === publicId ? { ...app, tenantId: route.tenantId } : null;
    },
    reserve: ({ tenantId }, connector, publicId, at) =>
      database.write(tenantId, async ({ run }) => {
        const { count } = await run(
          `INSERT INTO event_apps (tenant_id, connector, public_id, sealed_secrets, updated_at)
           VALUES ($1, $2, $3, NULL, $4::bigint) ON CONFLICT DO NOTHING`,
          [tenantId, connector, publicId, at],
        );
        if (count === 1)
          await run(
            `INSERT INTO event_app_routes (public_id, tenant_id, connector, has_secrets) VALUES ($1, $2, $3, 0)`,
            [publicId, tenantId, connector],
          );
        const [row] = await run<AppRow>(FIND, [tenantId, connector]);
        return toApp(row!);
      }),
    saveSecrets: ({ tenantId, actor }, connector, sealedSecrets, entry) =>
      change(tenantId, async (transaction) => {
        const { run } = transaction;
        const { count } = await run(
          `UPDATE event_apps SET sealed_secrets = $3, updated_at = $4::bigint WHERE tenant_id = $1 AND connector = $2`,
          [tenantId, connector, sealedSecrets, entry.at],
        );
        if (count === 0) return false;
        await run("UPDATE event_app_routes SET has_secrets = 1 WHERE tenant_id = $1 AND connector = $2", [
          tenantId,
          connector,
        ]);
        await appendAudit(transaction, tenantId, actor, entry);
        return true;
      }),
    delete: ({ tenantId, actor }, connector, entry) =>
      change(tenantId, async (transaction) => {
        const { run } = transaction;
        const named = [tenantId, connector];
        const { count } = await run("DELETE FROM event_apps WHERE tenant_id = $1 AND connector = $2", named);
        if (count === 0) return false;
        await run("DELETE FROM event_app_routes WHERE tenant_id = $1 AND connector = $2", named);
        await appendAudit(transaction, tenantId, actor, entry);
        return true;
      }),
  };
}

function toApp({ connector, public_id, sealed_secrets, updated_at }: AppRow): EventApp {
  return { connector, publicId: public_id, sealedSecrets: sealed_secrets, updatedAt: toNumber(updated_at) };
}
