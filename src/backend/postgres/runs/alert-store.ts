import { type AlertDigest, type AlertStore, addToNewest, type RunAlert } from "../../../domain/alert-store.ts";
import { type BigintText, toNumber } from "../../rows/cells.ts";
import type { Storage } from "../storage.ts";
import { decodeText } from "../text-columns.ts";

interface Queued {
  readonly id: BigintText;
  readonly tenant_id: string;
}
interface QueuedDigest {
  readonly workflow_id: string;
  readonly tenant_id: string;
}
interface AlertRow {
  readonly id: BigintText;
  readonly workspace_id: string;
  readonly workflow_id: string;
  readonly run_id: string;
  readonly reason: string;
  readonly at: BigintText;
}
interface DigestRow {
  readonly workspace_id: string;
  readonly workflow_id: string;
  readonly number: number;
  readonly count: number;
  readonly newest: string;
}
const ASKED = "ANY (ARRAY(SELECT json_array_elements_text($1::text::json)::bigint))";

/** The queues tell whose alerts and digests there are; what they say is read, and changed, as each tenant. */
export function createAlertStore({ database }: Storage): AlertStore {
  return {
    take: ({ now, until }, limit) =>
      database.write(null, async ({ run, setTenant }) => {
        const queued = await run<Queued>(
          `UPDATE alert_queue SET due_at = $1::bigint WHERE id IN (
             SELECT id FROM alert_queue WHERE due_at <= $2::bigint ORDER BY due_at, id LIMIT $3::integer
             FOR UPDATE SKIP LOCKED)
           RETURNING id, tenant_id`,
          [until, now, limit],
        );
        const alerts: RunAlert[] = [];
        for (const [tenantId, group] of Map.groupBy(queued, (each) => each.tenant_id)) {
          await setTenant(tenantId);
          const rows = await run<AlertRow>(
            `SELECT run_alerts.id, runs.workspace_id, runs.workflow_id, run_id, reason, at
             FROM run_alerts JOIN runs ON runs.id = run_id WHERE run_alerts.id = ${ASKED}`,
            [JSON.stringify(group.map(({ id }) => toNumber(id)))],
          );
          alerts.push(...rows.map((row) => toAlert(tenantId, row)));
        }
        return alerts.sort((a, b) => a.id - b.id);
      }),
    async told(alerts, gathering) {
      if (alerts.length === 0) return;
      await database.write(null, async ({ run, setTenant }) => {
        const removed = await run<Queued>(`DELETE FROM alert_queue WHERE id = ${ASKED} RETURNING id, tenant_id`, [
          JSON.stringify(alerts.map(({ id }) => id)),
        ]);
        const ids = new Set(removed.map(({ id }) => toNumber(id)));
        for (const [tenantId, ofTenant] of Map.groupBy(
          alerts.filter(({ id }) => ids.has(id)),
          (alert) => alert.tenantId,
        )) {
          await setTenant(tenantId);
          await run(`DELETE FROM run_alerts WHERE id = ${ASKED}`, [JSON.stringify(ofTenant.map(({ id }) => id))]);
          if (gathering === null) continue;
          // In one order, so that two replicas that gather at once wait for each other and never crosswise.
          const groups = [...Map.groupBy(ofTenant, (alert) => alert.workflowId)].sort(([a], [b]) => (a < b ? -1 : 1));
          for (const [workflowId, group] of groups) {
            await run(
              `INSERT INTO alert_digests (tenant_id, workspace_id, workflow_id, number, count, newest, next_at)
               VALUES ($1, $2, $3, 1, 0, '[]', 0) ON CONFLICT DO NOTHING`,
              [tenantId, group[0]!.workspaceId, workflowId],
            );
            const [digest] = await run<DigestRow>(
              "SELECT workspace_id, workflow_id, number, count, newest FROM alert_digests WHERE workflow_id = $1 FOR UPDATE",
              [workflowId],
            );
            await run(
              `WITH added AS (
                 UPDATE alert_digests SET count = count + $2::integer, newest = $3::text,
                   due_at = coalesce(due_at, greatest(next_at, $4::bigint))
                 WHERE workflow_id = $1 RETURNING workflow_id, tenant_id, due_at)
               INSERT INTO alert_digest_queue (workflow_id, tenant_id, due_at) SELECT * FROM added ON CONFLICT DO NOTHING`,
              [
                workflowId,
                group.length,
                JSON.stringify(addToNewest(readNewest(digest!), group)),
                gathering.now + gathering.firstMs,
              ],
            );
          }
        }
      });
    },
    takeDigests: ({ now, until }, limit) =>
      database.write(null, async ({ run, setTenant }) => {
        const queued = await run<QueuedDigest>(
          `UPDATE alert_digest_queue SET due_at = $1::bigint WHERE (tenant_id, workflow_id) IN (
             SELECT tenant_id, workflow_id FROM alert_digest_queue WHERE due_at <= $2::bigint ORDER BY due_at LIMIT $3::integer
             FOR UPDATE SKIP LOCKED)
           RETURNING workflow_id, tenant_id`,
          [until, now, limit],
        );
        const digests: AlertDigest[] = [];
        for (const [tenantId, group] of Map.groupBy(queued, (each) => each.tenant_id)) {
          await setTenant(tenantId);
          const rows = await run<DigestRow>(
            `SELECT workspace_id, workflow_id, number, count, newest FROM alert_digests
             WHERE workflow_id = ANY (ARRAY(SELECT json_array_elements_text($1::text::json)))`,
            [JSON.stringify(group.map(({ workflow_id }) => workflow_id))],
          );
          digests.push(...rows.map((row) => toDigest(tenantId, row)));
        }
        return digests;
      }),
    async digestMailed({ tenantId, workflowId, number, count }, { nextAt }) {
      await database.write(tenantId, async ({ run }) => {
        const [mailed] = await run<{ due_at: BigintText | null }>(
          `UPDATE alert_digests SET number = number + 1, count = count - $3::integer, next_at = $4::bigint,
             due_at = CASE WHEN count > $3::integer THEN $4::bigint END,
             newest = CASE WHEN count > $3::integer THEN newest ELSE '[]' END
           WHERE workflow_id = $1 AND number = $2::integer RETURNING due_at`,
          [workflowId, number, count, nextAt],
        );
        if (!mailed) return;
        if (mailed.due_at === null)
          await run("DELETE FROM alert_digest_queue WHERE workflow_id = $1 AND tenant_id = $2", [workflowId, tenantId]);
        else
          await run("UPDATE alert_digest_queue SET due_at = $3::bigint WHERE workflow_id = $1 AND tenant_id = $2", [
            workflowId,
            tenantId,
            nextAt,
          ]);
      });
    },
  };
}

function toAlert(tenantId: string, row: AlertRow): RunAlert {
  return {
    id: toNumber(row.id),
    tenantId,
    workspaceId: row.workspace_id,
    workflowId: row.workflow_id,
    runId: row.run_id,
    reason: decodeText(row.reason),
    at: toNumber(row.at),
  };
}

function toDigest(tenantId: string, row: DigestRow): AlertDigest {
  return {
    tenantId,
    workspaceId: row.workspace_id,
    workflowId: row.workflow_id,
    number: row.number,
    count: row.count,
    newest: readNewest(row).slice(0, row.count),
  };
}

function readNewest({ newest }: DigestRow): AlertDigest["newest"] {
  return JSON.parse(newest) as AlertDigest["newest"];
}
