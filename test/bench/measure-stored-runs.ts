import { cpSync } from "node:fs";
import { join } from "node:path";
import type { BenchContext } from "./bench-context.ts";
import { driveLoad } from "./drive-load.ts";
import type { Figure, Section } from "./figure.ts";
import { fillDatabase } from "./fill-database.ts";
import { type Installation, type Product, prepareInstallation, startProduct } from "./product-server.ts";
import { median } from "./statistics.ts";
import { failingWorkflow } from "./workflows.ts";

const WORKFLOWS = 10;
/** One run in so many fails: enough to fill a page where few are stored, so that both servers list as much. */
const FAILS_EVERY = 10;
const WANTED_CHANGE = { atMost: 20 };

interface Side {
  readonly name: "few" | "many";
  readonly product: Product;
  readonly hookUrl: string;
}
/** Milliseconds of each round, by what was measured. */
type Times = Map<string, Record<Side["name"], number[]>>;

/** Whether taking and listing runs is as fast with very many stored as with few: two servers, asked in turns. */
export async function measureStoredRuns(context: BenchContext): Promise<Section> {
  const { command, folder, sizes } = context;
  const few = await prepareInstallation(command, folder);
  const workflowId = await storeRealRuns(few, sizes.storedRuns.few);
  const many = copyInstallation(few, join(folder, "many"));
  fillDatabase(many.databaseFile, sizes.storedRuns.many);

  await using fewServer = await startProduct(few);
  await using manyServer = await startProduct(many);
  const sides: readonly Side[] = [
    { name: "few", product: fewServer, hookUrl: (await fewServer.publish(failingWorkflow)).hookUrl },
    { name: "many", product: manyServer, hookUrl: (await manyServer.publish(failingWorkflow)).hookUrl },
  ];
  const times = await measureRounds(context, sides, workflowId);
  return {
    title: `${sizes.storedRuns.many} stored runs, compared with ${sizes.storedRuns.few}`,
    figures: [...times].flatMap(([name, { few, many }]) => compare(name, median(few), median(many))),
    notes: [
      "p50 of each round, median of the rounds. Lists hold 50 runs and are asked for one by one.",
      `The stored runs are copies of real ones of ${WORKFLOWS} workflows, one in ${FAILS_EVERY} failed.`,
    ],
  };
}

function compare(name: string, fewMs: number, manyMs: number): readonly Figure[] {
  return [
    { name, value: manyMs, unit: "ms", wanted: null, ceiling: fewMs },
    { name: `${name}, change`, value: (manyMs / fewMs - 1) * 100, unit: "%", wanted: WANTED_CHANGE, ceiling: null },
  ];
}

/** Runs of ten workflows, some failed. Gives the id of one workflow. */
async function storeRealRuns(installation: Installation, count: number): Promise<string> {
  await using product = await startProduct(installation);
  const workflows = [];
  for (let index = 0; index < WORKFLOWS; index += 1) workflows.push(await product.publish(failingWorkflow));
  for (let id = 0; id < count; id += 1) {
    const { hookUrl } = workflows[id % WORKFLOWS] ?? { hookUrl: "" };
    // Counted by rounds over the workflows, so that each has failures.
    const region = Math.floor(id / WORKFLOWS) % FAILS_EVERY === id % WORKFLOWS ? "US" : "EU";
    await deliver(hookUrl, id, region);
  }
  await product.stop();
  return workflows[0]?.workflowId ?? "";
}

function copyInstallation(installation: Installation, dataDir: string): Installation {
  cpSync(installation.dataDir, dataDir, { recursive: true });
  return { ...installation, dataDir, databaseFile: join(dataDir, "integrationsync.db") };
}

async function measureRounds(context: BenchContext, sides: readonly Side[], workflowId: string): Promise<Times> {
  const { rounds, requestsPerRound, deliveriesPerRound } = context.sizes.storedRuns;
  const list = (query: string) => (side: Side) => side.product.getJson(`/api/v1/runs?limit=50${query}`);
  const measurements: Readonly<Record<string, (inTurn: readonly Side[]) => Promise<Map<Side, number>>>> = {
    list: (inTurn) => timeInTurns(inTurn, requestsPerRound, list("")),
    "list of a workflow": (inTurn) => timeInTurns(inTurn, requestsPerRound, list(`&workflowId=${workflowId}`)),
    "list of failed runs": (inTurn) => timeInTurns(inTurn, requestsPerRound, list("&status=failed")),
    "accept, one by one": (inTurn) => timeInTurns(inTurn, requestsPerRound, ({ hookUrl }) => deliver(hookUrl, 0, "EU")),
    "accept, 64 connections": (inTurn) => timeUnderLoad(inTurn, deliveriesPerRound),
  };
  const times: Times = new Map();
  // Round 0 warms up.
  for (let round = 0; round <= rounds; round += 1) {
    const inTurn = round % 2 === 0 ? sides : sides.toReversed();
    for (const [name, measure] of Object.entries(measurements)) {
      const p50Ms = await measure(inTurn);
      if (round === 0) continue;
      const known = times.get(name) ?? { few: [], many: [] };
      times.set(name, known);
      for (const [side, ms] of p50Ms) known[side.name].push(ms);
      const shown = [...p50Ms].map(([side, ms]) => [`${side.name} p50 ms`, ms] as const);
      context.report({ round, measured: name, ...Object.fromEntries(shown) });
    }
  }
  return times;
}

/** One request at a time, now here, now there, so that whatever else the machine does hits both alike. */
async function timeInTurns(
  sides: readonly Side[],
  times: number,
  ask: (side: Side) => Promise<unknown>,
): Promise<Map<Side, number>> {
  const samples = new Map(sides.map((side) => [side, [] as number[]]));
  for (let index = 0; index < times; index += 1)
    for (const [side, taken] of samples) {
      const startedAt = performance.now();
      await ask(side);
      taken.push(performance.now() - startedAt);
    }
  return new Map([...samples].map(([side, taken]) => [side, median(taken)]));
}

async function timeUnderLoad(sides: readonly Side[], requests: number): Promise<Map<Side, number>> {
  const p50Ms = new Map<Side, number>();
  for (const side of sides) p50Ms.set(side, (await driveLoad({ url: side.hookUrl, requests, connections: 64 })).p50Ms);
  return p50Ms;
}

async function deliver(hookUrl: string, id: number, region: "EU" | "US"): Promise<void> {
  const body = JSON.stringify({ id, email: `ada${id}@example.com`, region, price: id % 100 });
  const response = await fetch(hookUrl, { method: "POST", body, headers: { "content-type": "application/json" } });
  if (response.status !== 202) throw new Error(`A delivery was answered with ${response.status}.`);
  await response.arrayBuffer();
}
