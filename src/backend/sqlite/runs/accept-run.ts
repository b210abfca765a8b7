import { isFinal } from "../../../domain/run.ts";
import type { Accepted, RunStore } from "../../../domain/run-store.ts";
import type { Storage } from "../storage.ts";
import { prepareRun, type RunInsert, TO_BE_CLAIMED } from "./insert-run.ts";
import { createStepWrite, toStepValues } from "./step-rows.ts";
import { createTakeKey } from "./take-key.ts";
import type { UnfinishedRuns } from "./unfinished-runs.ts";
import { type PreparedBarrier, prepareBarrier, unfinishedAfter } from "./write-barrier.ts";

/** How runs come into being: accepted from a trigger, or made from an earlier run. */
export function createAcceptRun(
  { raw, commits, appendAudit }: Storage,
  insertRun: RunInsert,
  writeBarrier: (barrier: PreparedBarrier) => void,
  unfinished: UnfinishedRuns,
): Pick<RunStore, "accept" | "replay"> {
  const takeKey = createTakeKey(raw);
  const keyHolder = raw.prepare<{ run_id: string }, [string, string, string, number]>(
    `SELECT run_id FROM dedupe_keys
     WHERE tenant_id = ? AND workflow_id = ? AND key_hash = ? AND expires_at > ?`,
  );
  const writeStep = createStepWrite(raw);

  return {
    async accept(scope, run, { dedupe, hold }) {
      const { tenantId } = scope;
      const { id: runId, workflowId, createdAt } = run;
      const findFirst = (keyHash: string): Accepted | null => {
        const first = keyHolder.get(tenantId, workflowId, keyHash, createdAt);
        return first && { runId: first.run_id, duplicate: true };
      };
      if (unfinished.isFull(tenantId)) {
        const duplicate = dedupe && findFirst(dedupe.keyHash);
        if (duplicate) return duplicate;
        throw unfinished.tooMany();
      }

      const first = hold?.first ?? null;
      const prepared = prepareRun(scope, run, { owner: hold?.owner ?? null, first, replayOf: null });
      const barrier = first && prepareBarrier(tenantId, runId, first, prepared.isPacked);
      // Counted before the commit, so that a burst cannot pass the limit together.
      unfinished.add(tenantId, 1);
      let added = 0;
      try {
        const accepted = await commits.submit((): Accepted => {
          if (dedupe) {
            const taken = takeKey({ tenantId, workflowId, runId, dedupe, at: createdAt });
            const earlier = taken ? null : findFirst(dedupe.keyHash);
            if (earlier) return earlier;
          }
          insertRun(prepared);
          if (barrier) writeBarrier(barrier);
          return { runId, duplicate: false };
        });
        if (!accepted.duplicate) added = 1 + (first ? unfinishedAfter(first, isFinal(first.status)) : 0);
        return accepted;
      } finally {
        if (added !== 1) unfinished.add(tenantId, added - 1);
      }
    },
    async replay(scope, run, ledger, change) {
      const { tenantId, actor } = scope;
      if (unfinished.isFull(tenantId)) throw unfinished.tooMany();
      const prepared = prepareRun(scope, run, { ...TO_BE_CLAIMED, replayOf: run.replayOf });
      const rows = ledger.map((step) => toStepValues(tenantId, run.id, step));
      unfinished.add(tenantId, 1);
      let added = 0;
      try {
        await commits.submit(() => {
          insertRun(prepared);
          for (const row of rows) writeStep(row);
          appendAudit(tenantId, actor, change);
        });
        added = 1;
      } finally {
        if (added !== 1) unfinished.add(tenantId, -1);
      }
    },
  };
}
