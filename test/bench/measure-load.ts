import { Database } from "bun:sqlite";
import { join } from "node:path";
import { acknowledgedIds, driveLoad } from "./drive-load.ts";
import type { HelperProcess } from "./helper-process.ts";
import type { LoadReport } from "./load-generator.ts";
import { cpuSeconds } from "./process-usage.ts";
import type { Installation, Product } from "./product-server.ts";

/** A server that takes deliveries and stores runs: the product, or the bare loop that it is compared with. */
export interface LoadTarget {
  readonly name: "product" | "ceiling";
  readonly url: string;
  readonly pid: number;
  /** Its database, opened beside it to read what it has really committed; `using` closes it. */
  readonly database: Database;
  [Symbol.dispose](): void;
}

export interface LoadResult {
  readonly report: LoadReport;
  readonly acknowledgedPerSecond: number;
  /** Until the last run has ended, durably. */
  readonly completedPerSecond: number;
  /** Of the server, user and system. */
  readonly cpuMicrosecondsPerRun: number;
  readonly acknowledged: ReadonlySet<number>;
}

const CONNECTIONS = 64;
/** Looking takes at most this share of a core from those who are looked at. */
const LOOKING_SHARE = 0.2;
/** Without any run ending, this long after the last delivery. */
const STUCK_MS = 30_000;

export function productTarget(product: Product, installation: Installation, hookUrl: string): LoadTarget {
  return { name: "product", url: hookUrl, pid: product.pid, ...openBeside(installation.databaseFile) };
}

export function ceilingTarget(ceiling: HelperProcess, folder: string): LoadTarget {
  return { name: "ceiling", url: ceiling.url, pid: ceiling.pid, ...openBeside(join(folder, "ceiling.db")) };
}

function openBeside(file: string): Pick<LoadTarget, "database" | typeof Symbol.dispose> {
  const database = new Database(file, { readonly: true });
  return { database, [Symbol.dispose]: () => database.close() };
}

/** Sends `requests` deliveries over 64 connections, with ids from `firstId` on, and waits until every run has ended. */
export async function measureLoad(target: LoadTarget, requests: number, firstId: number): Promise<LoadResult> {
  const order = { url: target.url, requests, connections: CONNECTIONS, firstId };
  const endedBefore = countEnded(target.database);
  const cpuBefore = cpuSeconds(target.pid);
  const report = await driveLoad(order);
  const answeredAt = performance.now();
  const acknowledged = acknowledgedIds(order, report);
  await awaitEnded(target.database, endedBefore + acknowledged.size);
  const completedSeconds = report.seconds + (performance.now() - answeredAt) / 1_000;
  return {
    report,
    acknowledged,
    acknowledgedPerSecond: acknowledged.size / report.seconds,
    completedPerSecond: acknowledged.size / completedSeconds,
    cpuMicrosecondsPerRun: ((cpuSeconds(target.pid) - cpuBefore) / acknowledged.size) * 1e6,
  };
}

export async function awaitEnded(database: Database, wanted: number): Promise<void> {
  let ended = 0;
  let progressAt = performance.now();
  for (;;) {
    const lookedAt = performance.now();
    const now = countEnded(database);
    if (now >= wanted) return;
    if (now > ended) progressAt = lookedAt;
    ended = now;
    if (lookedAt - progressAt > STUCK_MS)
      throw new Error(`${wanted - ended} acknowledged runs have not ended, and none has for ${STUCK_MS} ms.`);
    await Bun.sleep(Math.max(1, (performance.now() - lookedAt) / LOOKING_SHARE));
  }
}

function countEnded(database: Database): number {
  const row = database.query("SELECT count(*) AS ended FROM runs WHERE finished_at IS NOT NULL").get();
  return (row as { readonly ended: number }).ended;
}
