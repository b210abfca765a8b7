import { isFinal } from "../../../domain/run.ts";
import type { CommitResult, RunStore } from "../../../domain/run-store.ts";
import type { Storage } from "../storage.ts";
import { toOutcomeValues } from "./run-rows.ts";
import type { RunSignals } from "./run-signals.ts";
import type { UnfinishedRuns } from "./unfinished-runs.ts";
import { type PreparedBarrier, prepareBarrier, unfinishedAfter } from "./write-barrier.ts";

const LEASE_LOST: CommitResult = { kind: "lease_lost" };
const RELEASED: CommitResult = { kind: "committed", released: true, signals: [] };
const STILL_HELD: CommitResult = { kind: "committed", released: false, signals: [] };

/**
 * One barrier of a run. The run's row is updated first, by a statement that finds it only while this worker holds it
 * and no unapplied signal is stored: the usual commit needs no read at all. When that finds nothing, either the lease
 * is lost and nothing is written, or signals are waiting and the run stays with its worker.
 */
export function createCommitRun(
  { raw, commits }: Storage,
  writeBarrier: (barrier: PreparedBarrier) => void,
  signals: RunSignals,
  unfinished: UnfinishedRuns,
): Pick<RunStore, "commit"> {
  const update = raw.prepare(
    `UPDATE runs SET status = ?, waiting_for = ?, due_at = ?, lease_owner = ?, interruptions = ?,
                     started_at = coalesce(started_at, ?), finished_at = ?, error = ?, output = ?,
                     response = coalesce(response, ?), signals_applied = max(signals_applied, ?)
     WHERE id = ? AND tenant_id = ? AND lease_owner = ? AND fence = ?
       AND (? OR signal_seq <= max(signals_applied, ?))`,
  );
  const findHeld = raw.prepare<{ signals_applied: number }, [string, string, string, number]>(
    "SELECT signals_applied FROM runs WHERE id = ? AND tenant_id = ? AND lease_owner = ? AND fence = ?",
  );

  return {
    async commit(lease, commit) {
      const { tenantId, runId, owner, fence } = lease;
      const { status, waitingFor, dueAt, interruptions, signalsApplied } = commit;
      const ends = isFinal(status);
      const releases = commit.release || ends;
      const outcome = toOutcomeValues(commit);
      const barrier = prepareBarrier(tenantId, runId, commit);
      const key = [runId, tenantId, owner, fence] as const;
      /** False when the row was not found as it has to be. */
      const write = (row: readonly (string | number | null)[], despiteSignals: boolean): boolean =>
        update.run(...row, interruptions, ...outcome, signalsApplied, ...key, despiteSignals, signalsApplied)
          .changes === 1;
      const asWanted = releases ? [status, waitingFor, ends ? null : dueAt, null] : [status, waitingFor, null, owner];

      const result = await commits.submit((): CommitResult => {
        let result = releases ? RELEASED : STILL_HELD;
        // What was sent to a run that ends can change nothing any more.
        if (!write(asWanted, ends)) {
          const held = findHeld.get(...key);
          if (!held) return LEASE_LOST;
          write(releases ? ["running", null, null, owner] : asWanted, true);
          const unapplied = signals.after(runId, Math.max(held.signals_applied, signalsApplied));
          result = { kind: "committed", released: false, signals: unapplied };
        }
        writeBarrier(barrier);
        return result;
      });

      if (result.kind === "committed") unfinished.add(tenantId, unfinishedAfter(commit, ends));
      return result;
    },
  };
}
