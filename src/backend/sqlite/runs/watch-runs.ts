import type { RunStore } from "../../../domain/backend.ts";
import { ChangeListeners } from "../../../platform/change-listeners.ts";

type Changing = Pick<RunStore, "accept" | "claim" | "commit" | "replay" | "signal" | "wakeParked" | "releaseAll">;

/** Tells those who watch about a run once what changed it is committed. Everything else passes through unchanged. */
export function watchRuns<Store extends Changing>(
  store: Store,
  onOutsideChange: (listener: () => void) => void,
): Store & Pick<RunStore, "watch"> {
  const listeners = new ChangeListeners();
  const tell = (tenantId: string, runId: string) => {
    listeners.tell(`${tenantId}/${runId}`);
    listeners.tell(tenantId);
  };
  onOutsideChange(() => listeners.tellAll());

  return {
    ...store,
    watch({ tenantId }, runId, listener) {
      return listeners.listen(runId === null ? tenantId : `${tenantId}/${runId}`, listener);
    },
    async accept(scope, run, options) {
      const accepted = await store.accept(scope, run, options);
      if (!listeners.isEmpty && !accepted.duplicate) tell(scope.tenantId, run.id);
      return accepted;
    },
    async claim(options) {
      const claimed = await store.claim(options);
      if (!listeners.isEmpty) for (const { run } of claimed) tell(run.tenantId, run.id);
      return claimed;
    },
    async commit(lease, commit) {
      const result = await store.commit(lease, commit);
      if (!listeners.isEmpty) {
        tell(lease.tenantId, lease.runId);
        for (const child of commit.children) tell(lease.tenantId, child.id);
      }
      return result;
    },
    async replay(scope, run, ledger, change) {
      await store.replay(scope, run, ledger, change);
      tell(scope.tenantId, run.id);
    },
    async signal(scope, runId, signal, change) {
      const result = await store.signal(scope, runId, signal, change);
      tell(scope.tenantId, runId);
      return result;
    },
    async wakeParked(scope, now) {
      await store.wakeParked(scope, now);
      listeners.tellAll();
    },
    async releaseAll(owner, now) {
      await store.releaseAll(owner, now);
      listeners.tellAll();
    },
  };
}
