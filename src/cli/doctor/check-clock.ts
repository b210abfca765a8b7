import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { CommandConfig, DatabaseVerdict } from "../command-context.ts";
import type { Finding } from "./finding.ts";

/** No version of this program is older. */
const FIRST_RELEASE_AT = Date.UTC(2026, 0, 1);
/** File systems round times, and another machine may have written the file. */
const TOLERANCE_MS = 60_000;

/**
 * A clock that is behind repeats schedules, refuses fresh signatures and sorts new runs below old ones. On Postgres the
 * database's clock decides about these; what goes by the host's own are certificates and the times in its log.
 */
export function checkClock(
  { dataDir }: Pick<CommandConfig, "dataDir">,
  database: DatabaseVerdict,
  now: number = Date.now(),
): Finding {
  const check = "clock";
  const aheadMs = database.state === "unreachable" ? 0 : (database.clockAheadMs ?? 0);
  if (Math.abs(aheadMs) > TOLERANCE_MS) {
    const away = `${Math.round(Math.abs(aheadMs) / 1_000)} s ${aheadMs > 0 ? "ahead of" : "behind"}`;
    return { check, verdict: "fail", says: `this machine's clock is ${away} the one of Postgres; set both right` };
  }
  const latestAt = Math.max(FIRST_RELEASE_AT, ...changeTimes(dataDir));
  const at = new Date(now).toISOString();
  if (now >= latestAt - TOLERANCE_MS) return { check, verdict: "ok", says: at };
  const says = `this machine's clock says ${at}, but DATA_DIR was written at ${new Date(latestAt).toISOString()}; set it right`;
  return { check, verdict: "fail", says };
}

function changeTimes(folder: string): number[] {
  try {
    return readdirSync(folder).map((name) => statSync(join(folder, name)).mtimeMs);
  } catch {
    // No folder yet, or a file that went away meanwhile: then there is nothing to compare with.
    return [];
  }
}
