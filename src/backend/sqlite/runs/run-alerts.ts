import type { Alert, RunStore } from "../../../domain/backend.ts";
import type { Storage } from "../storage.ts";

export function createRunAlerts({ raw, commits }: Storage): Pick<RunStore, "pendingAlerts" | "alertsAnnounced"> {
  const pending = raw.prepare<Alert, [number]>(
    "SELECT id, tenant_id AS tenantId, run_id AS runId, reason, at FROM run_alerts ORDER BY id LIMIT ?",
  );
  const remove = raw.prepare("DELETE FROM run_alerts WHERE id = ?");

  return {
    pendingAlerts: async (limit) => pending.all(limit),
    async alertsAnnounced(ids) {
      if (ids.length === 0) return;
      await commits.submit(() => {
        for (const id of ids) remove.run(id);
      });
    },
  };
}
