import { Database } from "bun:sqlite";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { BenchContext } from "./bench-context.ts";
import { driveLoad } from "./drive-load.ts";
import type { Figure, Section } from "./figure.ts";
import { startCeiling, startSink } from "./helper-process.ts";
import { type Installation, prepareInstallation, startProduct } from "./product-server.ts";
import { median } from "./statistics.ts";
import { hangingWorkflow, waitingWorkflow } from "./workflows.ts";

/** Long enough for a restarted server to be in the middle of the work it found. */
const WORK_MS = 1_500;

/** From the start of the process to the first 200 of `/readyz`: with nothing to do, and after kill -9 with much to do. */
export async function measureStart(context: BenchContext): Promise<Section> {
  return {
    title: "start to the first /readyz 200",
    figures: [await measureEmptyStarts(context), ...(await measureRestarts(context))],
    notes: ["The ceiling is the bare loop on the same runtime: start, open SQLite, answer."],
  };
}

async function measureEmptyStarts({ command, folder, sizes, report }: BenchContext): Promise<Figure> {
  const ceilingFolder = join(folder, "ceiling");
  mkdirSync(ceilingFolder);
  const installation = await prepareInstallation(command, folder);
  const productMs: number[] = [];
  const ceilingMs: number[] = [];
  for (let start = 1; start <= sizes.start.starts; start += 1) {
    await using ceiling = await startCeiling(ceilingFolder);
    ceilingMs.push(ceiling.readyMs);
    const product = await startProduct(installation);
    await product.stop();
    productMs.push(product.readyMs);
    report({ start, "product ms": product.readyMs, "ceiling ms": ceiling.readyMs });
  }
  return {
    name: `nothing stored, median of ${sizes.start.starts}`,
    value: median(productMs),
    unit: "ms",
    wanted: { atMost: 150 },
    ceiling: median(ceilingMs),
  };
}

async function measureRestarts({ command, folder, sizes, report }: BenchContext): Promise<readonly Figure[]> {
  const { unfinishedRuns, hangingRuns, restarts } = sizes.start;
  await using sink = await startSink();
  const installation = await prepareInstallation(command, folder);
  const { acknowledged, hookUrlPath } = await leaveUnfinished(installation, sink.url, unfinishedRuns, hangingRuns);

  const readyMs: number[] = [];
  for (let restart = 1; restart <= restarts; restart += 1) {
    await using product = await startProduct(installation);
    const firstDeliveryMs = await timeDelivery(product.url + hookUrlPath);
    readyMs.push(product.readyMs);
    await Bun.sleep(WORK_MS);
    const underWay = await product.readMetric("integrationsync_runs_held");
    await product.kill();
    report({ restart, "ready ms": product.readyMs, "first delivery ms": firstDeliveryMs, "runs under way": underWay });
  }
  const stored = countUnfinished(installation);
  return [
    {
      name: `after kill -9 with ${unfinishedRuns} runs waiting and ${hangingRuns} under way, median of ${restarts}`,
      value: median(readyMs),
      unit: "ms",
      wanted: { atMost: 500 },
      ceiling: null,
    },
    {
      name: "acknowledged runs that are gone after the kills",
      value: acknowledged + restarts - stored,
      unit: `of ${acknowledged + restarts}`,
      wanted: { atMost: 0 },
      ceiling: null,
      isPromise: true,
    },
  ];
}

/** Fills the database and kills the server while requests are under way. */
async function leaveUnfinished(installation: Installation, sinkUrl: string, waiting: number, hanging: number) {
  await using product = await startProduct(installation);
  const waits = await product.publish(waitingWorkflow);
  const hangs = await product.publish(hangingWorkflow(`${sinkUrl}/never`));
  let acknowledged = 0;
  for (const [url, requests] of [
    [waits.hookUrl, waiting],
    [hangs.hookUrl, hanging],
  ] as const) {
    const { sent, refused } = await driveLoad({ url, requests, connections: 64 });
    acknowledged += sent - refused.length;
  }
  await Bun.sleep(WORK_MS);
  await product.kill();
  return { acknowledged, hookUrlPath: new URL(waits.hookUrl).pathname };
}

/** One more run that waits; the server counts what is unfinished before it takes it. */
async function timeDelivery(url: string): Promise<number> {
  const startedAt = performance.now();
  const response = await fetch(url, { method: "POST", body: '{"id":1,"price":1}', headers: JSON_TYPE });
  if (response.status !== 202) throw new Error(`A delivery was answered with ${response.status}.`);
  return performance.now() - startedAt;
}
const JSON_TYPE = { "content-type": "application/json" };

function countUnfinished({ databaseFile }: Installation): number {
  using database = new Database(databaseFile);
  const row = database.query("SELECT count(*) AS unfinished FROM runs WHERE finished_at IS NULL").get();
  return (row as { readonly unfinished: number }).unfinished;
}
