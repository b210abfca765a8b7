import type { Backend } from "../domain/backend.ts";
import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/log.ts";

const LOOK_EVERY_MS = 60_000;
/** Time servers keep hosts within milliseconds; nobody's is right that is off by so much. */
const TOLERANCE_MS = 5_000;

/** Says so when this host's clock is off, and when it is right again. Runs do not mind; certificates, log and mails do. */
export function watchHostClock(backend: Pick<Backend, "hostAheadMs">, clock: Clock, log: Log): () => void {
  let isOff = false;
  let cancel = () => {};
  const look = () => {
    const aheadMs = backend.hostAheadMs();
    const wasOff = isOff;
    isOff = Math.abs(aheadMs) > TOLERANCE_MS;
    const seconds = Math.round(Math.abs(aheadMs) / 1_000);
    if (isOff && !wasOff)
      log.warn(
        `This host's clock is ${seconds} s ${aheadMs > 0 ? "ahead of" : "behind"} the database's. Runs, schedules and limits go by the database's; set this one right.`,
      );
    if (wasOff && !isOff) log.info("This host's clock agrees with the database's again.");
    cancel = clock.after(LOOK_EVERY_MS, look);
  };
  look();
  return () => cancel();
}
