import type { ScheduleStore } from "../../domain/schedule-store.ts";
import { type ScheduleRow, scheduleOf } from "../rows/schedule-row.ts";
import { prepareRun, type RunInsert, TO_BE_CLAIMED } from "./runs/insert-run.ts";
import type { UnfinishedRuns } from "./runs/unfinished-runs.ts";
import type { Storage } from "./storage.ts";

export function createScheduleStore(
  { raw, commits }: Storage,
  insertRun: RunInsert,
  unfinished: UnfinishedRuns,
): ScheduleStore {
  const due = raw.prepare<ScheduleRow, [number, number]>(
    `SELECT tenant_id, workspace_id, workflow_id, version, spec, missed, next_at FROM schedules
     WHERE next_at IS NOT NULL AND next_at <= ? ORDER BY next_at LIMIT ?`,
  );
  const earliest = raw.prepare<{ next_at: number }, []>(
    "SELECT next_at FROM schedules WHERE next_at IS NOT NULL ORDER BY next_at LIMIT 1",
  );
  const moveOn = raw.prepare(
    "UPDATE schedules SET next_at = ? WHERE workflow_id = ? AND tenant_id = ? AND version = ? AND next_at = ?",
  );
  const ofWorkflow = raw.prepare<ScheduleRow, [string, string, string]>(
    `SELECT tenant_id, workspace_id, workflow_id, version, spec, missed, next_at FROM schedules
     WHERE workflow_id = ? AND tenant_id = ? AND workspace_id = ? AND next_at IS NOT NULL`,
  );

  return {
    async find({ tenantId, workspaceId }, workflowId) {
      const row = ofWorkflow.get(workflowId, tenantId, workspaceId);
      return row && scheduleOf(row);
    },
    async due(now, limit) {
      return due.all(now, limit).map(scheduleOf);
    },
    async nextDueAt() {
      return earliest.get()?.next_at ?? null;
    },
    async advance(schedule, nextAt, run) {
      const { tenantId, workspaceId, workflowId, version } = schedule;
      const tick = run && prepareRun({ tenantId, workspaceId }, run, TO_BE_CLAIMED);
      const advanced = await commits.submit(() => {
        if (moveOn.run(nextAt, workflowId, tenantId, version, schedule.nextAt).changes === 0) return false;
        if (tick) insertRun(tick);
        return true;
      });
      if (advanced && tick) unfinished.add(tenantId, 1);
      return advanced;
    },
  };
}
