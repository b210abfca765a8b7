import type { Database } from "bun:sqlite";
import type { RunCommit, RunSummary } from "../../../domain/backend.ts";
import type { Json } from "../../../domain/json.ts";
import type {
  ParentStep,
  Run,
  RunResponse,
  RunSource,
  RunStatus,
  StepError,
  TriggerPayload,
  WaitingFor,
} from "../../../domain/run.ts";

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
  readonly created_at: number;
  readonly started_at: number | null;
  readonly finished_at: number | null;
  readonly error: string | null;
}
export interface RunRow extends SummaryRow {
  readonly trigger: string | null;
  readonly output: string | null;
  readonly response: string | null;
}

export function toSummary(row: SummaryRow): RunSummary {
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
    error: fromJson<StepError>(row.error),
    replayOf: row.replay_of,
    parent: fromJson<ParentStep>(row.parent),
    depth: row.depth,
    createdAt: row.created_at,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
  };
}

/** Reads a run whole, wherever its trigger stands. */
export function createToRun(raw: Database): (row: RunRow) => Run {
  const largeTrigger = raw.prepare<{ trigger: string }, [string]>("SELECT trigger FROM run_payloads WHERE run_id = ?");
  return (row) => {
    const trigger = row.trigger ?? largeTrigger.get(row.id)?.trigger;
    if (trigger === undefined) throw new Error(`Run ${row.id} has lost its trigger.`);
    return {
      ...toSummary(row),
      trigger: JSON.parse(trigger) as TriggerPayload,
      output: row.output === null ? undefined : (JSON.parse(row.output) as Json),
      response: fromJson<RunResponse>(row.response),
    };
  };
}

/** What a commit says about how the run goes: started_at, finished_at, error, output, response. */
export function toOutcomeValues(commit: RunCommit | null): readonly (string | number | null)[] {
  if (!commit) return [null, null, null, null, null];
  return [
    commit.startedAt,
    commit.finishedAt,
    commit.error && JSON.stringify(commit.error),
    commit.output === undefined ? null : JSON.stringify(commit.output),
    commit.response && JSON.stringify(commit.response),
  ];
}

function fromJson<T>(text: string | null): T | null {
  return text === null ? null : (JSON.parse(text) as T);
}
