import { type PackedStep, unpackLedger, unpackStep } from "../../../domain/packed-ledger.ts";
import type { StepRecord } from "../../../domain/run.ts";
import type { RunViewStore, StepLine } from "../../../domain/run-view-store.ts";
import type { Scope } from "../../../domain/tenant.ts";
import { attemptsOf, linesOf, loopProgressOf } from "../../../domain/view-ledger.ts";
import type { Storage } from "../storage.ts";
import { createStepRead } from "./step-rows.ts";

/** What a tree of steps shows; a loop's input is its items, of which only the number is read. */
const LINE_COLUMNS = `CASE WHEN kind = 'loop' THEN json_array_length(input) END,
  path, iteration, epoch, attempt, kind, state, effect, idempotency_key, waiting_for, wake_at, planned_at, started_at,
  finished_at, error, NULL, NULL`;
type LineValues = readonly [items: number | null, ...PackedStep];

export function createViewRuns({ raw }: Storage): RunViewStore {
  const ledgerOf = raw.prepare<{ ledger: string | null }, [string, string, string]>(
    "SELECT ledger FROM runs WHERE id = ? AND tenant_id = ? AND workspace_id = ?",
  );
  /** No rows for another workspace's run; null for a run whose steps have rows of their own. */
  const packedLedger = ({ tenantId, workspaceId }: Scope, runId: string): readonly StepRecord[] | null => {
    const run = ledgerOf.get(runId, tenantId, workspaceId);
    if (!run) return [];
    return run.ledger === null ? null : unpackLedger(run.ledger);
  };
  // Both lists are walked as keys of `steps_by_key`, so that what is not asked for is not passed over.
  const lines = raw.prepare(
    `SELECT ${LINE_COLUMNS} FROM steps INDEXED BY steps_by_key
     WHERE run_id = ? AND path IN (SELECT value FROM json_each(?)) AND iteration IN (SELECT value FROM json_each(?))
     ORDER BY steps.rowid`,
  );
  // An iteration begins with the loop's first step; `,` sorts before `-`, so the range is "3," and what follows it.
  const begun = raw.prepare<{ count: number }, [string, string, string, string]>(
    `SELECT count(DISTINCT iteration) AS count FROM steps
     WHERE run_id = ? AND path = ? AND iteration >= ? AND iteration < ?`,
  );
  const troubled = raw.prepare<{ iteration: string }, [string, string, string, string, number]>(
    `SELECT DISTINCT iteration FROM steps INDEXED BY steps_by_key
     WHERE run_id = ? AND path IN (SELECT value FROM json_each(?)) AND iteration >= ? AND iteration < ?
       AND state IN ('failed_final', 'needs_review', 'unknown')
     LIMIT ?`,
  );
  const attempts = createStepRead<[runId: string, path: string, iteration: string]>(
    raw,
    "run_id = ? AND path = ? AND iteration = ?",
  );

  return {
    async lines(scope, runId, paths, iterations) {
      const packed = packedLedger(scope, runId);
      if (packed) return linesOf(packed, paths, iterations);
      const wanted = JSON.stringify(iterations.map((iteration) => iteration.join(",")));
      return (lines.values(runId, JSON.stringify(paths), wanted) as unknown as LineValues[]).map(toLine);
    },
    async loopProgress(scope, runId, body, limit) {
      const packed = packedLedger(scope, runId);
      if (packed) return loopProgressOf(packed, body, limit);
      const { paths, around } = body;
      const [first] = paths;
      if (first === undefined) return { begun: 0, troubled: [] };
      const from = around.length === 0 ? "0" : `${around.join(",")},`;
      const to = around.length === 0 ? ":" : `${around.join(",")}-`;
      const found = troubled.all(runId, JSON.stringify(paths), from, to, limit);
      const indexes = found.map(({ iteration }) => Number(iteration.split(",")[around.length]));
      return {
        begun: begun.get(runId, first, from, to)?.count ?? 0,
        troubled: [...new Set(indexes)].sort((a, b) => a - b),
      };
    },
    async attempts(scope, runId, place) {
      const packed = packedLedger(scope, runId);
      if (packed) return attemptsOf(packed, place);
      return attempts(runId, place.path, place.iteration.join(","));
    },
  };
}

function toLine([items, ...step]: LineValues): StepLine {
  const { input: _, output: __, ...record } = unpackStep(step);
  return { ...record, items };
}
