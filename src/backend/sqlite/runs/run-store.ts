import type { RunStore } from "../../../domain/run-store.ts";
import type { Storage } from "../storage.ts";
import { createAcceptRun } from "./accept-run.ts";
import { createClaimRuns } from "./claim-runs.ts";
import { createCommitRun } from "./commit-run.ts";
import type { RunInsert } from "./insert-run.ts";
import { createListRuns } from "./list-runs.ts";
import { createPruneRuns } from "./prune-runs.ts";
import { createReadRun } from "./read-run.ts";
import { createRunSignals, createWakeRuns } from "./run-signals.ts";
import type { UnfinishedRuns } from "./unfinished-runs.ts";
import { createBarrierWrite } from "./write-barrier.ts";

/** `owner` is the name under which this process holds runs. */
export function createRunStore(
  storage: Storage,
  owner: string,
  insertRun: RunInsert,
  unfinished: UnfinishedRuns,
): Omit<RunStore, "watch"> {
  const signals = createRunSignals(storage.raw);
  const writeBarrier = createBarrierWrite(storage.raw, insertRun, signals);
  return {
    ...createAcceptRun(storage, insertRun, writeBarrier, unfinished),
    ...createClaimRuns(storage, owner, signals),
    ...createCommitRun(storage, writeBarrier, signals, unfinished),
    ...createWakeRuns(storage, signals),
    ...createReadRun(storage),
    ...createListRuns(storage.raw),
    ...createPruneRuns(storage),
  };
}
