import { mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { BenchContext } from "./bench-context.ts";
import type { Section } from "./figure.ts";
import { startCeiling } from "./helper-process.ts";
import { ceilingTarget, type LoadTarget, measureLoad, productTarget } from "./measure-load.ts";
import { residentBytes } from "./process-usage.ts";
import { prepareInstallation, startProduct } from "./product-server.ts";
import { median } from "./statistics.ts";
import { pureWorkflow } from "./workflows.ts";

const MEGABYTE = 1e6;
/** Garbage collection moves the number up and down several times a second: one look would be a throw of dice. */
const SAMPLE_MS = 50;
const KEPT_SAMPLES = 40;

/** Resident memory after the start and after many runs, and what a run takes on disk. */
export async function measureMemory(context: BenchContext): Promise<Section> {
  const { command, folder, sizes } = context;
  const { firstRuns, totalRuns } = sizes.memory;
  const ceilingFolder = join(folder, "ceiling");
  mkdirSync(ceilingFolder);
  const installation = await prepareInstallation(command, folder);
  await using ceilingServer = await startCeiling(ceilingFolder);
  await using server = await startProduct(installation);
  const { hookUrl } = await server.publish(pureWorkflow);

  using ceilingLoad = ceilingTarget(ceilingServer, ceilingFolder);
  using productLoad = productTarget(server, installation, hookUrl);
  const ceiling = await measureGrowth(context, ceilingLoad);
  const product = await measureGrowth(context, productLoad);
  await server.stop();
  return {
    title: "resident memory, and the database's size",
    figures: [
      { name: "idle", value: product.idle, unit: "MB", wanted: { atMost: 110 }, ceiling: ceiling.idle },
      {
        name: `after ${firstRuns} runs`,
        value: product.first,
        unit: "MB",
        wanted: { atMost: 250 },
        ceiling: ceiling.first,
      },
      {
        name: `after ${totalRuns} runs, more than after ${firstRuns}`,
        value: growth(product),
        unit: "%",
        wanted: { atMost: 10 },
        ceiling: growth(ceiling),
      },
      {
        name: "database a run",
        value: statSync(installation.databaseFile).size / totalRuns,
        unit: "bytes",
        wanted: null,
        ceiling: statSync(join(ceilingFolder, "ceiling.db")).size / totalRuns,
      },
    ],
    notes: [
      "MB are 1,000,000 bytes of VmRSS, the mapped parts of the binary included; after the start, when it has settled,",
      `later the median of ${KEPT_SAMPLES} looks during the last of the load.`,
    ],
  };
}

interface Growth {
  readonly idle: number;
  readonly first: number;
  readonly total: number;
}

function growth({ first, total }: Growth): number {
  return (total / first - 1) * 100;
}

async function measureGrowth({ sizes, report }: BenchContext, target: LoadTarget): Promise<Growth> {
  const { firstRuns, totalRuns, settleMs } = sizes.memory;
  const megabytes = () => residentBytes(target.pid) / MEGABYTE;
  const after = async (runs: number, firstId: number) => {
    const samples: number[] = [];
    const sampling = setInterval(() => samples.push(megabytes()), SAMPLE_MS);
    await measureLoad(target, runs, firstId);
    clearInterval(sampling);
    samples.push(megabytes());
    const loaded = median(samples.slice(-KEPT_SAMPLES));
    await Bun.sleep(settleMs);
    report({ server: target.name, runs: firstId + runs, "MB under load": loaded, "MB settled": megabytes() });
    return loaded;
  };
  await Bun.sleep(settleMs);
  const idle = megabytes();
  report({ server: target.name, runs: 0, "MB settled": idle });
  const first = await after(firstRuns, 0);
  const total = await after(totalRuns - firstRuns, firstRuns);
  return { idle, first, total };
}
