import type { NewRun } from "../domain/backend.ts";
import type { Schedule } from "../domain/schedule.ts";
import type { Dispatcher } from "./dispatcher.ts";
import type { EngineDeps } from "./engine-deps.ts";
import { nextTick, previousTick } from "./schedule-times.ts";

/** A tick that is later than this was missed (no server ran), and `missed` decides about it. */
const LATE_MS = 60_000;
const POLL_MS = 1_000;
const BATCH = 100;

/**
 * Starts a run for every schedule tick. The schedule moves on in the commit that stores the tick's run, so a tick
 * fires once whether the process dies here or another one looks at the same moment.
 */
export class ScheduleTicker {
  readonly #deps: Pick<EngineDeps, "backend" | "clock" | "newId" | "events"> & { readonly dispatcher: Dispatcher };
  #cancelTimer: () => void = () => {};
  #running: Promise<void> | null = null;
  #stopped = true;

  constructor(deps: Pick<EngineDeps, "backend" | "clock" | "newId" | "events"> & { readonly dispatcher: Dispatcher }) {
    this.#deps = deps;
  }

  start(): void {
    this.#stopped = false;
    this.wake();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelTimer();
    await this.#running;
  }

  /** A schedule was published or changed. */
  wake(): void {
    if (this.#stopped || this.#running) return;
    this.#cancelTimer();
    this.#running = this.#fireDue().finally(() => {
      this.#running = null;
    });
  }

  async #fireDue(): Promise<void> {
    const { backend, clock } = this.#deps;
    let nextAt: number | null = null;
    try {
      for (;;) {
        const due = await backend.schedules.due(clock.now(), BATCH);
        for (const schedule of due) await fireSchedule(schedule, this.#deps);
        if (due.length < BATCH) break;
      }
      nextAt = await backend.schedules.nextDueAt();
    } catch {
      // The backend cannot be written to; nothing moved on, the next look tries again.
    }
    if (this.#stopped) return;
    const now = clock.now();
    this.#cancelTimer = clock.after(Math.min(POLL_MS, Math.max(1, (nextAt ?? now + POLL_MS) - now)), () => this.wake());
  }
}

async function fireSchedule(
  schedule: Schedule,
  deps: Pick<EngineDeps, "backend" | "clock" | "newId"> & { readonly dispatcher: Dispatcher },
): Promise<void> {
  const now = deps.clock.now();
  const nextAt = nextTick(schedule.spec, now);
  const tickAt = decideTick(schedule, now);
  const run = tickAt === null ? null : tickRun(schedule, tickAt, now, deps.newId("run"));
  const advanced = await deps.backend.schedules.advance(schedule, nextAt, run);
  if (advanced && run) deps.dispatcher.wake();
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
