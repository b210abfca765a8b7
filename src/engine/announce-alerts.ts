import type { Gathering, RunAlert } from "../domain/alert-store.ts";
import type { Backend } from "../domain/backend.ts";
import type { Clock } from "../platform/clock.ts";
import { Ticker } from "../platform/ticker.ts";

const AT_ONCE = 100;
const TRY_AGAIN_MS = 5_000;
/** For what a replica that died has left, and for what was stored where nobody woke us. */
const LOOK_EVERY_MS = 15_000;
/** Whoever tells people has so long before another replica does. */
const HELD_MS = 60_000;

export interface AlertAnnouncerDeps {
  readonly backend: Pick<Backend, "alerts">;
  readonly clock: Clock;
  /** Tells people. An alert whose announcement rejects is announced again. */
  readonly announce: (alert: RunAlert) => Promise<void>;
  /** How alerts are gathered for mails, besides being announced; null: nobody is mailed. */
  readonly gathering: Omit<Gathering, "now"> | null;
}

/**
 * Tells people about runs that failed or need a decision. Alerts are stored in the commit that makes them true and
 * removed after they have been announced, by one of the replicas: a crash in between tells somebody twice, never not at
 * all. At its start it also announces what an earlier process left.
 */
export function createAlertAnnouncer({ backend, clock, announce, gathering }: AlertAnnouncerDeps): Ticker {
  return new Ticker({
    clock,
    everyMs: TRY_AGAIN_MS,
    async work() {
      for (;;) {
        const now = clock.now();
        const alerts = await backend.alerts.take({ now, until: now + HELD_MS }, AT_ONCE);
        for (const alert of alerts) await announce(alert);
        await backend.alerts.told(alerts, gathering && { ...gathering, now: clock.now() });
        if (alerts.length < AT_ONCE) return LOOK_EVERY_MS;
      }
    },
  });
}
