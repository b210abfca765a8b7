import { Database } from "bun:sqlite";
import type { BenchContext } from "./bench-context.ts";
import type { Figure, Section } from "./figure.ts";
import { awaitEnded } from "./measure-load.ts";
import { cpuSeconds } from "./process-usage.ts";
import { prepareInstallation, startProduct } from "./product-server.ts";
import { median } from "./statistics.ts";
import { loopWorkflow } from "./workflows.ts";

const LARGE = 10_000;
const SMALL = 100;
/** As many small runs as make up the items of the large one. */
const SMALL_RUNS = LARGE / SMALL;

/** What `runs` runs took, one after the other. */
interface Cost {
  readonly ms: number;
  readonly cpuMs: number;
}

/** What an item of a loop costs in a long loop and in a short one, with one `set` in it. */
export async function measureLoop({ command, folder, sizes, report }: BenchContext): Promise<Section> {
  const installation = await prepareInstallation(command, folder);
  await using server = await startProduct(installation);
  const { hookUrl } = await server.publish(loopWorkflow);
  using database = new Database(installation.databaseFile, { readonly: true });
  let ended = 0;
  const measure = async (runs: number, items: number): Promise<Cost> => {
    const body = JSON.stringify({ items: Array.from({ length: items }, (_, index) => index) });
    const cpuBefore = cpuSeconds(server.pid);
    const startedAt = performance.now();
    for (let run = 0; run < runs; run += 1) {
      const response = await fetch(hookUrl, { method: "POST", body, headers: { "content-type": "application/json" } });
      if (response.status !== 202) throw new Error(`A delivery was answered with ${response.status}.`);
      ended += 1;
      await awaitEnded(database, ended);
    }
    return { ms: performance.now() - startedAt, cpuMs: (cpuSeconds(server.pid) - cpuBefore) * 1_000 };
  };

  const ones: Cost[] = [];
  const smalls: Cost[] = [];
  const larges: Cost[] = [];
  for (let round = 1 - sizes.loop.warmUpRounds; round <= sizes.loop.rounds; round += 1) {
    const one = await measure(SMALL_RUNS, 1);
    const small = await measure(SMALL_RUNS, SMALL);
    const large = await measure(1, LARGE);
    if (round < 1) continue;
    ones.push(one);
    smalls.push(small);
    larges.push(large);
    report({
      round,
      "100 runs of 1 item ms": one.ms,
      "100 of 100 items ms": small.ms,
      "1 of 10,000 items ms": large.ms,
    });
  }
  // Linux counts CPU time in steps of 10 ms, so only the sums of all rounds say something.
  const cpuMs = (costs: readonly Cost[]) => costs.reduce((sum, cost) => sum + cost.cpuMs, 0) / costs.length;
  const smallCpu = ((cpuMs(smalls) - cpuMs(ones)) / SMALL_RUNS / (SMALL - 1)) * 1_000;
  const largeCpu = ((cpuMs(larges) - cpuMs(ones) / SMALL_RUNS) / (LARGE - 1)) * 1_000;
  const ms = (costs: readonly Cost[]) => median(costs.map((cost) => cost.ms));
  return {
    title: "a loop over 100 items and over 10,000",
    figures: [
      shown("per item of 100", (ms(smalls) / LARGE) * 1_000),
      shown("per item of 10,000", (ms(larges) / LARGE) * 1_000),
      ratio("per item, 10,000 against 100", ms(larges) / ms(smalls)),
      shown("CPU per item of 100, without the run's own", smallCpu),
      shown("CPU per item of 10,000, without the run's own", largeCpu),
      ratio("CPU per item, 10,000 against 100", largeCpu / smallCpu),
    ],
    notes: [
      "Time is from the delivery until the run has ended durably, what every run costs included.",
      "CPU is without it: what a run of one item takes is taken off both. It is the stricter comparison.",
    ],
  };
}

function shown(name: string, value: number): Figure {
  return { name, value, unit: "µs", wanted: null, ceiling: null };
}

function ratio(name: string, value: number): Figure {
  return { name, value, unit: "×", wanted: { atMost: 1.3 }, ceiling: null };
}
