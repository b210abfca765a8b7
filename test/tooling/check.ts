/**
 * `bun run check` answers "is this fit to land?": it runs every `check:*` script of package.json, prints a line for
 * each with its time, shows the output of those that failed, and exits 1 when there was one.
 */
import { availableParallelism } from "node:os";
import { join } from "node:path";
import manifest from "../../package.json" with { type: "json" };

const REPOSITORY = join(import.meta.dir, "../..");
/** A check that hangs must not hold up the one who waits for the verdict. */
const TIME_LIMIT_MS = 300_000;

/** The first check also installs what the others run, so it goes ahead of them, alone. */
const INSTALLING_CHECK = "check:lockfile";
const otherChecks = Object.keys(manifest.scripts).filter(
  (name) => name.startsWith("check:") && name !== INSTALLING_CHECK,
);

const isInstalled = await runCheck(INSTALLING_CHECK);
const verdicts = isInstalled ? await runAll(otherChecks) : [];
process.exitCode = isInstalled && verdicts.every((passed) => passed) ? 0 : 1;

/** As many at a time as there are cores; the checks do not depend on each other. */
async function runAll(checks: readonly string[]): Promise<boolean[]> {
  const waiting = [...checks];
  const verdicts: boolean[] = [];
  const worker = async () => {
    for (let check = waiting.shift(); check !== undefined; check = waiting.shift())
      verdicts.push(await runCheck(check));
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  return verdicts;
}

async function runCheck(script: string): Promise<boolean> {
  const startedAt = performance.now();
  const child = Bun.spawn([process.execPath, "run", "--silent", script], {
    cwd: REPOSITORY,
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    timeout: TIME_LIMIT_MS,
  });
  const [stdout, stderr, exitCode] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  const passed = exitCode === 0;
  process.stdout.write(`${passed ? "ok  " : "FAIL"} ${script.padEnd(18)} ${seconds.padStart(5)} s\n`);
  if (!passed) process.stdout.write(`${[stdout, stderr].filter((text) => text.trim() !== "").join("\n")}\n`);
  return passed;
}
