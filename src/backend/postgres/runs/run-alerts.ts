import type { Alert, RunStore } from "../../../domain/backend.ts";
import type { Storage } from "../storage.ts";
import { type BigintText, decodeText, toNumber } from "../text-columns.ts";

interface Queued {
  readonly id: BigintText;
  readonly tenant_id: string;
}
interface AlertRow {
  readonly id: BigintText;
  readonly run_id: string;
  readonly reason: string;
  readonly at: BigintText;
}
const ASKED = "id = ANY (ARRAY(SELECT json_array_elements_text($1::text::json)::bigint))";

/** The queue tells whose alerts there are; what they say is read, and removed, as each tenant. */
export function createRunAlerts({ database }: Storage): Pick<RunStore, "pendingAlerts" | "alertsAnnounced"> {
  return {
    async pendingAlerts(limit) {
      const queued = await database.query<Queued>(
        "SELECT id, tenant_id FROM alert_queue ORDER BY id LIMIT $1::integer",
        [limit],
      );
      const alerts: Alert[] = [];
      for (const [tenantId, ids] of byTenant(queued)) {
        const rows = await database.read(tenantId, (run) =>
          run<AlertRow>(`SELECT id, run_id, reason, at FROM run_alerts WHERE ${ASKED}`, [ids]),
        );
        for (const { id, run_id: runId, reason, at } of rows)
          alerts.push({ id: toNumber(id), tenantId, runId, reason: decodeText(reason), at: toNumber(at) });
      }
      return alerts.sort((a, b) => a.id - b.id);
    },
    async alertsAnnounced(ids) {
      if (ids.length === 0) return;
      await database.write(null, async ({ run, setTenant }) => {
        const removed = await run<Queued>(`DELETE FROM alert_queue WHERE ${ASKED} RETURNING id, tenant_id`, [
          JSON.stringify(ids),
        ]);
        for (const [tenantId, ofTenant] of byTenant(removed)) {
          await setTenant(tenantId);
          await run(`DELETE FROM run_alerts WHERE ${ASKED}`, [ofTenant]);
        }
      });
    },
  };
}

/** The ids of each tenant as JSON. */
function byTenant(queued: readonly Queued[]): readonly (readonly [string, string])[] {
  const groups = Map.groupBy(queued, (each) => each.tenant_id);
  return [...groups].map(([tenantId, rows]) => [tenantId, JSON.stringify(rows.map(({ id }) => toNumber(id)))]);
}
