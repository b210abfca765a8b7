import { readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

/**
 * Runs the tests, all of them or those under the paths that are given: everything once, with SQLite under the server,
 * and then on Postgres every file that opens a server's storage, which its imports tell.
 *
 *   bun test/run-tests.ts [path …]
 */
const ROOT = join(import.meta.dir, "..");
const STORAGE = join(import.meta.dir, "test-storage.ts");

/** Files that name their backend themselves, and why the other would not do. */
const ONCE: Readonly<Record<string, string>> = {
  "test/api/keep-alive.test.ts": "connections are kept and closed alike over either",
  "test/browser/account-fields.test.ts": "forms look the same over either",
  "test/browser/connections.test.ts": "pages look the same over either; test/oauth runs on both",
  "test/browser/connector-choices.test.ts": "forms look the same over either",
  "test/browser/administration.test.ts": "forms and lists look the same over either",
  "test/browser/sheets-and-salesforce.test.ts":
    "forms look the same over either; the connectors' own tests run on both",
  "test/browser/story.test.ts": "the release build, as it comes",
  "test/browser/people-pages.test.ts": "pages look the same over either",
  "test/browser/pages.test.ts": "pages look the same over either",
  "test/browser/ways-in.test.ts": "pages look the same over either",
  "test/browser/workflow-page.test.ts": "forms look the same over either",
  "test/connectors/token-endpoints.test.ts": "answers are read alike over either; test/oauth runs on both",
  "test/crash/storage-faults.test.ts": "the disk fails under the server's own file: SQLite",
  "test/oauth/release-build.test.ts": "what goes out of the release build, over either",
  "test/postgres/fairness.test.ts": "several servers on the same data: Postgres",
  "test/postgres/restart.test.ts": "Postgres restarts under the server",
  "test/accounts/replicas.test.ts": "several servers on the same data: Postgres",
  "test/replicas/kill-replicas.test.ts": "several servers on the same data: Postgres",
  "test/replicas/proxy.test.ts": "several servers on the same data: Postgres",
  "test/replicas/replicas.test.ts": "several servers on the same data: Postgres",
};

const VERDICTS = ["pass", "skip", "fail"] as const;
type Totals = Record<(typeof VERDICTS)[number], number>;

const paths = process.argv.slice(2);
const onSqlite = await runBun(paths, "sqlite");
const again = filesOnBoth(paths);
if (again.length > 0) process.stderr.write(`\nOn Postgres, ${again.length} files:\n\n`);
const onPostgres = again.length > 0 ? await runBun(again, "postgres") : null;
// In the form of `bun test`, for whoever reads the totals there.
for (const verdict of VERDICTS)
  process.stderr.write(` ${onSqlite.totals[verdict] + (onPostgres?.totals[verdict] ?? 0)} ${verdict}\n`);
process.exit(onSqlite.exitCode || (onPostgres?.exitCode ?? 0));

async function runBun(files: readonly string[], backend: string): Promise<{ exitCode: number; totals: Totals }> {
  // A first start of Postgres or of the browser takes seconds on a busy machine; the default of 5 counts for hooks too.
  const child = Bun.spawn([process.execPath, "test", "--timeout=30000", ...files], {
    cwd: ROOT,
    env: { ...process.env, TEST_BACKEND: backend },
    stdout: "inherit",
    stderr: "pipe",
  });
  const totals: Totals = { pass: 0, skip: 0, fail: 0 };
  let line = "";
  for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) {
    process.stderr.write(text);
    const lines = (line + text).split("\n");
    line = lines.pop() ?? "";
    for (const each of lines) count(each, totals);
  }
  return { exitCode: await child.exited, totals };
}

/** ` 12 pass`: the last line of that form is the verdict, an earlier one is some test's output. */
function count(line: string, totals: Totals): void {
  const [, number, verdict] = /^ *(\d+) (pass|skip|fail)$/.exec(Bun.stripANSI(line)) ?? [];
  if (verdict) totals[verdict as keyof Totals] = Number(number);
}

function filesOnBoth(wanted: readonly string[]): readonly string[] {
  const folders = wanted.map((path) => resolve(ROOT, path));
  const isWanted = (file: string) =>
    folders.length === 0 || folders.some((folder) => file === folder || file.startsWith(`${folder}/`));
  return [...new Bun.Glob("{src,test,connectors}/**/*.test.{ts,tsx}").scanSync({ cwd: ROOT })]
    .filter((file) => isWanted(join(ROOT, file)) && !(file in ONCE) && reachesStorage(join(ROOT, file)))
    .map((file) => `./${relative(ROOT, join(ROOT, file))}`)
    .sort();
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
