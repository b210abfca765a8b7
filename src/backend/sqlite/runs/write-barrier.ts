import type { Database } from "bun:sqlite";
import type { ChildRun, RunCommit } from "../../../domain/run-store.ts";
import { prepareRun, type RunInsert, TO_BE_CLAIMED } from "./insert-run.ts";
import type { RunSignals } from "./run-signals.ts";
import { createStepWrite, type StepValues, toStepValues } from "./step-rows.ts";

/** What a barrier writes beside the row of its run, serialised outside the transaction. */
export interface PreparedBarrier {
  readonly tenantId: string;
  readonly runId: string;
  readonly commit: RunCommit;
  readonly steps: readonly StepValues[];
  readonly children: readonly { readonly child: ChildRun; readonly ledger: readonly StepValues[] }[];
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
    tenantId,
    runId,
    commit,
    steps: holdsSteps ? [] : commit.steps.map((step) => toStepValues(tenantId, runId, step)),
    children: commit.children.map((child) => ({
      child,
      ledger: child.ledger.map((step) => toStepValues(tenantId, child.id, step)),
    })),
    send: commit.send.map((each) => ({ runId: each.runId, signalJson: JSON.stringify(each.signal) })),
  };
}

/** Writes ledger rows, children, signals and alerts inside an intention, once the run's own row is written. */
export function createBarrierWrite(
  raw: Database,
  insertRun: RunInsert,
  signals: RunSignals,
): (barrier: PreparedBarrier) => void {
  const writeStep = createStepWrite(raw);
  const writeAlert = raw.prepare("INSERT INTO run_alerts (tenant_id, run_id, reason, at) VALUES (?, ?, ?, ?)");
  const workspaceOf = raw.prepare<{ workspace_id: string }, [string]>("SELECT workspace_id FROM runs WHERE id = ?");

  return ({ tenantId, runId, commit, steps, children, send }) => {
    for (const step of steps) writeStep(step);
    if (children.length > 0) {
      // A child lives in its parent's workspace.
      const workspaceId = workspaceOf.get(runId)?.workspace_id ?? "";
      for (const { child, ledger } of children) {
        const start = { ...TO_BE_CLAIMED, replayOf: child.replayOf };
        insertRun(prepareRun({ tenantId, workspaceId }, child, start));
        for (const step of ledger) writeStep(step);
      }
    }
    for (const each of send) signals.store(tenantId, each.runId, each.signalJson, commit.at);
    for (const reason of commit.alerts) writeAlert.run(tenantId, runId, reason, commit.at);
    if (commit.signalsApplied > 0) signals.drop(runId, commit.signalsApplied);
  };
}

/** By how much the tenant has more runs that have not ended, after a barrier. */
export function unfinishedAfter(commit: RunCommit, ends: boolean): number {
  return commit.children.length - (ends ? 1 : 0);
}
