import { type Decision, isDecision, isOpenFor } from "../../../domain/open-decision.ts";
import { isFinal, type RunStatus, type Signal, type StepState, type WaitingFor } from "../../../domain/run.ts";
import type { RunStore, StoredSignal } from "../../../domain/run-store.ts";
import type { Statement } from "../database.ts";
import type { RunJobs } from "../queue/run-jobs.ts";
import type { Storage } from "../storage.ts";
import { type QueuedRow, toDueRuns } from "./insert-runs.ts";

/*
 * Signals wait in their own table until the run's worker has applied them. Storing one wakes the run in the same
 * statement that numbers it, under the lock of the run's queue row, so that it cannot be missed by a worker that is
 * just letting go.
 */

/** Inside a transaction of the tenant. False when the run has ended or is not there. */
export async function storeSignal(
  run: Statement,
  jobs: RunJobs,
  tenantId: string,
  runId: string,
  signalJson: string,
  at: number,
): Promise<boolean> {
  const [numbered] = await run<QueuedRow & { signal_seq: number }>(
    `UPDATE run_queue SET signal_seq = signal_seq + 1,
                          due_at = CASE WHEN lease_owner IS NULL THEN least(due_at, $3::bigint) END
     WHERE run_id = $1 AND tenant_id = $2
     RETURNING run_id, tenant_id, lane, due_at, interruptions, signal_seq`,
    [runId, tenantId, at],
  );
  if (!numbered) return false;
  await run("INSERT INTO run_signals (run_id, seq, tenant_id, signal) VALUES ($1, $2::integer, $3, $4::text)", [
    runId,
    numbered.signal_seq,
    tenantId,
    signalJson,
  ]);
  await jobs.add(run, toDueRuns([numbered]));
  return true;
}

/** The signals of each run after the number that goes with it. */
export async function readSignals(
  run: Statement,
  after: readonly { readonly runId: string; readonly seq: number }[],
): Promise<ReadonlyMap<string, readonly StoredSignal[]>> {
  const signals = new Map<string, StoredSignal[]>();
  if (after.length === 0) return signals;
  const rows = await run<{ run_id: string; seq: number; signal: string }>(
    `SELECT run_id, run_signals.seq, signal
     FROM json_to_recordset($1::text::json) AS asked ("runId" text, seq integer)
     JOIN run_signals ON run_id = asked."runId" AND run_signals.seq > asked.seq
     ORDER BY run_id, run_signals.seq`,
    [JSON.stringify(after)],
  );
  for (const { run_id, seq, signal } of rows) {
    const stored = { seq, signal: JSON.parse(signal) as Signal };
    const ofRun = signals.get(run_id);
    if (ofRun) ofRun.push(stored);
    else signals.set(run_id, [stored]);
  }
  return signals;
}

export async function dropSignals(run: Statement, runId: string, upToSeq: number): Promise<void> {
  await run("DELETE FROM run_signals WHERE run_id = $1 AND seq <= $2::bigint", [runId, upToSeq]);
}

/** Under the lock of the run's queue row: whoever applies a decision holds it while the step's row is written. */
async function isOpen(run: Statement, tenantId: string, runId: string, decision: Decision): Promise<boolean> {
  await run("SELECT FROM run_queue WHERE run_id = $1 AND tenant_id = $2 FOR UPDATE", [runId, tenantId]);
  const [row] = await run<{ state: StepState; waiting_for: WaitingFor | null }>(
    `SELECT state, waiting_for FROM steps WHERE run_id = $1 AND path = $2 AND iteration = $3 AND state <> 'prior'
     ORDER BY seq DESC LIMIT 1`,
    [runId, decision.path, decision.iteration.join(",")],
  );
  const step = row ? { state: row.state, waitingFor: row.waiting_for } : null;
  const signals = await readSignals(run, [{ runId, seq: 0 }]);
  const stored = (signals.get(runId) ?? []).map(({ signal }) => signal);
  return isOpenFor(decision, step, stored);
}

export function createWakeRuns({
  database,
  changes,
  jobs,
  appendAudit,
}: Storage): Pick<RunStore, "signal" | "wakeParked"> {
  return {
    async signal({ tenantId, workspaceId, actor }, runId, signal, change) {
      const signalJson = JSON.stringify(signal);
      const result = await database.write(tenantId, async (transaction) => {
        const { run } = transaction;
        const [found] = await run<{ status: RunStatus }>(
          "SELECT status FROM runs WHERE id = $1 AND workspace_id = $2",
          [runId, workspaceId],
        );
        if (!found) return "missing";
        if (isFinal(found.status)) return "ended";
        if (isDecision(signal) && !(await isOpen(run, tenantId, runId, signal))) return "decided";
        if (!(await storeSignal(run, jobs, tenantId, runId, signalJson, change.at))) return "ended";
        await appendAudit(transaction, tenantId, actor, change);
        return "stored";
      });
      if (result === "stored") changes.announceDue();
      return result;
    },
    async wakeParked({ tenantId, workspaceId }, now) {
      for (let after: string | null = ""; after !== null; ) {
        const from: string = after;
        after = await database.write(tenantId, ({ run }) => wakeSome(run, jobs, { tenantId, workspaceId, now }, from));
        changes.announceDue();
      }
    },
  };
}

/** In one transaction: however many runs wait for a connection, waking them neither takes long nor holds up claims. */
const WAKE_AT_ONCE = 1_000;

/** Gives the run behind which it has to go on; null after the last. */
async function wakeSome(
  run: Statement,
  jobs: RunJobs,
  { tenantId, workspaceId, now }: { readonly tenantId: string; readonly workspaceId: string; readonly now: number },
  after: string,
): Promise<string | null> {
  const parked = await run<{ id: string }>(
    `SELECT id FROM runs
     WHERE workspace_id = $1 AND status = 'waiting' AND status <> 'succeeded' AND waiting_for = 'connection' AND id > $2
     ORDER BY id LIMIT $3::integer`,
    [workspaceId, after, WAKE_AT_ONCE],
  );
  const woken = await run<QueuedRow>(
    `UPDATE run_queue SET due_at = $3::bigint
     WHERE run_id IN (
       SELECT run_id FROM run_queue WHERE run_id = ANY (ARRAY(SELECT json_array_elements_text($2::text::json)))
         AND tenant_id = $1 AND lease_owner IS NULL AND (due_at IS NULL OR due_at > $3::bigint)
       ORDER BY run_id FOR UPDATE)
     RETURNING run_id, tenant_id, lane, due_at, interruptions`,
    [tenantId, JSON.stringify(parked.map(({ id }) => id)), now],
  );
  await jobs.add(run, toDueRuns(woken));
  return parked.length < WAKE_AT_ONCE ? null : (parked.at(-1)?.id ?? null);
}
