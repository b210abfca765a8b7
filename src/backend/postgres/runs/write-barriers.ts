import type { RunCommit } from "../../../domain/run-store.ts";
import type { Statement } from "../database.ts";
import type { RunJobs } from "../queue/run-jobs.ts";
import { encodeText } from "../text-columns.ts";
import { insertRuns, prepareRun, TO_BE_CLAIMED } from "./insert-runs.ts";
import { dropSignals, storeSignal } from "./run-signals.ts";
import { type StepValues, toStepValues, writeSteps } from "./step-rows.ts";

/** What a barrier writes beside the rows of its run, serialised outside the transaction. */
export interface PreparedBarrier {
  readonly runId: string;
  readonly commit: RunCommit;
  readonly steps: readonly StepValues[];
  /** What its children start with. */
  readonly childSteps: readonly StepValues[];
  readonly send: readonly { readonly runId: string; readonly signalJson: string }[];
}

/** Without its steps, when the run's own row holds them already. */
export function prepareBarrier(
  tenantId: string,
  runId: string,
  commit: RunCommit,
  holdsSteps = false,
): PreparedBarrier {
  return {
    runId,
    commit,
    steps: holdsSteps ? [] : toRows(tenantId, runId, commit.steps),
    childSteps: commit.children.flatMap((child) => child.ledger.map((step) => toStepValues(tenantId, child.id, step))),
    send: commit.send.map((each) => ({ runId: each.runId, signalJson: JSON.stringify(each.signal) })),
  };
}

/** The last word about a row counts; a statement cannot write the same row twice. */
function toRows(tenantId: string, runId: string, steps: RunCommit["steps"]): readonly StepValues[] {
  const rows = new Map<string, StepValues>();
  for (const step of steps) {
    const values = toStepValues(tenantId, runId, step);
    rows.set(`${values.path} ${values.iteration} ${values.epoch} ${values.attempt}`, values);
  }
  return [...rows.values()];
}

/**
 * Writes ledger rows, children, signals and alerts of several runs of one tenant, once the runs' own rows are written.
 * `workspaceOf` tells where each run lives: its children live there too.
 */
export async function writeBarriers(
  run: Statement,
  jobs: RunJobs,
  tenantId: string,
  barriers: readonly PreparedBarrier[],
  workspaceOf: (runId: string) => string,
): Promise<void> {
  await writeSteps(
    run,
    barriers.flatMap(({ steps }) => steps),
  );
  const children = barriers.flatMap(({ runId, commit }) =>
    commit.children.map((child) =>
      prepareRun({ tenantId, workspaceId: workspaceOf(runId) }, child, {
        ...TO_BE_CLAIMED,
        replayOf: child.replayOf,
      }),
    ),
  );
  await insertRuns(run, jobs, tenantId, children);
  await writeSteps(
    run,
    barriers.flatMap(({ childSteps }) => childSteps),
  );
  for (const { commit, send } of barriers)
    for (const each of send) await storeSignal(run, jobs, tenantId, each.runId, each.signalJson, commit.at);
  for (const { runId, commit } of barriers)
    for (const reason of commit.alerts) await writeAlert(run, tenantId, runId, reason, commit.at);
  for (const { runId, commit } of barriers)
    if (commit.signalsApplied > 0) await dropSignals(run, runId, commit.signalsApplied);
}

async function writeAlert(run: Statement, tenantId: string, runId: string, reason: string, at: number): Promise<void> {
  await run(
    `WITH queued AS (INSERT INTO alert_queue (tenant_id) VALUES ($1) RETURNING id)
     INSERT INTO run_alerts (id, tenant_id, run_id, reason, at) SELECT id, $1, $2, $3, $4::bigint FROM queued`,
    [tenantId, runId, encodeText(reason), at],
  );
}

/** True when none of the barrier's statements depends on what another one has found. */
export function needsNoAnswer({ children, send }: RunCommit): boolean {
  return children.length === 0 && send.length === 0;
}

/** True when after the barrier another replica may have something to claim. */
export function wakesOthers({ children, send, release, dueAt }: RunCommit): boolean {
  return children.length > 0 || send.length > 0 || (release && dueAt !== null);
}

/** By how much the tenant has more runs that have not ended, after a barrier. */
export function unfinishedAfter(commit: RunCommit, ends: boolean): number {
  return commit.children.length - (ends ? 1 : 0);
}

/** About how much text a barrier writes. */
export function charsOf({ steps }: PreparedBarrier): number {
  let chars = 0;
  for (const step of steps) chars += 400 + (step.input?.length ?? 0) + (step.output?.length ?? 0);
  return chars;
}
