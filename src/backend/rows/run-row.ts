import type { Json } from "../../domain/json.ts";
import type {
  ParentStep,
  Run,
  RunResponse,
  RunSource,
  RunStatus,
  StepError,
  TriggerPayload,
  WaitingFor,
} from "../../domain/run.ts";
import type { RunSummary } from "../../domain/run-store.ts";
import { type BigintText, fromJsonText, toNumber, toNumberOrNull } from "./cells.ts";

/** What a list shows; the large columns stand last in the row and are not read for it. */
export const SUMMARY_COLUMNS = `id, tenant_id, workspace_id, workflow_id, version, status, waiting_for, source, event_id,
  replay_of, parent, depth, created_at, started_at, finished_at, error`;
export const RUN_COLUMNS = `${SUMMARY_COLUMNS}, trigger, output, response`;

export interface SummaryRow {
  readonly id: string;
  readonly tenant_id: string;
  readonly workspace_id: string;
  readonly workflow_id: string;
  readonly version: number;
  readonly status: RunStatus;
  readonly waiting_for: WaitingFor | null;
  readonly source: RunSource;
  readonly event_id: string;
  readonly replay_of: string | null;
  readonly parent: string | null;
  readonly depth: number;
  readonly created_at: BigintText;
  readonly started_at: BigintText | null;
  readonly finished_at: BigintText | null;
  readonly error: string | null;
}
export interface RunRow extends SummaryRow {
  readonly trigger: string;
  readonly output: string | null;
  readonly response: string | null;
}

export function summaryOf(row: SummaryRow): RunSummary {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    workspaceId: row.workspace_id,
    workflowId: row.workflow_id,
    version: row.version,
    status: row.status,
    waitingFor: row.waiting_for,
    source: row.source,
    eventId: row.event_id,
    error: fromJsonText<StepError>(row.error),
    replayOf: row.replay_of,
    parent: fromJsonText<ParentStep>(row.parent),
    depth: row.depth,
    createdAt: toNumber(row.created_at),
    startedAt: toNumberOrNull(row.started_at),
    finishedAt: toNumberOrNull(row.finished_at),
  };
}

export function runOf(row: RunRow): Run {
  return {
    ...summaryOf(row),
    trigger: JSON.parse(row.trigger) as TriggerPayload,
    output: row.output === null ? undefined : (JSON.parse(row.output) as Json),
    response: fromJsonText<RunResponse>(row.response),
  };
}
