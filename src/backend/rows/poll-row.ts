import type { Json } from "../../domain/json.ts";
import type { Poll } from "../../domain/poll-store.ts";
import { type BigintText, type Flag, toNumber, toNumberOrNull } from "./cells.ts";

export interface PollRow {
  readonly tenant_id: string;
  readonly workspace_id: string;
  readonly workflow_id: string;
  readonly version: number;
  readonly every_ms: BigintText;
  readonly next_at: BigintText;
  readonly cursor: string;
  readonly succeeded_at: BigintText | null;
  readonly failures: number;
  readonly problem: string | null;
  readonly paused: Flag;
  readonly fence: number;
}

export const POLL_COLUMNS = `tenant_id, workspace_id, workflow_id, version, every_ms, next_at, cursor, succeeded_at, failures,
  problem, paused, fence`;

export function pollOf(row: PollRow): Poll {
  return {
    tenantId: row.tenant_id,
    workspaceId: row.workspace_id,
    workflowId: row.workflow_id,
    version: row.version,
    everyMs: toNumber(row.every_ms),
    nextAt: toNumber(row.next_at),
    cursor: JSON.parse(row.cursor) as Json,
    succeededAt: toNumberOrNull(row.succeeded_at),
    failures: row.failures,
    problem: row.problem,
    paused: Boolean(row.paused),
    fence: row.fence,
  };
}
