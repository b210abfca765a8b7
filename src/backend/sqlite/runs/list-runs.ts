import type { Database } from "bun:sqlite";
import { setImmediate as nextTurn } from "node:timers/promises";
import { decodeCursor, NEWEST, toPage } from "../../../domain/page-cursor.ts";
import { isFinal, type RunStatus } from "../../../domain/run.ts";
import type { RunStore } from "../../../domain/run-store.ts";
import { firstIdAt } from "../../../platform/ids.ts";
import { SUMMARY_COLUMNS, type SummaryRow, summaryOf } from "../../rows/run-row.ts";

/** `succeeded` has no index of its own: after looking at so many rows, other work gets a turn. */
const ROWS_PER_TURN = 2_000;
/** Sorts before every id. */
const OLDEST = "";

/**
 * Lists newest first: a workspace's runs or one workflow's, all or those of one status.
 *
 *   no status    the index by workspace or by workflow
 *   succeeded    the same, passing over the others: nearly all runs succeed
 *   any other    the index by status, which holds the runs no worker holds, and the few that one holds
 */
export function createListRuns(raw: Database): Pick<RunStore, "list"> {
  const ofWorkspace = prepareReads(raw, "workspace_id", { all: "runs_by_workspace", status: "runs_by_status" });
  const ofWorkflow = prepareReads(raw, "workflow_id", { all: "runs_by_workflow", status: "runs_by_workflow_status" });

  return {
    async list({ tenantId, workspaceId }, { workflowId, status, since }, { limit, cursor }) {
      const reads = workflowId === null ? ofWorkspace : ofWorkflow;
      const before = cursor === null ? NEWEST : decodeCursor(cursor);
      const from = since == null ? OLDEST : firstIdAt("run", since);
      const wanted = { group: workflowId ?? workspaceId, tenantId, workspaceId, before, from, limit: limit + 1 };
      const rows = await readRows(reads, wanted, status);
      return toPage(rows.map(summaryOf), limit, (run) => run.id);
    },
  };
}

interface Wanted {
  readonly group: string;
  readonly tenantId: string;
  readonly workspaceId: string;
  readonly before: string;
  /** The lowest id that is wanted. */
  readonly from: string;
  readonly limit: number;
}
type Reads = ReturnType<typeof prepareReads>;

async function readRows(reads: Reads, wanted: Wanted, status: RunStatus | null): Promise<readonly SummaryRow[]> {
  if (status === null) return reads.all.all({ ...wanted });
  if (status === "succeeded") return readSucceeded(reads, wanted);
  const parked = reads.parked.all({ ...wanted, status });
  if (isFinal(status)) return parked;
  const held = reads.held.all({ ...wanted, status });
  return [...parked, ...held].sort((a, b) => (a.id < b.id ? 1 : -1)).slice(0, wanted.limit);
}

async function readSucceeded(reads: Reads, wanted: Wanted): Promise<readonly SummaryRow[]> {
  const found: SummaryRow[] = [];
  let { before } = wanted;
  for (;;) {
    const stretch = { group: wanted.group, before, from: wanted.from };
    const last = reads.stretchEnd.get(stretch);
    const rows = reads.succeeded.all({
      ...wanted,
      before,
      downTo: last?.id ?? wanted.from,
      limit: wanted.limit - found.length,
    });
    found.push(...rows);
    if (!last || found.length === wanted.limit) return found;
    before = last.id;
    await nextTurn();
  }
}

/** `INDEXED BY` because the planner, without statistics, cannot know which statuses are rare. */
function prepareReads(
  raw: Database,
  group: "workspace_id" | "workflow_id",
  index: { readonly all: string; readonly status: string },
) {
  const inScope = `${group} = $group AND tenant_id = $tenantId AND workspace_id = $workspaceId AND id < $before`;
  const since = "AND id >= $from";
  const newest = "ORDER BY id DESC LIMIT $limit";
  return {
    all: raw.prepare<SummaryRow, [Wanted & Named]>(
      `SELECT ${SUMMARY_COLUMNS} FROM runs INDEXED BY ${index.all} WHERE ${inScope} ${since} ${newest}`,
    ),
    parked: raw.prepare<SummaryRow, [Wanted & Named]>(
      `SELECT ${SUMMARY_COLUMNS} FROM runs INDEXED BY ${index.status}
       WHERE ${inScope} ${since} AND status = $status AND lease_owner IS NULL AND status <> 'succeeded' ${newest}`,
    ),
    held: raw.prepare<SummaryRow, [Wanted & Named]>(
      `SELECT ${SUMMARY_COLUMNS} FROM runs INDEXED BY runs_held
       WHERE ${inScope} ${since} AND status = $status AND lease_owner IS NOT NULL ${newest}`,
    ),
    stretchEnd: raw.prepare<{ id: string }, [{ group: string; before: string; from: string }]>(
      `SELECT id FROM runs INDEXED BY ${index.all} WHERE ${group} = $group AND id < $before AND id >= $from
       ORDER BY id DESC LIMIT 1 OFFSET ${ROWS_PER_TURN}`,
    ),
    // One lower bound and no other: given two, SQLite walks the index by the first alone.
    succeeded: raw.prepare<SummaryRow, [Wanted & Named]>(
      `SELECT ${SUMMARY_COLUMNS} FROM runs INDEXED BY ${index.all}
       WHERE ${inScope} AND id >= $downTo AND status = 'succeeded' ${newest}`,
    ),
  };
}
/** Bound by name; what a statement does not name, it does not get. */
type Named = { readonly [name: string]: string | number };
