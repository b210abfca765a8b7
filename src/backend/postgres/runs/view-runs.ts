import { unpackLedger } from "../../../domain/packed-ledger.ts";
import type { StepRecord } from "../../../domain/run.ts";
import type { RunViewStore, StepLine } from "../../../domain/run-view-store.ts";
import type { Scope } from "../../../domain/tenant.ts";
import { attemptsOf, linesOf, loopProgressOf } from "../../../domain/view-ledger.ts";
import type { BigintText } from "../../rows/cells.ts";
import type { Statement } from "../database.ts";
import type { Storage } from "../storage.ts";
import { type StepRow, toStepRecord } from "./step-rows.ts";

const KEY_COLUMNS = `run_id, path, iteration, epoch, attempt, kind, state, effect, idempotency_key, waiting_for, wake_at,
  planned_at, started_at, finished_at, error`;
/** What a tree of steps shows; a loop's input is its items, of which only the number is read. */
const LINE_COLUMNS = `${KEY_COLUMNS}, NULL AS input, NULL AS output,
  CASE WHEN kind = 'loop' AND input IS NOT NULL THEN json_array_length(input::json) END AS items`;
type LineRow = StepRow<BigintText> & { readonly items: number | null };
const LISTED = (place: string) => `ANY (ARRAY(SELECT json_array_elements_text(${place}::text::json)))`;

export function createViewRuns({ database }: Storage): RunViewStore {
  /** `packed` is given the steps that stand in the run's own row; none for a run of another workspace. */
  function inRun<T>(
    { tenantId, workspaceId }: Scope,
    runId: string,
    packed: (ledger: readonly StepRecord[]) => T,
    body: (run: Statement) => Promise<T>,
  ) {
    return database.read(tenantId, async (run) => {
      const [row] = await run<{ ledger: string | null }>(
        "SELECT ledger FROM runs WHERE id = $1 AND workspace_id = $2",
        [runId, workspaceId],
      );
      if (!row) return packed([]);
      return row.ledger === null ? body(run) : packed(unpackLedger(row.ledger));
    });
  }

  return {
    lines: (scope, runId, paths, iterations) =>
      inRun<readonly StepLine[]>(
        scope,
        runId,
        (ledger) => linesOf(ledger, paths, iterations),
        async (run) => {
          const rows = await run<LineRow>(
            `SELECT ${LINE_COLUMNS} FROM steps
           WHERE run_id = $1 AND path = ${LISTED("$2")} AND iteration = ${LISTED("$3")} ORDER BY seq`,
            [runId, JSON.stringify(paths), JSON.stringify(iterations.map((iteration) => iteration.join(",")))],
          );
          return rows.map(toLine);
        },
      ),
    loopProgress: (scope, runId, loop, limit) =>
      inRun(
        scope,
        runId,
        (ledger) => loopProgressOf(ledger, loop, limit),
        async (run) => {
          const { paths, around } = loop;
          const [first] = paths;
          if (first === undefined) return { begun: 0, troubled: [] };
          // Iterations are compared byte by byte; `,` sorts before `-`, so the range is "3," and what follows it.
          const range = around.length === 0 ? ["0", ":"] : ([`${around.join(",")},`, `${around.join(",")}-`] as const);
          const [counted] = await run<{ begun: number }>(
            `SELECT count(DISTINCT iteration)::integer AS begun FROM steps
           WHERE run_id = $1 AND path = $2 AND iteration >= $3 AND iteration < $4`,
            [runId, first, ...range],
          );
          const found = await run<{ iteration: string }>(
            `SELECT DISTINCT iteration FROM steps
           WHERE run_id = $1 AND path = ${LISTED("$2")} AND iteration >= $3 AND iteration < $4
             AND state IN ('failed_final', 'needs_review', 'unknown')
           LIMIT $5::integer`,
            [runId, JSON.stringify(paths), ...range, limit],
          );
          const indexes = found.map(({ iteration }) => Number(iteration.split(",")[around.length]));
          return { begun: counted?.begun ?? 0, troubled: [...new Set(indexes)].sort((a, b) => a - b) };
        },
      ),
    attempts: (scope, runId, place) =>
      inRun<readonly StepRecord[]>(
        scope,
        runId,
        (ledger) => attemptsOf(ledger, place),
        async (run) => {
          const { path, iteration } = place;
          const rows = await run<StepRow<BigintText>>(
            `SELECT ${KEY_COLUMNS}, input, output FROM steps
           WHERE run_id = $1 AND path = $2 AND iteration = $3 ORDER BY seq`,
            [runId, path, iteration.join(",")],
          );
          return rows.map(toStepRecord);
        },
      ),
  };
}

function toLine(row: LineRow): StepLine {
  const { input: _, output: __, ...record } = toStepRecord(row);
  return { ...record, items: row.items };
}
