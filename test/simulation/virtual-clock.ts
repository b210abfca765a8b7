import type { Clock } from "../../src/platform/clock.ts";

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly callback: () => void;
}

/** Time that moves only when told to, so that a simulated month takes a moment. */
export class VirtualClock {
  #now: number;
  #timers: Timer[] = [];
  #order = 0;

  constructor(startMs: number) {
    this.#now = startMs;
  }

  get now(): number {
    return this.#now;
  }

  /** A clock for one process; its timers die with it. */
  forProcess(isDead: () => boolean): Clock {
    return {
      now: () => this.#now,
      after: (delayMs, callback) => {
        const at = this.#now + Math.max(0, delayMs);
        const timer = { at, order: this.#order++, callback: () => (isDead() ? undefined : callback()) };
        this.#timers.push(timer);
        return () => {
          this.#timers = this.#timers.filter((each) => each !== timer);
        };
      },
    };
  }

  /** Goes to the next timer and fires it; false when none is set before `untilMs`. */
  advance(untilMs: number): boolean {
    const next = this.#timers.reduce<Timer | null>(
      (best, each) => (!best || each.at < best.at || (each.at === best.at && each.order < best.order) ? each : best),
      null,
    );
    if (!next || next.at > untilMs) return false;
    this.#timers = this.#timers.filter((each) => each !== next);
    this.#now = Math.max(this.#now, next.at);
    next.callback();
    return true;
  }
}
