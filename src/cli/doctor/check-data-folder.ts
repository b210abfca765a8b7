import { accessSync, constants, existsSync, statfsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import type { CommandConfig } from "../command-context.ts";
import type { Finding } from "./finding.ts";

const MIB = 1_048_576;
/** Below the first, the next checkpoint or upgrade may not fit; below the second, it is time to look. */
const TOO_LITTLE_BYTES = 64 * MIB;
const LITTLE_BYTES = 1_024 * MIB;

export function checkDataFolder({ dataDir }: Pick<CommandConfig, "dataDir">): Finding {
  const check = "data folder";
  const folder = nearestExisting(dataDir);
  if (!statSync(folder).isDirectory())
    return { check, verdict: "fail", says: `${folder} is a file; give another DATA_DIR` };
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
  } catch {
    const says = `${folder} cannot be written to; give it to the server's user (chown), or give another DATA_DIR`;
    return { check, verdict: "fail", says };
  }
  const { bavail, bsize } = statfsSync(folder);
  const freeBytes = bavail * bsize;
  const free = `${Math.round(freeBytes / MIB)} MiB free`;
  if (freeBytes < TOO_LITTLE_BYTES) return { check, verdict: "fail", says: `${dataDir} has only ${free}; make room` };
  if (freeBytes < LITTLE_BYTES) return { check, verdict: "warn", says: `${dataDir} has only ${free}; make room soon` };
  const note = folder === dataDir ? "" : " (will be made at the first start)";
  return { check, verdict: "ok", says: `${dataDir}${note}, ${free}` };
}

function nearestExisting(path: string): string {
  return existsSync(path) ? path : nearestExisting(dirname(path));
}
