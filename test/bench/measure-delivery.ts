import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { BenchContext } from "./bench-context.ts";
import { compareDeliveries } from "./compare-deliveries.ts";
import type { Figure, Section } from "./figure.ts";
import { startCeiling, startSink } from "./helper-process.ts";
import { ceilingTarget, type LoadResult, type LoadTarget, measureLoad, productTarget } from "./measure-load.ts";
import { describeLoad } from "./measure-throughput.ts";
import { prepareInstallation, startProduct } from "./product-server.ts";
import { median } from "./statistics.ts";
import { sendingWorkflow } from "./workflows.ts";

const WANTED_PER_SECOND = 1_500;

/** webhook → set → branch → HTTP POST to a sink that counts: how fast, and whether each arrives exactly once. */
export async function measureDelivery(context: BenchContext): Promise<Section> {
  const { command, folder, sizes, report } = context;
  const { rounds, requests, warmUpRequests } = sizes.delivery;
  const ceilingFolder = join(folder, "ceiling");
  mkdirSync(ceilingFolder);
  await using sink = await startSink();
  await using ceilingServer = await startCeiling(ceilingFolder, `${sink.url}/ceiling`);
  const installation = await prepareInstallation(command, folder);
  await using server = await startProduct(installation);
  const { hookUrl } = await server.publish(sendingWorkflow(`${sink.url}/product`));

  using ceiling = ceilingTarget(ceilingServer, ceilingFolder);
  using product = productTarget(server, installation, hookUrl);
  const targets = [ceiling, product];
  const results: Record<LoadTarget["name"], LoadResult[]> = { product: [], ceiling: [] };
  const acknowledged: Record<LoadTarget["name"], Set<number>> = { product: new Set(), ceiling: new Set() };
  for (let round = 0; round <= rounds; round += 1) {
    const isWarmUp = round === 0;
    for (const target of round % 2 === 0 ? targets : targets.toReversed()) {
      const result = await measureLoad(target, isWarmUp ? warmUpRequests : requests, round * requests + warmUpRequests);
      for (const id of result.acknowledged) acknowledged[target.name].add(id);
      if (isWarmUp) continue;
      results[target.name].push(result);
      report({ round, server: target.name, ...describeLoad(result) });
    }
  }
  const middle = (name: LoadTarget["name"], value: (result: LoadResult) => number) => median(results[name].map(value));
  const shown = (name: string, unit: string, value: (result: LoadResult) => number): Figure => ({
    name,
    unit,
    value: middle("product", value),
    ceiling: middle("ceiling", value),
    wanted: null,
  });
  return {
    title: "webhook → set → branch → HTTP POST to a local sink, 64 connections",
    figures: [
      shown("acknowledged", "runs/s", (result) => result.acknowledgedPerSecond),
      {
        ...shown("delivered and completed", "runs/s", (result) => result.completedPerSecond),
        wanted: { atLeast: WANTED_PER_SECOND },
      },
      shown("server CPU a run", "µs", (result) => result.cpuMicrosecondsPerRun),
      ...(await compareWithSink(`${sink.url}/product`, acknowledged.product)),
    ],
    notes: ["The ceiling is the bare loop with a bare fetch: intent committed before it, result after it."],
  };
}

/** Every run has ended by now, so what has not arrived will not. */
async function compareWithSink(url: string, acknowledged: ReadonlySet<number>): Promise<readonly Figure[]> {
  const seen = new Map((await (await fetch(url)).json()) as [number, number][]);
  const { missing, repeated, unexpected } = compareDeliveries(acknowledged, seen);
  const promise = (name: string, ids: readonly number[]): Figure => ({
    name: ids.length === 0 ? name : `${name}: ${ids.slice(0, 10).join(", ")}${ids.length > 10 ? ", …" : ""}`,
    value: ids.length,
    unit: `of ${acknowledged.size}`,
    wanted: { atMost: 0 },
    ceiling: null,
    isPromise: true,
  });
  return [
    promise("acknowledged but not delivered", missing),
    promise("delivered more than once", repeated),
    promise("delivered without an acknowledgement", unexpected),
  ];
}
