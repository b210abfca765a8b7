import { join } from "node:path";
import { readLine } from "./helper-process.ts";
import type { LoadOrder, LoadReport } from "./load-generator.ts";

/** Has a process of its own send the requests. Resolves as soon as the last is answered. */
export async function driveLoad(order: LoadOrder): Promise<LoadReport> {
  const script = join(import.meta.dir, "load-generator.ts");
  const generator = Bun.spawn([process.execPath, script, JSON.stringify(order)], { stdout: "pipe", stderr: "inherit" });
  return JSON.parse(await readLine(generator.stdout)) as LoadReport;
}

/** The ids that were answered with a 2xx. */
export function acknowledgedIds({ firstId = 0 }: LoadOrder, { sent, refused }: LoadReport): Set<number> {
  const ids = new Set(Array.from({ length: sent }, (_, index) => firstId + index));
  for (const id of refused) ids.delete(id);
  return ids;
}
