import type { Clock } from "./clock.ts";

export interface TickerOptions {
  readonly clock: Clock;
  /** What is to be done. It may give in how many milliseconds it is to be done next. */
  readonly work: () => Promise<number | undefined>;
  /** Else it is done this often, also after it has failed: what was to be done is still there then. */
  readonly everyMs: number;
  /** Default: at once. */
  readonly firstInMs?: number;
  /** For the log; not needed where `/readyz` says already that the backend is away. */
  readonly failed?: (error: unknown) => void;
}

/** Does something again and again: as soon as it is woken or its time has come, and never twice at a time. */
export class Ticker {
  readonly #options: TickerOptions;
  #cancelTimer: () => void = () => {};
  #running: Promise<void> | null = null;
  #again = false;
  #stopped = true;

  constructor(options: TickerOptions) {
    this.#options = options;
  }

  get isStopped(): boolean {
    return this.#stopped;
  }

  start(): void {
    this.#stopped = false;
    const { firstInMs } = this.#options;
    if (firstInMs === undefined) this.wake();
    else this.#wakeIn(firstInMs);
  }

  /** Waits for what is being done. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelTimer();
    await this.#running;
  }

  /** There is something to do that was not there before. */
  wake(): void {
    if (this.#stopped) return;
    this.#again = this.#running !== null;
    if (this.#running) return;
    this.#cancelTimer();
    this.#running = this.#work().then((nextInMs) => {
      this.#running = null;
      if (this.#stopped) return;
      if (this.#again) this.wake();
      else this.#wakeIn(nextInMs);
    });
  }

  async #work(): Promise<number> {
    const { work, everyMs, failed } = this.#options;
    try {
      return (await work()) ?? everyMs;
    } catch (error) {
      failed?.(error);
      return everyMs;
    }
  }

  #wakeIn(delayMs: number): void {
    this.#cancelTimer = this.#options.clock.after(delayMs, () => this.wake());
  }
}
