import { isFinal } from "../../../domain/run.ts";
import type { CommitResult, Lease, RunCommit, RunStore, StoredSignal } from "../../../domain/run-store.ts";
import type { Statement } from "../database.ts";
import { NEXT_BATCH, type Operation } from "../group-commit.ts";
import type { RunJobs } from "../queue/run-jobs.ts";
import type { Storage } from "../storage.ts";
import { type QueuedRow, toDueRuns, toOutcome } from "./insert-runs.ts";
import { readSignals } from "./run-signals.ts";
import type { UnfinishedRuns } from "./unfinished-runs.ts";
import {
  charsOf,
  type PreparedBarrier,
  prepareBarrier,
  unfinishedAfter,
  wakesOthers,
  writeBarriers,
} from "./write-barriers.ts";

interface Commitment {
  readonly lease: Lease;
  readonly commit: RunCommit;
  readonly barrier: PreparedBarrier;
}
/** A run's queue row after the commit. */
interface Standing {
  readonly released: boolean;
  /** True when signals are stored that no commit has applied. */
  readonly isSignalled: boolean;
  readonly signalsApplied: number;
  readonly lane: string;
}
interface Committed {
  readonly result: CommitResult;
  /** Runs of the same workflow may wait for this one to make room. */
  readonly makesRoom: boolean;
}

/**
 * A commit that took longer is looked at again before its effect leaves: the process may have been asleep, or the database
 * away, for longer than the lease, and whoever took the run over has decided about the effect by now.
 */
const SLOW_COMMIT_MS = 3_000;

const LEASE_LOST: Committed = { result: { kind: "lease_lost" }, makesRoom: false };

/**
 * Barriers of several runs of one tenant. The runs' queue rows are written first, by statements that find them only
 * while the worker of the commit holds them: these tell whose lease is lost, and nothing else of those is written. A
 * run that was sent signals which the commit has not applied stays with its worker.
 */
export function createCommitRuns(
  { database, commits, changes, jobs, maxRunningPerTenant }: Storage,
  unfinished: UnfinishedRuns,
): Pick<RunStore, "commit"> {
  const commitment = createCommitment(jobs, maxRunningPerTenant !== null);

  async function holds({ runId, owner, fence }: Lease): Promise<boolean> {
    const held = await database.query(
      "SELECT FROM run_queue WHERE run_id = $1 AND lease_owner = $2 AND fence = $3::integer",
      [runId, owner, fence],
    );
    return held.length > 0;
  }

  return {
    async commit(lease, commit) {
      const { tenantId, runId } = lease;
      const barrier = prepareBarrier(tenantId, runId, commit);
      const isSlow = startWatch(SLOW_COMMIT_MS);
      const committing = commits.submit(commitment, tenantId, { lease, commit, barrier }, charsOf(barrier));
      const { result, makesRoom } = await committing;
      if (result.kind === "committed") {
        unfinished.add(tenantId, unfinishedAfter(commit, isFinal(commit.status)));
        if (makesRoom || wakesOthers(commit)) changes.announceDue();
        if (!result.released && isSlow() && !(await holds(lease))) return LEASE_LOST.result;
      }
      return result;
    },
  };
}

/** True once so much time has passed, by either clock: one stands still while the machine sleeps, the other is set. */
function startWatch(ms: number): () => boolean {
  const [clock, timer] = [Date.now(), performance.now()];
  return () => Date.now() - clock > ms || performance.now() - timer > ms;
}

const createCommitment = (jobs: RunJobs, isTenantCapped: boolean): Operation<Commitment, Committed> => ({
  async write({ run }, tenantId, commitments) {
    const first = new Map<string, Commitment>();
    for (const each of commitments) if (!first.has(each.lease.runId)) first.set(each.lease.runId, each);
    const chosen = [...first.values()];

    const standing = await moveQueue(run, jobs, tenantId, chosen);
    const held = chosen.filter(({ lease }) => standing.has(lease.runId));
    const workspaces = await updateRuns(run, held, standing);
    const barriers = held.map(({ barrier }) => barrier);
    await writeBarriers(run, jobs, tenantId, barriers, (runId) => workspaces.get(runId) ?? "");
    const signals = await readUnapplied(run, held, standing);

    return commitments.map((each) => {
      const { runId } = each.lease;
      // Two commits of one run: the later one finds what the earlier one has made of it.
      if (first.get(runId) !== each) return NEXT_BATCH;
      const after = standing.get(runId);
      if (!after) return LEASE_LOST;
      return {
        result: { kind: "committed", released: after.released, signals: signals.get(runId) ?? [] },
        makesRoom: after.released && (isTenantCapped || after.lane !== ""),
      };
    });
  },
});

/** By run id; a run whose lease is lost is not in it. */
async function moveQueue(
  run: Statement,
  jobs: RunJobs,
  tenantId: string,
  commitments: readonly Commitment[],
): Promise<ReadonlyMap<string, Standing>> {
  const standing = new Map<string, Standing>();
  const ending = commitments.filter(({ commit }) => isFinal(commit.status));
  if (ending.length > 0) {
    const gone = await run<{ run_id: string; lane: string }>(
      `DELETE FROM run_queue USING json_to_recordset($2::text::json) AS given (run_id text, owner text, fence integer)
       WHERE run_queue.run_id = given.run_id AND tenant_id = $1 AND lease_owner = owner AND run_queue.fence = given.fence
       RETURNING run_queue.run_id, lane`,
      [tenantId, JSON.stringify(ending.map(({ lease }) => leaseValues(lease)))],
    );
    for (const { run_id, lane } of gone)
      standing.set(run_id, { released: true, isSignalled: false, signalsApplied: 0, lane });
  }
  const going = commitments.filter(({ commit }) => !isFinal(commit.status));
  if (going.length > 0) {
    const moved = await run<QueuedRow & { released: boolean; signal_seq: number; signals_applied: number }>(
      `WITH held AS (
         SELECT run_queue.run_id, releases, given.due_at, given.interruptions,
                greatest(signals_applied, least(signal_seq, applied)) AS applied
         FROM run_queue JOIN json_to_recordset($2::text::json) AS given (
           run_id text, owner text, fence integer, releases boolean, due_at bigint, interruptions integer,
           applied bigint) USING (run_id)
         WHERE tenant_id = $1 AND lease_owner = owner AND run_queue.fence = given.fence
         ORDER BY run_id FOR UPDATE OF run_queue)
       UPDATE run_queue SET
         lease_owner = CASE WHEN releases AND signal_seq <= applied THEN NULL ELSE lease_owner END,
         due_at = CASE WHEN releases AND signal_seq <= applied THEN held.due_at END,
         interruptions = held.interruptions, signals_applied = applied
       FROM held WHERE run_queue.run_id = held.run_id
       RETURNING run_queue.run_id, tenant_id, lane, run_queue.due_at, run_queue.interruptions,
         lease_owner IS NULL AS released, signal_seq, signals_applied`,
      [
        tenantId,
        JSON.stringify(
          going.map(({ lease, commit }) => ({
            ...leaseValues(lease),
            releases: commit.release,
            due_at: commit.dueAt,
            interruptions: commit.interruptions,
            applied: commit.signalsApplied,
          })),
        ),
      ],
    );
    for (const row of moved)
      standing.set(row.run_id, {
        released: row.released,
        isSignalled: row.signal_seq > row.signals_applied,
        signalsApplied: row.signals_applied,
        lane: row.lane,
      });
    await jobs.add(run, toDueRuns(moved));
  }
  return standing;
}

function leaseValues({ runId, owner, fence }: Lease) {
  return { run_id: runId, owner, fence };
}

/** The workspace of each run, by run id. */
async function updateRuns(
  run: Statement,
  held: readonly Commitment[],
  standing: ReadonlyMap<string, Standing>,
): Promise<ReadonlyMap<string, string>> {
  if (held.length === 0) return new Map();
  const values = held.map(({ lease, commit }) => {
    const staysHeld = commit.release && standing.get(lease.runId)?.released === false;
    const shown = staysHeld ? { status: "running", waiting_for: null } : shownAs(commit);
    return { id: lease.runId, ...shown, ...toOutcome(commit) };
  });
  const rows = await run<{ id: string; workspace_id: string }>(
    `UPDATE runs SET status = given.status, waiting_for = given.waiting_for,
                     started_at = coalesce(runs.started_at, given.started_at), finished_at = given.finished_at,
                     error = given.error, output = given.output, response = coalesce(runs.response, given.response)
     FROM json_to_recordset($1::text::json) AS given (
       id text, status text, waiting_for text, started_at bigint, finished_at bigint, error text, output text,
       response text)
     WHERE runs.id = given.id RETURNING runs.id, workspace_id`,
    [JSON.stringify(values)],
  );
  return new Map(rows.map((row) => [row.id, row.workspace_id]));
}

function shownAs({ status, waitingFor }: RunCommit) {
  return { status, waiting_for: waitingFor };
}

function readUnapplied(
  run: Statement,
  held: readonly Commitment[],
  standing: ReadonlyMap<string, Standing>,
): Promise<ReadonlyMap<string, readonly StoredSignal[]>> {
  const signalled = held.flatMap(({ lease: { runId } }) => {
    const after = standing.get(runId);
    return after?.isSignalled ? [{ runId, seq: after.signalsApplied }] : [];
  });
  return readSignals(run, signalled);
}
