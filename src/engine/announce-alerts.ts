import type { Alert, Backend } from "../domain/backend.ts";
import type { Clock } from "../platform/clock.ts";

const AT_ONCE = 100;
const TRY_AGAIN_MS = 5_000;

export interface AlertAnnouncerDeps {
  readonly backend: Pick<Backend, "runs">;
  readonly clock: Clock;
  /** Tells people. An alert whose announcement rejects is announced again. */
  readonly announce: (alert: Alert) => Promise<void>;
}

/**
 * Tells people about runs that failed or need a decision. Alerts are stored in the commit that makes them true and
 * removed after they have been announced: a crash in between tells somebody twice, never not at all.
 */
export class AlertAnnouncer {
  readonly #deps: AlertAnnouncerDeps;
  #running: Promise<void> | null = null;
  #again = false;
  #stopped = true;
  #cancelTimer: () => void = () => {};

  constructor(deps: AlertAnnouncerDeps) {
    this.#deps = deps;
  }

  /** Also announces what an earlier process left. */
  start(): void {
    this.#stopped = false;
    this.wake();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelTimer();
    await this.#running;
  }

  wake(): void {
    if (this.#stopped) return;
    this.#again = this.#running !== null;
    if (this.#running) return;
    this.#cancelTimer();
    this.#running = this.#announceAll()
      .catch(() => {
        this.#cancelTimer = this.#deps.clock.after(TRY_AGAIN_MS, () => this.wake());
      })
      .finally(() => {
        this.#running = null;
        if (this.#again) this.wake();
      });
  }

  async #announceAll(): Promise<void> {
    const { backend, announce } = this.#deps;
    for (;;) {
      const alerts = await backend.runs.pendingAlerts(AT_ONCE);
      for (const alert of alerts) await announce(alert);
      await backend.runs.alertsAnnounced(alerts.map(({ id }) => id));
      if (alerts.length < AT_ONCE) return;
    }
  }
}
