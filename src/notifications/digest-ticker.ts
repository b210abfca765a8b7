import type { AlertDigest } from "../domain/alert-store.ts";
import type { Backend } from "../domain/backend.ts";
import type { Clock } from "../platform/clock.ts";
import { Ticker } from "../platform/ticker.ts";

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
export function createDigestTicker({ backend, clock, tell, trouble }: DigestTickerDeps): Ticker {
  const ticker = new Ticker({
    clock,
    firstInMs: LOOK_EVERY_MS,
    everyMs: LOOK_EVERY_MS,
    async work() {
      for (let taken = BATCH; taken === BATCH && !ticker.isStopped; ) {
        const now = clock.now();
        const digests = await backend.alerts.takeDigests({ now, until: now + HELD_MS }, BATCH);
        for (const digest of digests) {
          await tell(digest);
          const at = clock.now();
          await backend.alerts.digestMailed(digest, { now: at, nextAt: at + GATHERING.everyMs });
        }
        taken = digests.length;
      }
      return undefined;
    },
    failed: (error) => trouble("A mail about runs could not be stored; it is tried again.", { tenantId: null, error }),
  });
  return ticker;
}
