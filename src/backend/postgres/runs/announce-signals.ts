import type { RunStore } from "../../../domain/run-store.ts";
import type { ChangeFeed } from "../change-feed.ts";

/** The store, telling the other replicas of every signal: one of them may hold the run it is for, and fetches it at once. */
export function announceSignals<Store extends Pick<RunStore, "accept" | "commit" | "signal">>(
  store: Store,
  changes: ChangeFeed,
): Store {
  return {
    ...store,
    async accept(scope, run, options) {
      const accepted = await store.accept(scope, run, options);
      const sent = options.hold?.first?.send ?? [];
      if (sent.length > 0 && !accepted.duplicate) changes.announceSignalled(sent.map(({ runId }) => runId));
      return accepted;
    },
    async commit(lease, commit) {
      const result = await store.commit(lease, commit);
      if (commit.send.length > 0 && result.kind === "committed")
        changes.announceSignalled(commit.send.map(({ runId }) => runId));
      return result;
    },
    async signal(scope, runId, signal, change) {
      const result = await store.signal(scope, runId, signal, change);
      if (result === "stored") changes.announceSignalled([runId]);
      return result;
    },
  };
}
