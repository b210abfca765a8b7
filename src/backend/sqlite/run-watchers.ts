import type { RunWatchers } from "../../domain/watch-runs.ts";
import { ChangeListeners } from "../../platform/change-listeners.ts";

/** Who watches runs: only this process works on them, but a command beside it may have changed one. */
export function createRunWatchers(onOutsideChange: (listener: () => void) => void): RunWatchers {
  const listeners = new ChangeListeners();
  onOutsideChange(() => listeners.tellAll());
  return {
    get isIdle() {
      return listeners.isEmpty;
    },
    listen: (tenantId, runId, listener) =>
      listeners.listen(runId === null ? tenantId : `${tenantId}/${runId}`, listener),
    changed(tenantId, runId) {
      listeners.tell(`${tenantId}/${runId}`);
      listeners.tell(tenantId);
    },
    anyChanged: () => listeners.tellAll(),
  };
}
