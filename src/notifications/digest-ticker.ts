import type { AlertDigest } from "../domain/alert-store.ts";
import type { Backend } from "../domain/backend.ts";
import type { Clock } from "../platform/clock.ts";

export interface DigestTickerDeps {
  readonly backend: Pick<Backend, "alerts">;
  readonly clock: Clock;
  /** Stores the mails. A digest whose telling rejects is told again. */
  readonly tell: (digest: AlertDigest) => Promise<void>;
  readonly trouble: (problem: string, fields: { readonly tenantId: string | null; readonly error?: unknown }) => void;
}

/** When a workflow's failures are mailed: soon after the first, then together, however many there are. */
export const GATHERING = { firstMs: 20_000, everyMs: 15 * 60_000 } as const;

const LOOK_EVERY_MS = 5_000;
const BATCH = 50;
const HELD_MS = 60_000;

/** Makes mails of the alerts that have come together, workflow by workflow; of several replicas one does it. */
export class DigestTicker {
  readonly #deps: DigestTickerDeps;
  #cancelTimer: () => void = () => {};
  #running: Promise<void> = Promise.resolve();
  #stopped = true;

  constructor(deps: DigestTickerDeps) {
    this.#deps = deps;
  }

  start(): void {
    this.#stopped = false;
    this.#next();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelTimer();
    await this.#running;
  }

  #next(): void {
    if (this.#stopped) return;
    this.#cancelTimer = this.#deps.clock.after(LOOK_EVERY_MS, () => {
      this.#running = this.#work().then(() => this.#next());
    });
  }

  async #work(): Promise<void> {
    const { backend, clock, tell, trouble } = this.#deps;
    try {
      for (let taken = BATCH; taken === BATCH && !this.#stopped; ) {
        const now = clock.now();
        const digests = await backend.alerts.takeDigests({ now, until: now + HELD_MS }, BATCH);
        for (const digest of digests) {
          await tell(digest);
          const at = clock.now();
          await backend.alerts.digestMailed(digest, { now: at, nextAt: at + GATHERING.everyMs });
        }
        taken = digests.length;
      }
    } catch (error) {
      trouble("A mail about runs could not be stored; it is tried again.", { tenantId: null, error });
    }
  }
}
