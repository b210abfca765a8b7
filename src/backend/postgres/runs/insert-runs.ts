import type { NewRun } from "../../../domain/new-run.ts";
import { packLedger } from "../../../domain/packed-ledger.ts";
import { isFinal } from "../../../domain/run.ts";
import { FIRST_FENCE, type RunCommit } from "../../../domain/run-store.ts";
import { type BigintText, toJsonText, toNumber } from "../../rows/cells.ts";
import { fromColumnTexts, toColumnTexts } from "../column-texts.ts";
import type { Statement } from "../database.ts";
import type { DueRun, RunJobs } from "../queue/run-jobs.ts";
import { encodeLine } from "../text-columns.ts";

const DAY_MS = 86_400_000;
/** More than there will be replicas, few enough to add up quickly. */
const COUNT_SHARDS = 64;
/** Where this process counts. */
const shard = Math.floor(Math.random() * COUNT_SHARDS);

/** A run serialised once, outside the transaction: a batch may be written twice and holds locks. */
export type PreparedRun = ReturnType<typeof prepareRun>;

/** How a run starts out: who holds it from its acceptance, and how far it has got by then. */
export interface RunStart {
  /** Null leaves the run to be claimed. */
  readonly owner: string | null;
  readonly first: RunCommit | null;
  readonly replayOf: string | null;
}
export const TO_BE_CLAIMED: RunStart = { owner: null, first: null, replayOf: null };

export function prepareRun(
  { tenantId, workspaceId }: { readonly tenantId: string; readonly workspaceId: string },
  run: NewRun,
  { owner, first, replayOf }: RunStart,
) {
  const ended = first !== null && isFinal(first.status);
  const holder = ended || first?.release ? null : owner;
  const dueAt = ended || holder !== null ? null : first ? first.dueAt : run.createdAt;
  return {
    row: {
      id: run.id,
      tenant_id: tenantId,
      workspace_id: workspaceId,
      workflow_id: run.workflowId,
      version: run.version,
      source: run.source,
      event_id: encodeLine(run.eventId),
      replay_of: replayOf,
      parent: toJsonText(run.parent),
      depth: run.depth,
      created_at: run.createdAt,
      trigger: JSON.stringify(run.trigger),
      status: first?.status ?? "queued",
      waiting_for: first?.waitingFor ?? null,
      ...toOutcome(first),
      ledger: packLedger(first),
    },
    /** Null for a run that has ended by now: nobody will work on it. */
    queued: ended
      ? null
      : {
          run_id: run.id,
          tenant_id: tenantId,
          workflow_id: run.workflowId,
          created_at: run.createdAt,
          due_at: dueAt,
          lease_owner: holder,
          fence: owner === null ? 0 : FIRST_FENCE,
          interruptions: first?.interruptions ?? 0,
        },
    isDue: dueAt !== null,
  };
}

/** What a commit says about how the run goes. */
export function toOutcome(commit: RunCommit | null) {
  return {
    started_at: commit?.startedAt ?? null,
    finished_at: commit?.finishedAt ?? null,
    error: toJsonText(commit?.error),
    output: commit?.output === undefined ? null : JSON.stringify(commit.output),
    response: toJsonText(commit?.response),
  };
}

/** Stores and counts new runs of one tenant, with a job for each that waits for a worker, inside a transaction. */
export async function insertRuns(
  run: Statement,
  jobs: RunJobs,
  tenantId: string,
  runs: readonly PreparedRun[],
): Promise<void> {
  if (runs.length === 0) return;
  await Promise.all([insertRows(run, runs), enqueue(run, jobs, runs), countRuns(run, tenantId, runs)]);
}

async function insertRows(run: Statement, runs: readonly PreparedRun[]): Promise<void> {
  await run(
    INSERT_RUNS,
    toColumnTexts(
      runs.map(({ row }) => row),
      COLUMNS,
    ),
  );
}

const COLUMN_TYPES: Readonly<Record<keyof PreparedRun["row"], string>> = {
  id: "text",
  tenant_id: "text",
  workspace_id: "text",
  workflow_id: "text",
  version: "integer",
  source: "text",
  event_id: "text",
  replay_of: "text",
  parent: "text",
  depth: "integer",
  created_at: "bigint",
  trigger: "text",
  status: "text",
  waiting_for: "text",
  started_at: "bigint",
  finished_at: "bigint",
  error: "text",
  output: "text",
  response: "text",
  ledger: "text",
};
const COLUMNS = Object.keys(COLUMN_TYPES) as readonly (keyof PreparedRun["row"])[];
const INSERT_RUNS = `INSERT INTO runs (${COLUMNS.join(", ")}) SELECT * FROM ${fromColumnTexts(Object.values(COLUMN_TYPES))}`;

async function enqueue(run: Statement, jobs: RunJobs, runs: readonly PreparedRun[]): Promise<void> {
  const queued = runs.flatMap((each) => (each.queued ? [each.queued] : []));
  if (queued.length > 0) {
    const rows = await run<QueuedRow>(
      `INSERT INTO run_queue (run_id, tenant_id, workflow_id, lane, created_at, due_at, lease_owner, fence, interruptions)
       SELECT run_id, given.tenant_id, given.workflow_id, coalesce(workflow_caps.workflow_id, ''), created_at, due_at,
              lease_owner, fence, interruptions
       FROM json_populate_recordset(NULL::run_queue, $1::text::json) AS given LEFT JOIN workflow_caps USING (workflow_id)
       WHERE given.tenant_id = current_setting('app.tenant_id', true)
       RETURNING run_id, tenant_id, lane, due_at, interruptions`,
      [JSON.stringify(queued)],
    );
    await jobs.add(run, toDueRuns(rows));
  }
}

/** A row of the queue as a statement returns it. */
export type QueuedRow = Omit<DueRun, "due_at"> & { readonly due_at: BigintText | null };

/** Of rows of the queue, those that want to be claimed. */
export function toDueRuns(rows: readonly QueuedRow[]): readonly DueRun[] {
  return rows.flatMap((row) => (row.due_at === null ? [] : [{ ...row, due_at: toNumber(row.due_at) }]));
}

async function countRuns(run: Statement, tenantId: string, runs: readonly PreparedRun[]): Promise<void> {
  const byDay = Map.groupBy(runs, ({ row }) => Math.floor(row.created_at / DAY_MS));
  for (const [day, ofDay] of byDay)
    await run(
      `INSERT INTO run_counts (tenant_id, day, shard, runs) VALUES ($1, $2::integer, $3::integer, $4::integer)
       ON CONFLICT (tenant_id, day, shard) DO UPDATE SET runs = run_counts.runs + excluded.runs`,
      [tenantId, day, shard, ofDay.length],
    );
}
