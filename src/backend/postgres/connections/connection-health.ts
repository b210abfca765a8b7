import type { ConnectionEvent } from "../../../domain/connection.ts";
import type { ConnectionStore } from "../../../domain/connection-store.ts";
import { type BigintText, toNumber } from "../../rows/cells.ts";
import type { Storage } from "../storage.ts";
import { decodeText, encodeText } from "../text-columns.ts";

const MAX_EVENTS = 20;

interface EventRow {
  readonly at: BigintText;
  readonly kind: ConnectionEvent["kind"];
  readonly message: string;
}

export function createConnectionHealth({
  database,
}: Storage): Pick<ConnectionStore, "record" | "events" | "park" | "parkedRuns"> {
  async function newest(tenantId: string, id: string, limit: number): Promise<readonly ConnectionEvent[]> {
    const rows = await database.read(tenantId, (run) =>
      run<EventRow>(
        `SELECT at, kind, message FROM connection_events WHERE connection_id = $1 AND tenant_id = $2
         ORDER BY id DESC LIMIT $3::integer`,
        [id, tenantId, limit],
      ),
    );
    return rows.map(({ at, kind, message }) => ({ at: toNumber(at), kind, message: decodeText(message) }));
  }

  return {
    async record({ tenantId, workspaceId }, id, { at, kind, message }) {
      const [last] = await newest(tenantId, id, 1);
      if (last?.kind === kind && last.message === message) return;
      await database.write(tenantId, async ({ run }) => {
        await run(
          `INSERT INTO connection_events (tenant_id, connection_id, at, kind, message)
           SELECT tenant_id, id, $3::bigint, $4, $5 FROM connections WHERE id = $1 AND workspace_id = $2`,
          [id, workspaceId, at, kind, encodeText(message)],
        );
        await run(
          `DELETE FROM connection_events WHERE connection_id = $1 AND tenant_id = $2 AND id <= (
             SELECT id FROM connection_events WHERE connection_id = $1 AND tenant_id = $2
             ORDER BY id DESC LIMIT 1 OFFSET ${MAX_EVENTS})`,
          [id, tenantId],
        );
      });
    },
    events: ({ tenantId }, id) => newest(tenantId, id, MAX_EVENTS),
    async park({ tenantId, workspaceId }, id, runId, at) {
      await database.write(tenantId, ({ run }) =>
        run(
          `INSERT INTO parked_runs (connection_id, run_id, tenant_id, at)
           SELECT id, $3, tenant_id, $4::bigint FROM connections WHERE id = $1 AND workspace_id = $2
           ON CONFLICT DO NOTHING`,
          [id, workspaceId, runId, at],
        ),
      );
    },
    async parkedRuns({ tenantId, workspaceId }, id, limit) {
      const rows = await database.read(tenantId, (run) =>
        run<{ run_id: string; workflow_id: string; at: BigintText; count: BigintText }>(
          `SELECT runs.id AS run_id, runs.workflow_id, parked_runs.at, count(*) OVER () AS count
           FROM parked_runs JOIN runs ON runs.id = parked_runs.run_id
           WHERE parked_runs.connection_id = $1 AND runs.workspace_id = $2 AND runs.status = 'waiting'
             AND runs.waiting_for = 'connection'
           ORDER BY parked_runs.at LIMIT $3::integer`,
          [id, workspaceId, limit],
        ),
      );
      const [first] = rows;
      const runs = rows.map((row) => ({ runId: row.run_id, workflowId: row.workflow_id, parkedAt: toNumber(row.at) }));
      return { count: first ? toNumber(first.count) : 0, runs };
    },
  };
}
