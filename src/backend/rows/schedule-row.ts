import type { MissedTicks, Schedule, ScheduleSpec } from "../../domain/schedule.ts";
import { type BigintText, toNumber } from "./cells.ts";

export interface ScheduleRow {
  readonly tenant_id: string;
  readonly workspace_id: string;
  readonly workflow_id: string;
  readonly version: number;
  readonly spec: string;
  readonly missed: MissedTicks;
  readonly next_at: BigintText;
}

export function scheduleOf(row: ScheduleRow): Schedule {
  return {
    tenantId: row.tenant_id,
    workspaceId: row.workspace_id,
    workflowId: row.workflow_id,
    version: row.version,
    spec: JSON.parse(row.spec) as ScheduleSpec,
    missed: row.missed,
    nextAt: toNumber(row.next_at),
  };
}
