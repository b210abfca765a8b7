import type { RunStore } from "../../../domain/run-store.ts";
import type { Storage } from "../storage.ts";
import { createAcceptRuns } from "./accept-runs.ts";
import { createClaimRuns } from "./claim-runs.ts";
import { createCommitRuns } from "./commit-runs.ts";
import { createPruneRuns } from "./prune-runs.ts";
import { createReadRuns } from "./read-runs.ts";
import { createWakeRuns } from "./run-signals.ts";
import type { UnfinishedRuns } from "./unfinished-runs.ts";

export function createRunStore(storage: Storage, unfinished: UnfinishedRuns): Omit<RunStore, "watch"> {
  return {
    ...createAcceptRuns(storage, unfinished),
    ...createClaimRuns(storage),
    ...createCommitRuns(storage, unfinished),
    ...createWakeRuns(storage),
    ...createReadRuns(storage),
    ...createPruneRuns(storage),
  };
}
