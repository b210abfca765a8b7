import { cpSync, mkdirSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import manifest from "../../package.json" with { type: "json" };
import type { BenchContext } from "./bench-context.ts";
import type { Section } from "./figure.ts";
import { privateBytes, residentBytes } from "./process-usage.ts";
import { type Installation, prepareInstallation, startProduct } from "./product-server.ts";
import { median } from "./statistics.ts";

const ROOT = join(import.meta.dir, "../..");
const SOURCES = ["connectors", "migrations", "src", "views", "package.json", "tsconfig.json", "bunfig.toml"];
/** Those that speak to somebody's API; the others are a few lines each. */
const BIG = ["github", "google-sheets", "salesforce", "slack"];
const MEGABYTE = 1e6;

/** What connectors cost that nobody uses: one build with all of them and one without the big ones, started in turn. */
export async function measureConnectors({ folder, sizes, report }: BenchContext): Promise<Section> {
  const { starts, settleMs } = sizes.connectors;
  const builds = [
    { name: "all", installation: await install(folder, "all", []) },
    { name: "without", installation: await install(folder, "without", BIG) },
  ] as const;
  const measured = { all: newSamples(), without: newSamples() };
  for (let start = 1; start <= starts; start += 1)
    // Whoever is second finds the machine warmer; each is so every other time.
    for (const { name, installation } of start % 2 ? builds : builds.toReversed()) {
      await using product = await startProduct(installation);
      await Bun.sleep(settleMs);
      const megabytes = residentBytes(product.pid) / MEGABYTE;
      const privateMegabytes = privateBytes(product.pid) / MEGABYTE;
      await product.stop();
      measured[name].readyMs.push(product.readyMs);
      measured[name].megabytes.push(megabytes);
      measured[name].privateMegabytes.push(privateMegabytes);
      const round = { start, connectors: name, "ready ms": product.readyMs };
      report({ ...round, "MB settled": megabytes, "MB private": privateMegabytes });
    }
  const all = mediansOf(measured.all);
  const without = mediansOf(measured.without);
  return {
    title: "connectors that nobody uses",
    figures: [
      { name: "start with all of them", value: all.ms, unit: "ms", wanted: null, ceiling: without.ms },
      {
        name: "start, more than without",
        value: (all.ms / without.ms - 1) * 100,
        unit: "%",
        wanted: LITTLE,
        ceiling: null,
      },
      { name: "memory idle with all of them", value: all.mb, unit: "MB", wanted: null, ceiling: without.mb },
      { name: "of it the process's own", value: all.privateMb, unit: "MB", wanted: null, ceiling: without.privateMb },
      {
        name: "memory, more than without",
        value: (all.mb / without.mb - 1) * 100,
        unit: "%",
        wanted: LITTLE,
        ceiling: null,
      },
    ],
    notes: [
      `The ceiling is a build of the same sources without ${BIG.join(", ")}.`,
      "What is not the process's own are pages of the binary, which is larger with them.",
      `Medians of ${starts} starts each, in turn; both are built for it, whatever --binary says.`,
    ],
  };
}

/** What two medians of the same thing differ by. */
const LITTLE = { atMost: 5 };

interface Samples {
  readonly readyMs: number[];
  readonly megabytes: number[];
  readonly privateMegabytes: number[];
}
const newSamples = (): Samples => ({ readyMs: [], megabytes: [], privateMegabytes: [] });
const mediansOf = ({ readyMs, megabytes, privateMegabytes }: Samples) => ({
  ms: median(readyMs),
  mb: median(megabytes),
  privateMb: median(privateMegabytes),
});

/** Builds the product from a copy of its sources in which some connectors are not there. */
async function install(folder: string, name: string, without: readonly string[]): Promise<Installation> {
  const copy = join(folder, name);
  mkdirSync(copy);
  for (const source of SOURCES) cpSync(join(ROOT, source), join(copy, source), { recursive: true });
  symlinkSync(join(ROOT, "node_modules"), join(copy, "node_modules"));
  for (const connector of without) rmSync(join(copy, "connectors", connector), { recursive: true });
  await run(copy, [process.execPath, "connectors/generate-registry.ts"]);
  const [, build = ""] = manifest.scripts.build.split("&& bun build ");
  await run(copy, [process.execPath, "build", ...build.split(" ")]);
  return prepareInstallation([join(copy, "dist/integrationsync")], copy);
}

async function run(cwd: string, command: readonly string[]): Promise<void> {
  const child = Bun.spawn([...command], { cwd, stdout: "ignore", stderr: "pipe" });
  const [exitCode, problem] = await Promise.all([child.exited, child.stderr.text()]);
  if (exitCode !== 0) throw new Error(`${command.join(" ")} ended with ${exitCode}: ${problem}`);
}
