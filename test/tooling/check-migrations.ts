/**
 * Fails when drizzle-kit would write another migration: the schema was changed and `bun run generate` was not run.
 * It generates into a copy, so a failing check leaves the working tree as it was.
 */
import { cp, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";

const REPOSITORY = join(import.meta.dir, "../..");
const MIGRATIONS = join(REPOSITORY, "migrations/sqlite");

const copy = await mkdtemp(join(tmpdir(), "migrations-"));
try {
  await cp(MIGRATIONS, copy, { recursive: true });
  // drizzle-kit puts "./" before every --out, so an absolute path would not be found.
  const out = relative(REPOSITORY, copy);
  const command = ["drizzle-kit", "generate", "--dialect=sqlite", "--schema=src/backend/sqlite/schema.ts"];
  const generate = Bun.spawnSync([process.execPath, "run", ...command, `--out=${out}`], {
    cwd: REPOSITORY,
    stdin: "ignore",
  });
  const known = new Set(await readdir(MIGRATIONS));
  const missing = (await readdir(copy)).filter((file) => !known.has(file));
  if (generate.exitCode !== 0) fail(`drizzle-kit generate failed:\n${generate.stdout}${generate.stderr}`);
  for (const file of missing) fail(`${await Bun.file(join(copy, file)).text()}`);
  if (missing.length > 0)
    fail("The schema is ahead of migrations/sqlite by the statements above: run `bun run generate`.");
} finally {
  await rm(copy, { recursive: true, force: true });
}

function fail(message: string): void {
  process.stderr.write(`${message}\n`);
  process.exitCode = 1;
}
