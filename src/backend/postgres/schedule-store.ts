import type { Schedule } from "../../domain/schedule.ts";
import type { ScheduleStore } from "../../domain/schedule-store.ts";
import { type BigintText, toNumber } from "../rows/cells.ts";
import { type ScheduleRow, scheduleOf } from "../rows/schedule-row.ts";
import { insertRuns, prepareRun, TO_BE_CLAIMED } from "./runs/insert-runs.ts";
import type { UnfinishedRuns } from "./runs/unfinished-runs.ts";
import type { Storage } from "./storage.ts";

export function createScheduleStore({ database, changes, jobs }: Storage, unfinished: UnfinishedRuns): ScheduleStore {
  return {
    async find({ tenantId, workspaceId }, workflowId) {
      const [row] = await database.read(tenantId, (run) =>
        run<ScheduleRow>(
          `SELECT tenant_id, workspace_id, workflow_id, version, spec, missed, next_at FROM schedules
           WHERE workflow_id = $1 AND workspace_id = $2 AND next_at IS NOT NULL`,
          [workflowId, workspaceId],
        ),
      );
      return row ? scheduleOf(row) : null;
    },
    async due(now, limit) {
      const queued = await database.query<{ workflow_id: string; tenant_id: string }>(
        "SELECT workflow_id, tenant_id FROM schedule_queue WHERE next_at <= $1::bigint ORDER BY next_at LIMIT $2::integer",
        [now, limit],
      );
      const due: Schedule[] = [];
      for (const [tenantId, ofTenant] of Map.groupBy(queued, (each) => each.tenant_id)) {
        const rows = await database.read(tenantId, (run) =>
          run<ScheduleRow>(
            `SELECT tenant_id, workspace_id, workflow_id, version, spec, missed, next_at FROM schedules
             WHERE next_at <= $1::bigint
               AND workflow_id = ANY (ARRAY(SELECT json_array_elements_text($2::text::json)))`,
            [now, JSON.stringify(ofTenant.map((each) => each.workflow_id))],
          ),
        );
        due.push(...rows.map(scheduleOf));
      }
      return due.sort((a, b) => a.nextAt - b.nextAt);
    },
    async nextDueAt() {
      const [row] = await database.query<{ next_at: BigintText }>(
        "SELECT next_at FROM schedule_queue ORDER BY next_at LIMIT 1",
      );
      return row ? toNumber(row.next_at) : null;
    },
    async advance(schedule, nextAt, run) {
      const { tenantId, workspaceId, workflowId, version } = schedule;
      const tick = run && prepareRun({ tenantId, workspaceId }, run, TO_BE_CLAIMED);
      const advanced = await database.write(tenantId, async ({ run }) => {
        // Of several replicas at the same tick, one finds the schedule where it was.
        const moved = await run(
          `UPDATE schedules SET next_at = $1::bigint
           WHERE workflow_id = $2 AND version = $3::integer AND next_at = $4::bigint`,
          [nextAt, workflowId, version, schedule.nextAt],
        );
        if (moved.count === 0) return false;
        if (nextAt === null) await run("DELETE FROM schedule_queue WHERE workflow_id = $1", [workflowId]);
        else await run("UPDATE schedule_queue SET next_at = $2::bigint WHERE workflow_id = $1", [workflowId, nextAt]);
        if (tick) await insertRuns(run, jobs, tenantId, [tick]);
        return true;
      });
      if (advanced && tick) {
        unfinished.add(tenantId, 1);
        changes.announceDue();
      }
      return advanced;
    },
  };
}
