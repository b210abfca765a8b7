import type { Database } from "bun:sqlite";
import type { Run } from "../../../domain/run.ts";
import type { RunCommit } from "../../../domain/run-store.ts";
import { type RunRow, runOf } from "../../rows/run-row.ts";

/** A trigger that is large stands in `run_payloads`. */
export type StoredRun = Omit<RunRow, "trigger"> & { readonly trigger: string | null };

/** Reads a run whole, wherever its trigger stands. */
export function createToRun(raw: Database): (row: StoredRun) => Run {
  const largeTrigger = raw.prepare<{ trigger: string }, [string]>("SELECT trigger FROM run_payloads WHERE run_id = ?");
  return (row) => {
    const trigger = row.trigger ?? largeTrigger.get(row.id)?.trigger;
    if (trigger === undefined) throw new Error(`Run ${row.id} has lost its trigger.`);
    return runOf({ ...row, trigger });
  };
}

/** What a commit says about how the run goes: started_at, finished_at, error, output, response. */
export function toOutcomeValues(commit: RunCommit | null): readonly (string | number | null)[] {
  if (!commit) return [null, null, null, null, null];
  return [
    commit.startedAt,
    commit.finishedAt,
    commit.error && JSON.stringify(commit.error),
    commit.output === undefined ? null : JSON.stringify(commit.output),
    commit.response && JSON.stringify(commit.response),
  ];
}
