import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { BenchContext } from "./bench-context.ts";
import type { Section } from "./figure.ts";
import { startCeiling } from "./helper-process.ts";
import { ceilingTarget, type LoadResult, type LoadTarget, measureLoad, productTarget } from "./measure-load.ts";
import { type Installation, prepareInstallation, startProduct } from "./product-server.ts";
import { median } from "./statistics.ts";
import { pureWorkflow } from "./workflows.ts";

/** webhook → set → branch → set at 64 connections, beside the bare loop. */
export async function measureThroughput(context: BenchContext): Promise<Section> {
  const { command, folder } = context;
  const installation = await prepareInstallation(command, folder);
  const { product, ceiling } = await measureRounds(context, installation);
  const lagMs = await measureLag(context, installation);
  const middle = (results: readonly LoadResult[], value: (result: LoadResult) => number) => median(results.map(value));
  const ratios = product.map((result, round) => result.completedPerSecond / (ceiling[round]?.completedPerSecond ?? 0));
  const completed = (result: LoadResult) => result.completedPerSecond;
  const acknowledged = (result: LoadResult) => result.acknowledgedPerSecond;
  const cpu = (result: LoadResult) => result.cpuMicrosecondsPerRun;
  const p50 = (result: LoadResult) => result.report.p50Ms;
  const p99 = (result: LoadResult) => result.report.p99Ms;
  const shown = (name: string, unit: string, value: (result: LoadResult) => number) => ({
    name,
    unit,
    value: middle(product, value),
    ceiling: middle(ceiling, value),
    wanted: null,
  });
  return {
    title: "webhook → set → branch → set, durable, 64 connections",
    figures: [
      shown("acknowledged", "runs/s", acknowledged),
      shown("completed", "runs/s", completed),
      {
        name: "completed, of the ceiling",
        value: median(ratios),
        unit: "×",
        wanted: { atLeast: 0.45 },
        ceiling: 1,
      },
      shown("acknowledgement p50", "ms", p50),
      { ...shown("acknowledgement p99", "ms", p99), wanted: { atMost: 50 } },
      { name: "event-loop lag p99, sustained load", value: lagMs, unit: "ms", wanted: null, ceiling: null },
      shown("server CPU a run", "µs", cpu),
    ],
    notes: [
      "Medians of rounds that alternate between server and ceiling; the ratio is the median of the rounds' ratios.",
      "n8n on one machine: 14 to 70 a second, quoted from the issue and not measured here.",
    ],
  };
}

async function measureRounds(context: BenchContext, installation: Installation) {
  const { rounds, requests, warmUpRequests } = context.sizes.throughput;
  const folder = join(context.folder, "ceiling");
  mkdirSync(folder);
  await using ceilingServer = await startCeiling(folder);
  await using server = await startProduct(installation);
  const { hookUrl } = await server.publish(pureWorkflow);
  using product = productTarget(server, installation, hookUrl);
  using ceiling = ceilingTarget(ceilingServer, folder);
  const results: Record<LoadTarget["name"], LoadResult[]> = { product: [], ceiling: [] };
  for (const target of [ceiling, product]) await measureLoad(target, warmUpRequests, 0);
  for (let round = 1; round <= rounds; round += 1) {
    // Who goes first changes, so that neither always follows on the other's garbage and write-back.
    for (const target of round % 2 === 1 ? [ceiling, product] : [product, ceiling]) {
      const result = await measureLoad(target, requests, warmUpRequests + round * requests);
      results[target.name].push(result);
      context.report({ round, server: target.name, ...describeLoad(result) });
    }
  }
  return results;
}

export function describeLoad(result: LoadResult): Record<string, string | number> {
  const { p50Ms, p99Ms, maxMs, statuses } = result.report;
  return {
    "acknowledged/s": Math.round(result.acknowledgedPerSecond),
    "completed/s": Math.round(result.completedPerSecond),
    "p50 ms": p50Ms,
    "p99 ms": p99Ms,
    "max ms": maxMs,
    "CPU µs/run": Math.round(result.cpuMicrosecondsPerRun * 10) / 10,
    answers: JSON.stringify(statuses),
  };
}

/** The metric covers a minute, so it is read from a process that has done nothing else: its pauses would dilute it. */
async function measureLag(context: BenchContext, installation: Installation): Promise<number> {
  const { sustainedRequests } = context.sizes.throughput;
  await using server = await startProduct(installation);
  const { hookUrl } = await server.publish(pureWorkflow);
  using target = productTarget(server, installation, hookUrl);
  const result = await measureLoad(target, sustainedRequests, 0);
  const lagMs = (await server.readMetric('integrationsync_event_loop_lag_seconds{quantile="0.99"}')) * 1_000;
  context.report({ round: "sustained", server: "product", ...describeLoad(result), "lag p99 ms": lagMs });
  return lagMs;
}
