import { Database } from "bun:sqlite";
import type { BenchContext } from "./bench-context.ts";
import type { Section } from "./figure.ts";
import { awaitEnded } from "./measure-load.ts";
import { prepareInstallation, startProduct } from "./product-server.ts";
import { median } from "./statistics.ts";
import { loopWorkflow } from "./workflows.ts";

const LARGE = 10_000;
const SMALL = 100;
/** As many small runs as make up the items of the large one. */
const SMALL_RUNS = LARGE / SMALL;

/** What an item of a loop costs in a long loop and in a short one, with one `set` in it. */
export async function measureLoop({ command, folder, sizes, report }: BenchContext): Promise<Section> {
  const installation = await prepareInstallation(command, folder);
  await using server = await startProduct(installation);
  const { hookUrl } = await server.publish(loopWorkflow);
  using database = new Database(installation.databaseFile, { readonly: true });
  let ended = 0;
  /** Milliseconds until `runs` runs, one after the other, have ended. */
  const time = async (runs: number, items: number): Promise<number> => {
    const body = JSON.stringify({ items: Array.from({ length: items }, (_, index) => index) });
    const startedAt = performance.now();
    for (let run = 0; run < runs; run += 1) {
      const response = await fetch(hookUrl, { method: "POST", body, headers: { "content-type": "application/json" } });
      if (response.status !== 202) throw new Error(`A delivery was answered with ${response.status}.`);
      ended += 1;
      await awaitEnded(database, ended);
    }
    return performance.now() - startedAt;
  };

  const smalls: number[] = [];
  const larges: number[] = [];
  for (let round = 1 - sizes.loop.warmUpRounds; round <= sizes.loop.rounds; round += 1) {
    const runMs = (await time(SMALL_RUNS, 1)) / SMALL_RUNS;
    const smallMs = (await time(SMALL_RUNS, SMALL)) / SMALL_RUNS;
    const largeMs = await time(1, LARGE);
    if (round < 1) continue;
    smalls.push(((smallMs - runMs) / (SMALL - 1)) * 1_000);
    larges.push(((largeMs - runMs) / (LARGE - 1)) * 1_000);
    report({ round, "run of 1 item ms": runMs, "of 100 ms": smallMs, "of 10,000 ms": largeMs });
  }
  const [small, large] = [median(smalls), median(larges)];
  return {
    title: "a loop over 100 items and over 10,000",
    figures: [
      { name: "per item of 100", value: small, unit: "µs", wanted: null, ceiling: null },
      { name: "per item of 10,000", value: large, unit: "µs", wanted: null, ceiling: null },
      { name: "per item, 10,000 against 100", value: large / small, unit: "×", wanted: { atMost: 1.3 }, ceiling: null },
    ],
    notes: ["From the delivery until the run has ended durably; what a run of one item takes is taken off both."],
  };
}
