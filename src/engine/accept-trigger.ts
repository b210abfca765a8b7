import type { Dedupe, NewRun } from "../domain/new-run.ts";
import { isFinal, type Run } from "../domain/run.ts";
import { type Accepted, FIRST_FENCE } from "../domain/run-store.ts";
import type { Scope } from "../domain/tenant.ts";
import type { Dispatcher } from "./dispatcher.ts";
import type { EngineDeps } from "./engine-deps.ts";
import { loadRun } from "./run-workflow.ts";

/** Dedupe keys live this long per workflow, independent of stored runs. */
const DEDUPE_MS = 30 * 86_400_000;

export interface TriggerEvent extends Omit<NewRun, "id" | "eventId" | "createdAt" | "parent" | "depth"> {
  /** Null: every delivery is a new event. */
  readonly dedupeKey: string | null;
  /** The delivery's own id; a new one is made when there is none. */
  readonly eventId: string | null;
  /** For a caller who waits for the run's answer, which may come before the acceptance has been told. */
  readonly runId?: string;
}

export interface AcceptDeps extends EngineDeps {
  readonly dispatcher: Dispatcher;
}

/**
 * Stores a run for the event, durably. When this resolves, the run will be worked on whatever happens to this
 * process; answer the caller only then.
 *
 * While there is room the run stays in this process, and its first barrier is stored in the same commit as the run
 * itself: its pure steps have been performed before anything is written, its first effect is launched after. If the
 * delivery turns out to be a duplicate, that work is thrown away; no effect of it can have left.
 */
export async function acceptTrigger(scope: Scope, event: TriggerEvent, deps: AcceptDeps): Promise<Accepted> {
  const { backend, clock, dispatcher } = deps;
  const createdAt = clock.now();
  const { dedupeKey, eventId, runId: id = deps.newId("run"), ...rest } = event;
  const run: NewRun = { ...rest, id, eventId: eventId ?? id, parent: null, depth: 0, createdAt };
  const dedupe = dedupeOf(dedupeKey, createdAt);
  const owner = dispatcher.reserve(scope.tenantId);
  const leaveToClaim = async () => {
    const accepted = await backend.runs.accept(scope, run, { dedupe, hold: null });
    dispatcher.wake();
    return accepted;
  };
  if (owner === null) return leaveToClaim();
  try {
    const lease = { tenantId: scope.tenantId, runId: id, owner, fence: FIRST_FENCE };
    const fresh = { run: freshRun(scope, run), lease, interruptions: 0, ledger: [], signals: [] };
    const loading = loadRun(fresh, deps);
    const worker = loading instanceof Promise ? await loading : loading;
    const first = worker.prepareFirstCommit();
    const needsWorker = first === null || !(first.release || isFinal(first.status));
    if (needsWorker && (dispatcher.isTenantCapped || worker.isWorkflowCapped)) {
      // Whether there is room is decided where the runs of all replicas are counted; nothing has left yet.
      const left = await leaveToClaim();
      dispatcher.cancelReservation(scope.tenantId);
      return left;
    }
    const accepted = await backend.runs.accept(scope, run, { dedupe, hold: { owner, first } });
    if (accepted.duplicate) dispatcher.cancelReservation(scope.tenantId);
    else dispatcher.begin(worker, first);
    return accepted;
  } catch (error) {
    dispatcher.cancelReservation(scope.tenantId);
    throw error;
  }
}

/** The key under which an event is known, hashed; null for one that is always new. */
export function dedupeOf(key: string | null, now: number): Dedupe | null {
  if (key === null) return null;
  return { keyHash: new Bun.CryptoHasher("sha256").update(key).digest("base64url"), expiresAt: now + DEDUPE_MS };
}

function freshRun(scope: Scope, run: NewRun): Run {
  return {
    ...run,
    tenantId: scope.tenantId,
    workspaceId: scope.workspaceId,
    status: "queued",
    waitingFor: null,
    output: undefined,
    error: null,
    response: null,
    replayOf: null,
    startedAt: null,
    finishedAt: null,
  };
}
