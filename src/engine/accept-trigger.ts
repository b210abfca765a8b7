import type { Accepted, Dedupe, NewRun } from "../domain/backend.ts";
import type { Run } from "../domain/run.ts";
import type { Scope } from "../domain/tenant.ts";
import type { Dispatcher } from "./dispatcher.ts";
import type { EngineDeps } from "./engine-deps.ts";

/** Dedupe keys live this long per workflow, independent of stored runs. */
const DEDUPE_MS = 30 * 86_400_000;

export interface TriggerEvent extends Omit<NewRun, "id" | "eventId" | "createdAt" | "parent" | "depth"> {
  /** Null: every delivery is a new event. */
  readonly dedupeKey: string | null;
  /** The delivery's own id; a new one is made when there is none. */
  readonly eventId: string | null;
}

/**
 * Stores a run for the event, durably, and starts it in this process while there is room. When this resolves, the
 * run will be worked on whatever happens to this process; answer the caller only then.
 */
export async function acceptTrigger(
  scope: Scope,
  event: TriggerEvent,
  deps: Pick<EngineDeps, "backend" | "clock" | "newId"> & { readonly dispatcher: Dispatcher },
): Promise<Accepted> {
  const { backend, clock, dispatcher } = deps;
  const createdAt = clock.now();
  const id = deps.newId("run");
  const { dedupeKey, eventId, ...rest } = event;
  const run: NewRun = { ...rest, id, eventId: eventId ?? id, parent: null, depth: 0, createdAt };
  const hold = dispatcher.reserve(scope.tenantId);
  let accepted: Accepted;
  try {
    accepted = await backend.runs.accept(scope, run, { dedupe: dedupeOf(dedupeKey, createdAt), hold });
  } catch (error) {
    if (hold) dispatcher.cancelReservation(scope.tenantId);
    throw error;
  }
  if (accepted.lease)
    dispatcher.begin({ run: freshRun(scope, run), lease: accepted.lease, interruptions: 0, ledger: [], signals: [] });
  else if (hold) dispatcher.cancelReservation(scope.tenantId);
  else dispatcher.wake();
  return accepted;
}

function dedupeOf(key: string | null, now: number): Dedupe | null {
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
