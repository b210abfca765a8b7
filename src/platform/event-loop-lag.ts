/**
 * How long callbacks wait because the thread is busy: a timer that should fire every `SAMPLE_MS` notes how late it
 * was. Keeps the last minute's samples, so that a percentile is about now.
 */
const SAMPLE_MS = 10;
const KEPT = 6_000;

export class EventLoopLag {
  readonly #lateMs = new Float64Array(KEPT);
  #count = 0;
  #timer: ReturnType<typeof setInterval> | null = null;

  start(): void {
    let expectedAt = performance.now() + SAMPLE_MS;
    this.#timer = setInterval(() => {
      const now = performance.now();
      this.#lateMs[this.#count % KEPT] = Math.max(0, now - expectedAt);
      this.#count += 1;
      expectedAt = now + SAMPLE_MS;
    }, SAMPLE_MS);
    this.#timer.unref();
  }

  stop(): void {
    if (this.#timer) clearInterval(this.#timer);
  }

  /** Milliseconds that `share` (0 to 1) of the last minute's samples did not exceed. */
  percentileMs(share: number): number {
    const samples = this.#lateMs.slice(0, Math.min(this.#count, KEPT)).sort();
    return samples.length === 0 ? 0 : (samples[Math.floor(share * (samples.length - 1))] ?? 0);
  }
}
