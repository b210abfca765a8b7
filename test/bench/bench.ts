/**
 * Prints the figures that the product is judged by, each beside the ceiling measured in the same run.
 *
 *   bun run bench [--quick] [--only throughput,loop] [--json <file>] [--binary <file>]
 *   bun run bench --postgres       the figures of replicas on Postgres, which it starts itself, with fsync
 *
 * Servers, load generator and sink are processes of their own and talk over loopback. Ends with 1 when something could
 * not be measured or a promise was broken (a run lost or delivered twice); a figure that misses its target is only
 * marked, because it may be the machine's fault.
 */
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { BenchContext } from "./bench-context.ts";
import { FULL, QUICK } from "./bench-sizes.ts";
import { type Figure, formatFigures, formatRound, isMet, type Round, type Section } from "./figure.ts";
import { measureConnections } from "./measure-connections.ts";
import { measureConnectors } from "./measure-connectors.ts";
import { measureDelivery } from "./measure-delivery.ts";
import { measureLoop } from "./measure-loop.ts";
import { measureMemory } from "./measure-memory.ts";
import { measurePages } from "./measure-pages.ts";
import { measurePostgres } from "./measure-postgres.ts";
import { measureSignIn } from "./measure-sign-in.ts";
import { measureStart } from "./measure-start.ts";
import { measureStoredRuns } from "./measure-stored-runs.ts";
import { measureThroughput } from "./measure-throughput.ts";

type Sections = Readonly<Record<string, (context: BenchContext) => Promise<Section>>>;
const ON_POSTGRES: Sections = { postgres: measurePostgres };
const ON_SQLITE: Sections = {
  throughput: measureThroughput,
  delivery: measureDelivery,
  start: measureStart,
  memory: measureMemory,
  stored: measureStoredRuns,
  pages: measurePages,
  connectors: measureConnectors,
  connections: measureConnections,
  signIn: measureSignIn,
  loop: measureLoop,
};

interface Measured {
  readonly name: string;
  readonly section: Section | null;
  readonly rounds: readonly Round[];
  readonly failure: string | null;
}

const options = readOptions();
const SECTIONS = options.postgres ? ON_POSTGRES : ON_SQLITE;
if (!existsSync(options.binary)) fail(`${options.binary} is not there; build it with: bun run build`);
const names = options.only?.split(",") ?? Object.keys(SECTIONS);
const unknown = names.find((name) => !Object.hasOwn(SECTIONS, name));
if (unknown !== undefined) fail(`There is no section "${unknown}". There are: ${Object.keys(SECTIONS).join(", ")}.`);

const machine = {
  date: new Date().toISOString(),
  cores: availableParallelism(),
  processor: cpus()[0]?.model ?? "unknown",
  loadBefore: loadavg()[0] ?? 0,
  bun: Bun.version,
};
say(`${machine.date}, ${machine.cores} cores (${machine.processor}), load before ${machine.loadBefore.toFixed(2)}`);

const root = mkdtempSync(join(tmpdir(), "integrationsync-bench-"));
const binary = join(root, "integrationsync");
// Ctrl-C ends the servers too; what they have stored can be some gigabytes.
process.once("SIGINT", () => {
  rmSync(root, { recursive: true, force: true });
  process.exit(130);
});
const results: Measured[] = [];
try {
  // A copy: a build beside the benchmark must not exchange what is measured.
  copyFileSync(options.binary, binary);
  for (const name of names) results.push(await measure(name));
} finally {
  rmSync(root, { recursive: true, force: true });
}
for (const { name, section, failure } of results) {
  say(`\n${section?.title ?? name}`);
  if (section) say(formatFigures(section.figures, { isQuick: options.quick }));
  for (const note of section?.notes ?? []) say(`  ${note}`);
  if (failure !== null) say(`  COULD NOT BE MEASURED: ${failure}`);
}
if (options.json)
  await Bun.write(options.json, `${JSON.stringify({ machine, quick: options.quick, results }, null, 2)}\n`);
process.exit(results.some(isBroken) ? 1 : 0);

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        quick: { type: "boolean", default: false },
        postgres: { type: "boolean", default: false },
        only: { type: "string" },
        json: { type: "string" },
        binary: { type: "string", default: join(import.meta.dir, "../../dist/integrationsync") },
      },
    });
    return values;
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error));
  }
}

async function measure(name: string): Promise<Measured> {
  say(`\n${name}`);
  const folder = join(root, name);
  mkdirSync(folder);
  const rounds: Round[] = [];
  const report = (round: Round) => {
    rounds.push(round);
    say(`  ${formatRound(round)}`);
  };
  try {
    const sizes = options.quick ? QUICK : FULL;
    const section = await SECTIONS[name]!({ command: [binary], folder, sizes, report });
    return { name, section, rounds, failure: null };
  } catch (error) {
    return { name, section: null, rounds, failure: error instanceof Error ? error.message : String(error) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function isBroken({ section, failure }: Measured): boolean {
  const broken = (figure: Figure) => figure.isPromise === true && !isMet(figure);
  return failure !== null || (section?.figures.some(broken) ?? false);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function fail(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(2);
}
