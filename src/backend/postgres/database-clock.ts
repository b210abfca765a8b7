/** The host's clock was set, or the host slept, when its two clocks have moved so differently since the last answer. */
const SUSPICIOUS_MS = 1_000;
/** A database that does not answer is not asked more often. */
const ASK_AGAIN_MS = 1_000;

/**
 * The time that all replicas go by: the database's. Whatever is due, held or counted by time would otherwise follow the
 * clock of whichever host came to it.
 *
 * It is the host's clock, put right by what the database answers. An answer moves it only as far as it proves it wrong: the
 * database read its clock at some moment between question and answer. Should somebody set the host's clock, the host's
 * other one, which nobody sets, shows the time until the database has been asked again.
 */
export class DatabaseClock {
  readonly #hostNow: () => number;
  #aheadMs = 0;
  /** Of the host's clock, when it was last compared, to `performance.now()`. */
  #apartMs: number;
  #askAgain: (() => void) | null = null;

  /** `hostNow` is the host's clock, in epoch milliseconds. */
  constructor(hostNow: () => number) {
    this.#hostNow = hostNow;
    this.#apartMs = hostNow() - performance.now();
  }

  /** The database was asked at `askedAt` (`performance.now()`), answered by now, and said `time`. */
  tell(time: number, askedAt: number): void {
    const [host, answeredAt] = [this.#hostNow(), performance.now()];
    // It tells whole milliseconds.
    const latest = time + 1 + Math.ceil(answeredAt - askedAt);
    this.#aheadMs = host - Math.min(Math.max(host - this.#aheadMs, time), latest);
    this.#apartMs = host - answeredAt;
  }

  /** Calls `ask`, which is to end with `tell`, when the host's clock cannot be trusted. */
  onSuspicion(ask: () => Promise<void>): void {
    const again = () => {
      this.#askAgain = null;
      ask()
        .catch(() => Bun.sleep(ASK_AGAIN_MS))
        .finally(() => {
          this.#askAgain = again;
        });
    };
    this.#askAgain = again;
  }

  /** Epoch milliseconds. */
  now(): number {
    const host = this.#hostNow();
    const unset = performance.now() + this.#apartMs;
    if (Math.abs(host - unset) <= SUSPICIOUS_MS) return host - this.#aheadMs;
    const time = Math.floor(unset) - this.#aheadMs;
    this.#askAgain?.();
    return time;
  }

  /** By how much the host's own clock is ahead of the database's. */
  get hostAheadMs(): number {
    return this.#hostNow() - this.now();
  }
}
