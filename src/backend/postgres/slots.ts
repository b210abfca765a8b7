import { AppError } from "../../domain/errors.ts";

const RETRY_AFTER_MS = 1_000;

interface Waiting {
  readonly grant: (release: () => void) => void;
  readonly timer: ReturnType<typeof setTimeout>;
}

/** Lets so many in at a time, first come first served; who waits for too long is turned away with `unavailable`. */
export class Slots {
  readonly #max: number;
  readonly #timeoutMs: number;
  readonly #waiting = new Set<Waiting>();
  #taken = 0;
  #turnedAway = 0;
  #idle: (() => void) | null = null;

  constructor(max: number, timeoutMs: number) {
    this.#max = max;
    this.#timeoutMs = timeoutMs;
  }

  /** Resolves with how to give the slot back. */
  acquire(): Promise<() => void> {
    if (this.#taken < this.#max) return Promise.resolve(this.#take());
    const { promise, resolve, reject } = Promise.withResolvers<() => void>();
    const timer = setTimeout(() => {
      this.#waiting.delete(waiting);
      this.#turnedAway += 1;
      const message = "All connections to Postgres are in use. Try again.";
      reject(new AppError("unavailable", message, { retryAfterMs: RETRY_AFTER_MS }));
    }, this.#timeoutMs);
    const waiting: Waiting = { grant: resolve, timer };
    this.#waiting.add(waiting);
    return promise;
  }

  stats() {
    return { taken: this.#taken, waiting: this.#waiting.size, turnedAway: this.#turnedAway };
  }

  /** Resolves when no slot is taken, or after `timeoutMs`. */
  async drain(timeoutMs: number): Promise<void> {
    if (this.#taken === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#idle = resolve;
    const timer = setTimeout(resolve, timeoutMs);
    await promise;
    clearTimeout(timer);
  }

  #take(): () => void {
    this.#taken += 1;
    return () => {
      this.#taken -= 1;
      const [next] = this.#waiting;
      if (next) {
        this.#waiting.delete(next);
        clearTimeout(next.timer);
        next.grant(this.#take());
      } else if (this.#taken === 0) this.#idle?.();
    };
  }
}
