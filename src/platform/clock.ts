/** Time as the engine sees it; the simulation test gives a virtual one. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
  /** Calls back once after `delayMs`; the result cancels it. Does not keep the process alive. */
  after(delayMs: number, callback: () => void): () => void;
}

/** setTimeout overflows above 2^31-1 ms and would fire at once. */
const MAX_TIMER_MS = 2_147_483_647;

/** A clock that shows somebody else's time. */
export function clockBy(time: { now(): number }): Clock {
  return { now: () => time.now(), after: systemClock.after };
}

export const systemClock: Clock = {
  now: () => Date.now(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, Math.min(Math.max(0, delayMs), MAX_TIMER_MS));
    timer.unref?.();
    return () => clearTimeout(timer);
  },
};
