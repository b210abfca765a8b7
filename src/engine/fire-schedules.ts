import type { NewRun } from "../domain/new-run.ts";
import { ENGINE_PERMISSIONS } from "../domain/permission.ts";
import type { Schedule } from "../domain/schedule.ts";
import { grantScope } from "../domain/tenant.ts";
import { Ticker } from "../platform/ticker.ts";
import { brokenConnections } from "./broken-connections.ts";
import type { Dispatcher } from "./dispatcher.ts";
import type { EngineDeps } from "./engine-deps.ts";
import { nextTick, previousTick } from "./schedule-times.ts";

/** A tick that is later than this was missed (no server ran), and `missed` decides about it. */
const LATE_MS = 60_000;
const POLL_MS = 1_000;
const BATCH = 100;
/** Ticks of one moment are many (every day at nine); each waits for its commit, and not for those before it. */
const AT_ONCE = 8;

/** How soon a tick that waits for its connection is looked at again. */
const HELD_MS = 30_000;

type ScheduleTickerDeps = Pick<EngineDeps, "backend" | "clock" | "newId" | "loadWorkflow"> & {
  readonly dispatcher: Dispatcher;
};

/**
 * Starts a run for every schedule tick. The schedule moves on in the commit that stores the tick's run, so a tick
 * fires once whether the process dies here or another one looks at the same moment.
 */
export function createScheduleTicker(deps: ScheduleTickerDeps): Ticker {
  const { backend, clock } = deps;
  return new Ticker({
    clock,
    everyMs: POLL_MS,
    async work() {
      // What was in time when the look began is in time, however long those before it take.
      const lookedAt = clock.now();
      for (;;) {
        const due = await backend.schedules.due(clock.now(), BATCH);
        await fireAll(due, lookedAt, deps);
        if (due.length < BATCH) break;
      }
      const nextAt = await backend.schedules.nextDueAt();
      return nextAt === null ? POLL_MS : Math.min(POLL_MS, Math.max(1, nextAt - clock.now()));
    },
  });
}

/** Rejects when any cannot be fired, after the others have been. */
async function fireAll(due: readonly Schedule[], lookedAt: number, deps: ScheduleTickerDeps): Promise<void> {
  const waiting = [...due];
  const fireSome = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) await fireSchedule(next, lookedAt, deps);
  };
  const ended = await Promise.allSettled(Array.from({ length: AT_ONCE }, fireSome));
  for (const each of ended) if (each.status === "rejected") throw each.reason;
}

async function fireSchedule(schedule: Schedule, lookedAt: number, deps: ScheduleTickerDeps): Promise<void> {
  const now = deps.clock.now();
  const nextAt = nextTick(schedule.spec, now);
  const tickAt = decideTick(schedule, lookedAt);
  if (tickAt !== null && (await isPaused(schedule, deps))) {
    // A missed tick, decided about in the same way: skipped, or run once when the connection is mended.
    const heldUntil = schedule.missed === "run_once" ? now + HELD_MS : nextAt;
    await deps.backend.schedules.advance(schedule, heldUntil, null);
    return;
  }
  const run = tickAt === null ? null : tickRun(schedule, tickAt, now, deps.newId("run"));
  const advanced = await deps.backend.schedules.advance(schedule, nextAt, run);
  if (advanced && run) deps.dispatcher.wake();
}

/** A run would only wait for a person to reconnect something: no more of those are started. */
async function isPaused(schedule: Schedule, deps: ScheduleTickerDeps): Promise<boolean> {
  const { tenantId, workspaceId, workflowId, version } = schedule;
  const scope = grantScope(tenantId, workspaceId, { kind: "system", id: "schedule" }, ENGINE_PERMISSIONS);
  return (await brokenConnections(scope, workflowId, version, deps)).length > 0;
}

/** The tick to run now, or null when it was missed and `missed` says to skip. Several missed ticks run once. */
export function decideTick(schedule: Pick<Schedule, "spec" | "missed" | "nextAt">, now: number): number | null {
  const latest = previousTick(schedule.spec, now) ?? schedule.nextAt;
  const tickAt = Math.max(latest, schedule.nextAt);
  if (now - tickAt <= LATE_MS) return tickAt;
  return schedule.missed === "run_once" ? tickAt : null;
}

function tickRun(schedule: Schedule, tickAt: number, now: number, id: string): NewRun {
  const scheduledAt = new Date(tickAt).toISOString();
  return {
    id,
    workflowId: schedule.workflowId,
    version: schedule.version,
    source: "schedule",
    eventId: `tick ${scheduledAt}`,
    trigger: { body: { scheduledAt }, headers: {}, query: {}, method: null, receivedAt: new Date(now).toISOString() },
    parent: null,
    depth: 0,
    createdAt: now,
  };
}
