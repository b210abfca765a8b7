import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { prepareMachine } from "./prepare-machine.ts";

/**
 * Runs the tests, all of them or those under the paths that are given: everything once, with SQLite under the server,
 * and then on Postgres every file that opens a server's storage, which its imports tell. Says at the end which files
 * took longest and, once more, what failed.
 *
 *   bun test/run-tests.ts [path …]
 */
const ROOT = join(import.meta.dir, "..");
/** `bun run test` has built it just now; commands are tested as they are released. */
const BINARY = join(ROOT, "dist/integrationsync");
const STORAGE = join(import.meta.dir, "test-storage.ts");

/** Files that name their backend themselves, and why the other would not do. */
const ONCE: Readonly<Record<string, string>> = {
  "test/api/keep-alive.test.ts": "connections are kept and closed alike over either",
  "test/browser/account-fields.test.ts": "forms look the same over either",
  "test/browser/connection-states.test.ts": "pages look the same over either",
  "test/browser/connections.test.ts": "pages look the same over either; test/oauth runs on both",
  "test/browser/connector-choices.test.ts": "forms look the same over either",
  "test/browser/administration.test.ts": "forms and lists look the same over either",
  "test/browser/story.test.ts": "the release build, as it comes",
  "test/browser/people-pages.test.ts": "pages look the same over either",
  "test/browser/pages.test.ts": "pages look the same over either",
  "test/browser/ways-in.test.ts": "pages look the same over either",
  "test/browser/workflow-page.test.ts": "forms look the same over either",
  "test/connectors/token-endpoints.test.ts": "answers are read alike over either; test/oauth runs on both",
  "test/crash/storage-faults.test.ts": "the disk fails under the server's own file: SQLite",
  "test/oauth/release-build.test.ts": "what goes out of the release build, over either",
  "test/postgres/clock-skew.test.ts": "two servers on the same data: Postgres",
  "test/postgres/lend-database.test.ts": "databases of Postgres",
  "test/postgres/fairness.test.ts": "several servers on the same data: Postgres",
  "test/postgres/restart.test.ts": "Postgres restarts under the server",
  "test/accounts/replicas.test.ts": "several servers on the same data: Postgres",
  "test/replicas/kill-replicas.test.ts": "several servers on the same data: Postgres",
  "test/replicas/proxy.test.ts": "several servers on the same data: Postgres",
  "test/replicas/replicas.test.ts": "several servers on the same data: Postgres",
};

/** What measures time, or needs the machine for several servers: one file after the other, with nothing beside it. */
const ALONE: Readonly<Record<string, string>> = {
  "test/bench/": "what it measures is compared",
  "test/flows/code.test.ts": "whether code that does not end holds up the others",
  "test/flows/fairness.test.ts": "how long the small tenant waits",
  "test/postgres/": "how long the small tenant waits; Postgres restarts",
  "test/replicas/": "several servers under load, one of them killed",
  "test/crash/": "servers under load, killed and waited for",
  "src/backend/postgres/": "many callers at once, and Postgres beside them; it restarts under load",
  "src/engine/code-sandbox/": "how soon code that does not end is ended",
  "src/engine/expressions/": "how long an expression may hold up the others",
};

/** Most files wait for a process or a page more than they compute. */
const WORKERS = Math.min(4, availableParallelism());
const SHOWN_SLOWEST = 10;

const VERDICTS = ["pass", "skip", "fail"] as const;
type Totals = Record<(typeof VERDICTS)[number], number>;
interface Ran {
  readonly exitCode: number;
  readonly totals: Totals;
  /** What was printed for tests that failed, after their file's name. */
  readonly failures: readonly string[];
  /** Milliseconds by file. */
  readonly took: Readonly<Record<string, number>>;
}

const paths = process.argv.slice(2);
const files = filesUnder(paths);
if (files.length === 0) {
  process.stderr.write(`No test file lies under ${paths.join(" or ")}.\n`);
  process.exit(1);
}
await prepareMachine();
const onPostgres = files.filter((file) => !(file in ONCE) && reachesStorage(join(ROOT, file)));
const ran = [...(await runOn("sqlite", files)), ...(await runOn("postgres", onPostgres))];
showSlowest(ran.flatMap(({ took }) => Object.entries(took)));
showFailures(ran.flatMap(({ failures }) => failures));
// In the form of `bun test`, for whoever reads the totals there.
for (const verdict of VERDICTS)
  process.stderr.write(` ${ran.reduce((sum, { totals }) => sum + totals[verdict], 0)} ${verdict}\n`);
process.exit(ran.find(({ exitCode }) => exitCode !== 0)?.exitCode ?? 0);

async function runOn(backend: string, wanted: readonly string[]): Promise<readonly Ran[]> {
  const { alone = [], together = [] } = Object.groupBy(wanted, (file) => (isAlone(file) ? "alone" : "together"));
  const parts = [
    { files: together, workers: WORKERS },
    { files: alone, workers: 1 },
  ].filter((part) => part.files.length > 0);
  const results: Ran[] = [];
  for (const part of parts) {
    process.stderr.write(`\nOn ${backend}, ${part.files.length} files, ${part.workers} at a time:\n\n`);
    results.push(await runBun(part.files, backend, part.workers));
  }
  return results;
}

function isAlone(file: string): boolean {
  return Object.keys(ALONE).some((start) => file.startsWith(start));
}

async function runBun(wanted: readonly string[], backend: string, workers: number): Promise<Ran> {
  const folder = mkdtempSync(join(tmpdir(), "test-run-"));
  const timings = join(folder, "timings.json");
  try {
    // A first start of Postgres or of the browser takes seconds on a busy machine; the default of 5 counts for hooks too.
    // Files share what their worker has started, such as its Postgres.
    const options = ["--timeout=30000", `--parallel=${workers}`, "--no-isolate"];
    const noting = [`--timings=${timings}`, "--update-timings"];
    const child = Bun.spawn([process.execPath, "test", ...options, ...noting, ...wanted.map((file) => `./${file}`)], {
      cwd: ROOT,
      env: { ...process.env, TEST_BACKEND: backend, ...(existsSync(BINARY) && { TEST_PROGRAM: BINARY }) },
      stdout: "inherit",
      stderr: "pipe",
    });
    const { totals, failures } = await readVerdicts(child.stderr, backend);
    return { exitCode: await child.exited, totals, failures, took: await readTimings(timings, backend) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What belongs to a test that failed is printed under its file's name: before its verdict, or after it, up to the next. */
async function readVerdicts(output: ReadableStream<Uint8Array<ArrayBuffer>>, backend: string) {
  const totals: Totals = { pass: 0, skip: 0, fail: 0 };
  const failures: string[][] = [];
  const printed: Record<string, string[]> = {};
  let file = "";
  for await (const line of shownLines(output)) {
    count(line, totals);
    const isHeading = /^\S+\.test\.tsx?:$/.test(line);
    if (isHeading) file = line;
    const lines = printed[file] ?? [`${file.slice(0, -1)} on ${backend}:`];
    printed[file] = lines;
    if (!isHeading && line !== "") lines.push(line);
    if (line.startsWith("(fail)")) failures.push(lines);
    else if (/^\((pass|skip|todo)\)/.test(line)) delete printed[file];
  }
  return { totals, failures: [...new Set(failures)].map((lines) => lines.join("\n")) };
}

/** The lines as they come, without colours; what comes is shown at once. */
async function* shownLines(output: ReadableStream<Uint8Array<ArrayBuffer>>) {
  let line = "";
  for await (const text of output.pipeThrough(new TextDecoderStream())) {
    process.stderr.write(text);
    const lines = (line + text).split("\n");
    line = lines.pop() ?? "";
    yield* lines.map((each) => Bun.stripANSI(each));
  }
}

/** ` 12 pass`: the last line of that form is the verdict, an earlier one is some test's output. */
function count(line: string, totals: Totals): void {
  const [, number, verdict] = /^ *(\d+) (pass|skip|fail)$/.exec(line) ?? [];
  if (verdict) totals[verdict as keyof Totals] = Number(number);
}

async function readTimings(path: string, backend: string): Promise<Ran["took"]> {
  const file = Bun.file(path);
  const { files: took = {} } = (await file.exists()) ? ((await file.json()) as { files?: Ran["took"] }) : {};
  return Object.fromEntries(Object.entries(took).map(([name, ms]) => [`${name} on ${backend}`, ms]));
}

function showSlowest(took: readonly (readonly [string, number])[]): void {
  const slowest = [...took].sort(([, a], [, b]) => b - a).slice(0, SHOWN_SLOWEST);
  process.stderr.write("\nSlowest files:\n");
  for (const [name, ms] of slowest) process.stderr.write(`${(ms / 1_000).toFixed(1).padStart(8)} s  ${name}\n`);
}

function showFailures(failures: readonly string[]): void {
  if (failures.length > 0) process.stderr.write(`\nWhat failed:\n\n${failures.join("\n\n")}\n\n`);
}

/** Relative to the repository. Whole flows come first: what takes long must not be left for the end, for one worker. */
function filesUnder(wanted: readonly string[]): readonly string[] {
  const places = wanted.map((path) => relative(ROOT, resolve(path)));
  const isWanted = (file: string) =>
    places.length === 0 || places.some((place) => place === "" || file === place || file.startsWith(`${place}/`));
  return [...new Bun.Glob("{src,test,connectors,views}/**/*.test.{ts,tsx}").scanSync({ cwd: ROOT })]
    .filter(isWanted)
    .sort()
    .reverse();
}

function reachesStorage(file: string, seen = new Set<string>()): boolean {
  if (file === STORAGE) return true;
  if (seen.has(file)) return false;
  seen.add(file);
  return importsOf(file).some((imported) => reachesStorage(imported, seen));
}

/** What the file imports for its values: a type brings no storage with it. */
function importsOf(file: string): readonly string[] {
  const source = readFileSync(file, "utf8");
  const imports = source.matchAll(/^import (?!type )[^;]*?from "(\.[^"]+\.tsx?)"/gm);
  return [...imports].map((match) => join(dirname(file), match[1] ?? ""));
}
