import { unpackLedger } from "../../../domain/packed-ledger.ts";
import { decodeCursor, NEWEST, toPage } from "../../../domain/page-cursor.ts";
import type { StepRecord } from "../../../domain/run.ts";
import type { RunFilter, RunStore } from "../../../domain/run-store.ts";
import { firstIdAt } from "../../../platform/ids.ts";
import { RUN_COLUMNS, type RunRow, SUMMARY_COLUMNS, type SummaryRow } from "../../rows/run-row.ts";
import type { Statement } from "../database.ts";
import type { Storage } from "../storage.ts";
import { toRun, toSummary } from "./run-rows.ts";
import { readSteps } from "./step-rows.ts";

const DAY_MS = 86_400_000;

export function createReadRuns({
  database,
}: Storage): Pick<RunStore, "find" | "list" | "steps" | "findWithSteps" | "usage"> {
  return {
    async find({ tenantId, workspaceId }, id) {
      const [row] = await database.read(tenantId, (run) =>
        run<RunRow>(`SELECT ${RUN_COLUMNS} FROM runs WHERE id = $1 AND workspace_id = $2`, [id, workspaceId]),
      );
      return row ? toRun(row) : null;
    },
    async list({ tenantId, workspaceId }, filter, { limit, cursor }) {
      const before = cursor === null ? NEWEST : decodeCursor(cursor);
      const { condition, values } = conditionOf(filter);
      const rows = await database.read(tenantId, (run) =>
        run<SummaryRow>(
          `SELECT ${SUMMARY_COLUMNS} FROM runs WHERE workspace_id = $1 AND id < $2 ${condition}
           ORDER BY id DESC LIMIT $3::integer`,
          [workspaceId, before, limit + 1, ...values],
        ),
      );
      return toPage(rows.map(toSummary), limit, (run) => run.id);
    },
    async steps({ tenantId, workspaceId }, runId) {
      return database.read(tenantId, async (run) => {
        const [row] = await run<PackedLedger>("SELECT ledger FROM runs WHERE id = $1 AND workspace_id = $2", [
          runId,
          workspaceId,
        ]);
        return row ? readLedger(run, runId, row) : [];
      });
    },
    async findWithSteps({ tenantId, workspaceId }, id) {
      return database.read(tenantId, async (run) => {
        const [row] = await run<RunRow & PackedLedger>(
          `SELECT ${RUN_COLUMNS}, ledger FROM runs WHERE id = $1 AND workspace_id = $2`,
          [id, workspaceId],
        );
        return row ? { run: toRun(row), steps: await readLedger(run, id, row) } : null;
      });
    },
    async usage({ tenantId }, sinceMs) {
      const counts = await database.read(tenantId, (run) =>
        run<{ day: number; runs: number }>(
          `SELECT day, sum(runs)::integer AS runs FROM run_counts
           WHERE tenant_id = $1 AND day >= $2::integer GROUP BY day ORDER BY day DESC`,
          [tenantId, Math.floor(sinceMs / DAY_MS)],
        ),
      );
      return counts.map(({ day, runs }) => ({ day: new Date(day * DAY_MS).toISOString().slice(0, 10), runs }));
    },
  };
}

interface PackedLedger {
  readonly ledger: string | null;
}

async function readLedger(run: Statement, runId: string, { ledger }: PackedLedger): Promise<readonly StepRecord[]> {
  return ledger === null ? ((await readSteps(run, [runId])).get(runId) ?? []) : unpackLedger(ledger);
}

/** A statement for each kind of filter, so that each is planned with the index that serves it. */
function conditionOf({ workflowId, status, since }: RunFilter) {
  const values: string[] = [];
  const conditions: string[] = [];
  const next = (value: string) => `$${3 + values.push(value)}`;
  if (workflowId !== null) conditions.push(`AND workflow_id = ${next(workflowId)}`);
  if (status !== null) conditions.push(`AND status = ${next(status)}`);
  // Said apart, so that the planner knows that the partial index by status holds them all.
  if (status !== null && status !== "succeeded") conditions.push("AND status <> 'succeeded'");
  if (since != null) conditions.push(`AND id >= ${next(firstIdAt("run", since))}`);
  return { condition: conditions.join(" "), values };
}
