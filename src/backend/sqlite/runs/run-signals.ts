import type { Database } from "bun:sqlite";
import { type Decision, isDecision, isOpenFor } from "../../../domain/open-decision.ts";
import { isFinal, type RunStatus, type Signal, type StepState, type WaitingFor } from "../../../domain/run.ts";
import type { RunStore, StoredSignal } from "../../../domain/run-store.ts";
import type { Storage } from "../storage.ts";

/**
 * Signals wait in their own table until the run's worker has applied them. Storing one wakes the run in the same
 * statement that numbers it, so that it cannot be missed by a worker that is just letting go.
 */
export interface RunSignals {
  /** Inside an intention. False when the run has ended or is not there. */
  readonly store: (tenantId: string, runId: string, signalJson: string, at: number) => boolean;
  readonly after: (runId: string, seq: number) => readonly StoredSignal[];
  /** Inside an intention. */
  readonly drop: (runId: string, upToSeq: number) => void;
}

export function createRunSignals(raw: Database): RunSignals {
  const number = raw.prepare<{ signal_seq: number }, [number, number, string, string]>(
    `UPDATE runs SET signal_seq = signal_seq + 1,
                     due_at = CASE WHEN lease_owner IS NULL THEN min(coalesce(due_at, ?), ?) END
     WHERE id = ? AND tenant_id = ? AND status NOT IN ('succeeded', 'failed', 'cancelled')
     RETURNING signal_seq`,
  );
  const insert = raw.prepare("INSERT INTO run_signals (run_id, seq, tenant_id, signal) VALUES (?, ?, ?, ?)");
  const select = raw.prepare<{ seq: number; signal: string }, [string, number]>(
    "SELECT seq, signal FROM run_signals WHERE run_id = ? AND seq > ? ORDER BY seq",
  );
  const remove = raw.prepare("DELETE FROM run_signals WHERE run_id = ? AND seq <= ?");

  return {
    store(tenantId, runId, signalJson, at) {
      const numbered = number.get(at, at, runId, tenantId);
      if (!numbered) return false;
      insert.run(runId, numbered.signal_seq, tenantId, signalJson);
      return true;
    },
    after: (runId, seq) =>
      select.all(runId, seq).map((row) => ({ seq: row.seq, signal: JSON.parse(row.signal) as Signal })),
    drop: (runId, upToSeq) => {
      remove.run(runId, upToSeq);
    },
  };
}

export function createWakeRuns(
  { raw, commits, appendAudit }: Storage,
  signals: RunSignals,
): Pick<RunStore, "signal" | "wakeParked"> {
  const statusInScope = raw.prepare<{ status: RunStatus }, [string, string, string]>(
    "SELECT status FROM runs WHERE id = ? AND tenant_id = ? AND workspace_id = ?",
  );
  const wakeForConnection = raw.prepare(
    `UPDATE runs INDEXED BY runs_by_status SET due_at = min(coalesce(due_at, ?), ?)
     WHERE workspace_id = ? AND tenant_id = ? AND status = 'waiting' AND waiting_for = 'connection'
       AND lease_owner IS NULL AND status <> 'succeeded'`,
  );
  const newestAt = raw.prepare<{ state: StepState; waiting_for: WaitingFor | null }, [string, string, string]>(
    `SELECT state, waiting_for FROM steps WHERE run_id = ? AND path = ? AND iteration = ? AND state <> 'prior'
     ORDER BY rowid DESC LIMIT 1`,
  );
  const isOpen = (runId: string, decision: Decision): boolean => {
    const row = newestAt.get(runId, decision.path, decision.iteration.join(","));
    const step = row && { state: row.state, waitingFor: row.waiting_for };
    const stored = signals.after(runId, 0).map(({ signal }) => signal);
    return isOpenFor(decision, step, stored);
  };
  return {
    async wakeParked({ tenantId, workspaceId }, now) {
      await commits.submit(() => {
        wakeForConnection.run(now, now, workspaceId, tenantId);
      });
    },
    async signal({ tenantId, workspaceId, actor }, runId, signal, change) {
      const signalJson = JSON.stringify(signal);
      return commits.submit(() => {
        const run = statusInScope.get(runId, tenantId, workspaceId);
        if (!run) return "missing";
        if (!isFinal(run.status) && isDecision(signal) && !isOpen(runId, signal)) return "decided";
        if (isFinal(run.status) || !signals.store(tenantId, runId, signalJson, change.at)) return "ended";
        appendAudit(tenantId, actor, change);
        return "stored";
      });
    },
  };
}
