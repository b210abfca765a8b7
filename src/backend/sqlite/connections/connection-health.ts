import type { ConnectionEvent } from "../../../domain/connection.ts";
import type { ConnectionStore, ParkedRun } from "../../../domain/connection-store.ts";
import type { Storage } from "../storage.ts";

const MAX_EVENTS = 20;

export function createConnectionHealth({
  raw,
  commits,
}: Storage): Pick<ConnectionStore, "record" | "events" | "park" | "parkedRuns"> {
  const newest = raw.prepare<ConnectionEvent, [string, string, number]>(
    `SELECT at, kind, message FROM connection_events WHERE connection_id = ? AND tenant_id = ? ORDER BY id DESC LIMIT ?`,
  );
  const insert = raw.prepare(
    `INSERT INTO connection_events (tenant_id, connection_id, at, kind, message)
     SELECT ?, ?, ?, ?, ? WHERE EXISTS (SELECT 1 FROM connections WHERE id = ? AND tenant_id = ? AND workspace_id = ?)`,
  );
  const cut = raw.prepare(
    `DELETE FROM connection_events WHERE connection_id = ? AND id <= (
       SELECT id FROM connection_events WHERE connection_id = ? ORDER BY id DESC LIMIT 1 OFFSET ${MAX_EVENTS})`,
  );
  const insertParked = raw.prepare(
    `INSERT INTO parked_runs (connection_id, run_id, tenant_id, at)
     SELECT id, ?, tenant_id, ? FROM connections WHERE id = ? AND tenant_id = ? AND workspace_id = ?
     ON CONFLICT DO NOTHING`,
  );
  const STILL_PARKED = `FROM parked_runs JOIN runs ON runs.id = parked_runs.run_id
    WHERE parked_runs.connection_id = ? AND parked_runs.tenant_id = ? AND runs.workspace_id = ?
      AND runs.status = 'waiting' AND runs.waiting_for = 'connection'`;
  const count = raw.prepare<{ count: number }, [string, string, string]>(`SELECT count(*) AS count ${STILL_PARKED}`);
  const parked = raw.prepare<ParkedRun, [string, string, string, number]>(
    `SELECT runs.id AS runId, runs.workflow_id AS workflowId, parked_runs.at AS parkedAt ${STILL_PARKED}
     ORDER BY parked_runs.at LIMIT ?`,
  );

  return {
    async record({ tenantId, workspaceId }, id, { at, kind, message }) {
      const [last] = newest.all(id, tenantId, 1);
      if (last?.kind === kind && last.message === message) return;
      await commits.submit(() => {
        insert.run(tenantId, id, at, kind, message, id, tenantId, workspaceId);
        cut.run(id, id);
      });
    },
    events: async ({ tenantId }, id) => newest.all(id, tenantId, MAX_EVENTS),
    park: ({ tenantId, workspaceId }, id, runId, at) =>
      commits.submit(() => void insertParked.run(runId, at, id, tenantId, workspaceId)),
    async parkedRuns({ tenantId, workspaceId }, id, limit) {
      const found = count.get(id, tenantId, workspaceId)?.count ?? 0;
      return { count: found, runs: found === 0 ? [] : parked.all(id, tenantId, workspaceId, limit) };
    },
  };
}
