import type { Dedupe } from "../../../domain/new-run.ts";
import { isFinal } from "../../../domain/run.ts";
import { type Accepted, FIRST_FENCE, type RunStore } from "../../../domain/run-store.ts";
import type { Statement } from "../database.ts";
import { NEXT_BATCH, type Operation } from "../group-commit.ts";
import type { RunJobs } from "../queue/run-jobs.ts";
import type { Storage } from "../storage.ts";
import { insertRuns, type PreparedRun, prepareRun, type QueuedRow, TO_BE_CLAIMED, toDueRuns } from "./insert-runs.ts";
import { showQueued } from "./show-queued.ts";
import { toStepValues, writeSteps } from "./step-rows.ts";
import type { UnfinishedRuns } from "./unfinished-runs.ts";
import {
  charsOf,
  needsNoAnswer,
  type PreparedBarrier,
  prepareBarrier,
  unfinishedAfter,
  wakesOthers,
  writeBarriers,
} from "./write-barriers.ts";

interface Acceptance {
  readonly run: PreparedRun;
  readonly barrier: PreparedBarrier | null;
  readonly dedupe: Dedupe | null;
}
const HAND_OVER_AGAIN_MS = 1_000;
type Answer = Accepted | typeof NEXT_BATCH;

/** How runs come into being: accepted from a trigger, or made from an earlier run. */
export function createAcceptRuns(
  { database, commits, leases, changes, jobs, appendAudit }: Storage,
  unfinished: UnfinishedRuns,
): Pick<RunStore, "accept" | "replay"> {
  const acceptance = createAcceptance(jobs);

  /**
   * Whoever wanted to hold the run was told that it may not be stored and has forgotten it: any worker may have it. An
   * effect that was about to leave counts as unknown then, though it has not left.
   */
  async function handOver(tenantId: string, { runId, owner }: { runId: string; owner: string }): Promise<void> {
    for (let isDone = false; !isDone; ) {
      try {
        await database.write(tenantId, async (transaction) => {
          const freed = await transaction.run<QueuedRow>(
            `UPDATE run_queue SET lease_owner = NULL, due_at = created_at
             WHERE run_id = $1 AND lease_owner = $2 AND fence = $3::integer
             RETURNING run_id, tenant_id, lane, due_at, interruptions`,
            [runId, owner, FIRST_FENCE],
          );
          await jobs.add(transaction.run, toDueRuns(freed));
          await showQueued(transaction, freed);
        });
        isDone = true;
      } catch {
        await Bun.sleep(HAND_OVER_AGAIN_MS);
        isDone = database.isClosed;
      }
    }
    changes.announceDue();
  }

  return {
    async accept(scope, run, { dedupe, hold }) {
      const { tenantId } = scope;
      if (hold) await leases.ensure(hold.owner);
      await unfinished.count(tenantId);
      if (unfinished.isFull(tenantId)) {
        const { workflowId, createdAt } = run;
        const first =
          dedupe && (await database.read(tenantId, (run) => findHolder(run, workflowId, dedupe.keyHash, createdAt)));
        if (first !== null) return { runId: first, duplicate: true };
        throw unfinished.tooMany();
      }

      const first = hold?.first ?? null;
      const prepared = prepareRun(scope, run, { owner: hold?.owner ?? null, first, replayOf: null });
      const barrier = first && prepareBarrier(tenantId, run.id, first, prepared.row.ledger !== null);
      const chars = prepared.row.trigger.length + (prepared.row.ledger?.length ?? 0) + (barrier ? charsOf(barrier) : 0);
      // Counted before the commit, so that a burst cannot pass the limit together.
      unfinished.add(tenantId, 1);
      let added = 0;
      try {
        const acceptanceOf = { run: prepared, barrier, dedupe };
        const accepted = await commits.submit(acceptance, tenantId, acceptanceOf, chars, (late) => {
          if (hold && !late.duplicate) void handOver(tenantId, { runId: late.runId, owner: hold.owner });
        });
        if (!accepted.duplicate) {
          added = 1 + (first ? unfinishedAfter(first, isFinal(first.status)) : 0);
          if (prepared.isDue || (first && wakesOthers(first))) changes.announceDue();
        }
        return accepted;
      } finally {
        if (added !== 1) unfinished.add(tenantId, added - 1);
      }
    },
    async replay(scope, run, ledger, change) {
      const { tenantId, actor } = scope;
      await unfinished.count(tenantId);
      if (unfinished.isFull(tenantId)) throw unfinished.tooMany();
      const prepared = prepareRun(scope, run, { ...TO_BE_CLAIMED, replayOf: run.replayOf });
      const rows = ledger.map((step) => toStepValues(tenantId, run.id, step));
      unfinished.add(tenantId, 1);
      let added = 0;
      try {
        await database.write(tenantId, async (transaction) => {
          await insertRuns(transaction.run, jobs, tenantId, [prepared]);
          await writeSteps(transaction.run, rows);
          await appendAudit(transaction, tenantId, actor, change);
        });
        added = 1;
      } finally {
        if (added !== 1) unfinished.add(tenantId, -1);
      }
      changes.announceDue();
    },
  };
}

const createAcceptance = (jobs: RunJobs): Operation<Acceptance, Accepted> => ({
  // No key to be taken, and nothing that a worker has to be told of by what the statements answer.
  needsNoAnswer: ({ run, barrier, dedupe }) =>
    dedupe === null && !run.isDue && (barrier === null || needsNoAnswer(barrier.commit)),
  async write({ run }, tenantId, acceptances) {
    const answers = await answerDuplicates(run, tenantId, acceptances);
    const accepted = acceptances.filter((_, index) => answers[index] === undefined);
    const runs = accepted.map((each) => each.run);
    const barriers = accepted.flatMap(({ barrier }) => (barrier ? [barrier] : []));
    const workspaces = new Map(runs.map(({ row }) => [row.id, row.workspace_id]));
    await Promise.all([
      insertRuns(run, jobs, tenantId, runs),
      writeBarriers(run, jobs, tenantId, barriers, (runId) => workspaces.get(runId) ?? ""),
    ]);
    return acceptances.map((each, index) => answers[index] ?? { runId: each.run.row.id, duplicate: false });
  },
});

/** The answer to each acceptance that starts no run, in its place; undefined for those that do. */
async function answerDuplicates(
  run: Statement,
  tenantId: string,
  acceptances: readonly Acceptance[],
): Promise<readonly (Answer | undefined)[]> {
  const answers: (Answer | undefined)[] = acceptances.map(() => undefined);
  const candidates = new Map<string, Acceptance>();
  for (const [index, each] of acceptances.entries()) {
    if (!each.dedupe) continue;
    const key = keyOf(each.run.row.workflow_id, each.dedupe.keyHash);
    // A statement cannot write the same key twice: the second delivery asks again once the first is stored.
    if (candidates.has(key)) answers[index] = NEXT_BATCH;
    else candidates.set(key, each);
  }
  if (candidates.size === 0) return answers;
  const taken = await takeKeys(
    run,
    tenantId,
    [...candidates.values()].map(({ run: prepared, dedupe }) => toKeyRow(prepared.row, dedupe)),
  );
  for (const [index, { run: prepared, dedupe }] of acceptances.entries()) {
    if (!dedupe || answers[index] !== undefined) continue;
    const { workflow_id, created_at } = prepared.row;
    if (taken.has(keyOf(workflow_id, dedupe.keyHash))) continue;
    const first = await findHolder(run, workflow_id, dedupe.keyHash, created_at);
    answers[index] = first === null ? NEXT_BATCH : { runId: first, duplicate: true };
  }
  return answers;
}

interface KeyRow {
  readonly workflow_id: string;
  readonly key_hash: string | undefined;
  /** Empty: the key is remembered, but there is no run. */
  readonly run_id: string;
  readonly taken_at: number;
  readonly expires_at: number | undefined;
}

function toKeyRow({ workflow_id, id, created_at }: PreparedRun["row"], dedupe: Dedupe | null): KeyRow {
  return {
    workflow_id,
    key_hash: dedupe?.keyHash,
    run_id: id,
    taken_at: created_at,
    expires_at: dedupe?.expiresAt,
  };
}

/**
 * Gives those that were taken. An expired key makes way for the new run; one that stands keeps its first run, and nothing changes. Keys in order, so
 * that replicas which are sent the same deliveries wait for each other instead of deadlocking.
 */
export async function takeKeys(
  run: Statement,
  tenantId: string,
  keys: readonly KeyRow[],
): Promise<ReadonlySet<string>> {
  const rows = await run<{ workflow_id: string; key_hash: string }>(
    `INSERT INTO dedupe_keys (tenant_id, workflow_id, key_hash, run_id, taken_at, expires_at)
     SELECT $1, workflow_id, key_hash, run_id, taken_at, expires_at
     FROM json_populate_recordset(NULL::dedupe_keys, $2::text::json) ORDER BY workflow_id, key_hash
     ON CONFLICT (tenant_id, workflow_id, key_hash)
     DO UPDATE SET run_id = excluded.run_id, taken_at = excluded.taken_at, expires_at = excluded.expires_at
     WHERE dedupe_keys.expires_at <= excluded.taken_at
     RETURNING workflow_id, key_hash`,
    [tenantId, JSON.stringify(keys)],
  );
  return new Set(rows.map((row) => keyOf(row.workflow_id, row.key_hash)));
}

async function findHolder(
  run: Statement,
  workflowId: string,
  keyHash: string,
  createdAt: number,
): Promise<string | null> {
  const [row] = await run<{ run_id: string }>(
    "SELECT run_id FROM dedupe_keys WHERE workflow_id = $1 AND key_hash = $2 AND expires_at > $3::bigint",
    [workflowId, keyHash, createdAt],
  );
  return row?.run_id ?? null;
}

export function keyOf(workflowId: string, keyHash: string): string {
  return `${workflowId} ${keyHash}`;
}
