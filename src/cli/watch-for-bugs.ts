import type { Log } from "../platform/log.ts";

/** What nothing else caught is logged; only an exception ends the process. */
export function watchForBugs(log: Log): void {
  process.on("uncaughtException", (error) => {
    // Nobody knows what state it left behind; a new start finds everything that was acknowledged.
    log.error("a bug stopped the server", { error });
    process.exit(1);
  });
  process.on("unhandledRejection", (error) => log.error("a bug: nobody waited for this failure", { error }));
}
