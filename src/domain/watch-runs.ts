import type { RunStore } from "./run-store.ts";

type Changing = Pick<RunStore, "accept" | "claim" | "commit" | "replay" | "signal" | "wakeParked" | "releaseAll">;

/** Who wants to hear of changed runs, in this process and in others. Costs next to nothing while nobody does. */
export interface RunWatchers {
  readonly isIdle: boolean;
  /** Gives the function that ends it; null for every run of the tenant. */
  listen(tenantId: string, runId: string | null, listener: () => void): () => void;
  /** What changed the run is committed. */
  changed(tenantId: string, runId: string): void;
  /** Any run may have changed. */
  anyChanged(): void;
}

/** The store, telling those who watch a run once what changed it is committed. */
export function watchRuns<Store extends Changing>(
  store: Store,
  watchers: RunWatchers,
): Store & Pick<RunStore, "watch"> {
  return {
    ...store,
    watch({ tenantId }, runId, listener) {
      return watchers.listen(tenantId, runId, listener);
    },
    async accept(scope, run, options) {
      const accepted = await store.accept(scope, run, options);
      if (!watchers.isIdle && !accepted.duplicate) watchers.changed(scope.tenantId, run.id);
      return accepted;
    },
    async claim(options) {
      const claimed = await store.claim(options);
      if (!watchers.isIdle) for (const { run } of claimed) watchers.changed(run.tenantId, run.id);
      return claimed;
    },
    async commit(lease, commit) {
      const result = await store.commit(lease, commit);
      if (!watchers.isIdle) {
        watchers.changed(lease.tenantId, lease.runId);
        for (const child of commit.children) watchers.changed(lease.tenantId, child.id);
      }
      return result;
    },
    async replay(scope, run, ledger, change) {
      await store.replay(scope, run, ledger, change);
      watchers.changed(scope.tenantId, run.id);
    },
    async signal(scope, runId, signal, change) {
      const result = await store.signal(scope, runId, signal, change);
      watchers.changed(scope.tenantId, runId);
      return result;
    },
    async wakeParked(scope, now) {
      await store.wakeParked(scope, now);
      watchers.anyChanged();
    },
    async releaseAll(owner, now) {
      await store.releaseAll(owner, now);
      watchers.anyChanged();
    },
  };
}
