import type { Clock } from "../../src/platform/clock.ts";

/** Real time, plus what was jumped over: an approval of three days runs out within a test. */
export interface JumpingClock extends Clock {
  /** Everything that was to happen meanwhile happens now, in its order. */
  jump(byMs: number): void;
  /** From now on jumps alone move it on, however long the machine takes for what is done meanwhile. */
  standStill(): void;
}

/** Timers further away than this are reached by jumping only; setTimeout would fire them at once (2^31 ms). */
const LONGEST_TIMER_MS = 3_600_000;

interface Alarm {
  readonly at: number;
  readonly ring: () => void;
}

export function jumpingClock(): JumpingClock {
  let jumpedMs = 0;
  let stoppedAt: number | null = null;
  const alarms = new Set<Alarm>();
  const now = () => (stoppedAt ?? Date.now()) + jumpedMs;
  return {
    now,
    after(delayMs, callback) {
      const alarm: Alarm = { at: now() + delayMs, ring: callback };
      const ring = () => {
        if (alarms.delete(alarm)) callback();
      };
      const timer = setTimeout(ring, Math.min(Math.max(0, delayMs), LONGEST_TIMER_MS));
      alarms.add(alarm);
      return () => {
        clearTimeout(timer);
        alarms.delete(alarm);
      };
    },
    jump(byMs) {
      jumpedMs += byMs;
      const due = [...alarms].filter((alarm) => alarm.at <= now()).sort((a, b) => a.at - b.at);
      for (const alarm of due) if (alarms.delete(alarm)) alarm.ring();
    },
    standStill() {
      stoppedAt ??= Date.now();
    },
  };
}
