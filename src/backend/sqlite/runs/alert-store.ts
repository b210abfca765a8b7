import type { Database } from "bun:sqlite";
import { type AlertDigest, type AlertStore, addToNewest, type RunAlert } from "../../../domain/alert-store.ts";
import type { Storage } from "../storage.ts";

interface DigestRow {
  readonly tenantId: string;
  readonly workspaceId: string;
  readonly workflowId: string;
  readonly number: number;
  readonly count: number;
  readonly newest: string;
}
const DIGEST = `tenant_id AS tenantId, workspace_id AS workspaceId, workflow_id AS workflowId, number, count, newest`;

/** At the start of a server, which is alone on its data: whoever was telling people is dead. */
export function makeAlertsDue(raw: Database): void {
  raw.run("UPDATE run_alerts SET due_at = 0 WHERE due_at > 0");
}

export function createAlertStore({ raw, commits }: Storage): AlertStore {
  const due = raw.prepare<RunAlert, [number, number]>(
    `SELECT run_alerts.id, run_alerts.tenant_id AS tenantId, runs.workspace_id AS workspaceId,
            runs.workflow_id AS workflowId, run_id AS runId, reason, at
     FROM run_alerts JOIN runs ON runs.id = run_id
     WHERE run_alerts.due_at <= ? ORDER BY run_alerts.due_at, run_alerts.id LIMIT ?`,
  );
  const hold = raw.prepare("UPDATE run_alerts SET due_at = ? WHERE id = ?");
  const remove = raw.prepare("DELETE FROM run_alerts WHERE id = ?");
  const begin = raw.prepare(
    `INSERT INTO alert_digests (tenant_id, workspace_id, workflow_id, number, count, newest, next_at)
     VALUES (?, ?, ?, 1, 0, '[]', 0) ON CONFLICT DO NOTHING`,
  );
  const select = raw.prepare<DigestRow, [string, string]>(
    `SELECT ${DIGEST} FROM alert_digests WHERE workflow_id = ? AND tenant_id = ?`,
  );
  const add = raw.prepare(
    `UPDATE alert_digests SET count = count + ?, newest = ?, due_at = coalesce(due_at, max(next_at, ?))
     WHERE workflow_id = ? AND tenant_id = ?`,
  );
  const takeDue = raw.prepare<DigestRow, [number, number, number]>(
    `UPDATE alert_digests SET due_at = ? WHERE (tenant_id, workflow_id) IN (
       SELECT tenant_id, workflow_id FROM alert_digests WHERE due_at <= ? ORDER BY due_at LIMIT ?) RETURNING ${DIGEST}`,
  );
  const mailed = raw.prepare(
    `UPDATE alert_digests SET number = number + 1, count = count - $count, next_at = $nextAt,
       due_at = CASE WHEN count > $count THEN $nextAt END, newest = CASE WHEN count > $count THEN newest ELSE '[]' END
     WHERE workflow_id = $workflowId AND tenant_id = $tenantId AND number = $number`,
  );

  return {
    take: ({ now, until }, limit) =>
      commits.submit(() => {
        const alerts = due.all(now, limit);
        for (const { id } of alerts) hold.run(until, id);
        return alerts;
      }),
    async told(alerts, gathering) {
      if (alerts.length === 0) return;
      await commits.submit(() => {
        const removed = alerts.filter(({ id }) => remove.run(id).changes === 1);
        if (gathering === null) return;
        for (const group of Map.groupBy(removed, (alert) => `${alert.tenantId} ${alert.workflowId}`).values()) {
          const { tenantId, workspaceId, workflowId } = group[0]!;
          begin.run(tenantId, workspaceId, workflowId);
          const newest = JSON.stringify(addToNewest(readNewest(select.get(workflowId, tenantId)!), group));
          add.run(group.length, newest, gathering.now + gathering.firstMs, workflowId, tenantId);
        }
      });
    },
    async takeDigests({ now, until }, limit) {
      const rows = await commits.submit(() => takeDue.all(until, now, limit));
      return rows.map((row) => ({ ...row, newest: readNewest(row).slice(0, row.count) }));
    },
    async digestMailed({ tenantId, workflowId, number, count }, { nextAt }) {
      await commits.submit(
        () =>
          void mailed.run({
            $tenantId: tenantId,
            $workflowId: workflowId,
            $number: number,
            $count: count,
            $nextAt: nextAt,
          } as never),
      );
    },
  };
}

function readNewest({ newest }: DigestRow): AlertDigest["newest"] {
  return JSON.parse(newest) as AlertDigest["newest"];
}
