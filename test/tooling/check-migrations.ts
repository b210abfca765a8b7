/**
 * Fails when drizzle-kit would write another migration: a schema was changed and `bun run generate` was not run.
 * It generates into a copy, so a failing check leaves the working tree as it was.
 */
import { cp, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";

const REPOSITORY = join(import.meta.dir, "../..");

await checkMigrations("sqlite", "sqlite");
await checkMigrations("postgres", "postgresql");

async function checkMigrations(adapter: string, dialect: string): Promise<void> {
  const migrations = join(REPOSITORY, "migrations", adapter);
  const copy = await mkdtemp(join(tmpdir(), "migrations-"));
  try {
    await cp(migrations, copy, { recursive: true });
    // drizzle-kit puts "./" before every --out, so an absolute path would not be found.
    const out = relative(REPOSITORY, copy);
    const command = ["drizzle-kit", "generate", `--dialect=${dialect}`, `--schema=src/backend/${adapter}/schema`];
    const generate = Bun.spawnSync([process.execPath, "run", ...command, `--out=${out}`], {
      cwd: REPOSITORY,
      stdin: "ignore",
    });
    if (generate.exitCode !== 0) fail(`drizzle-kit generate failed:\n${generate.stdout}${generate.stderr}`);
    const known = new Set(await readdir(migrations));
    const missing = (await readdir(copy)).filter((file) => !known.has(file));
    for (const file of missing) fail(`${await Bun.file(join(copy, file)).text()}`);
    if (missing.length > 0)
      fail(`The schema is ahead of migrations/${adapter} by the statements above: run \`bun run generate\`.`);
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}

function fail(message: string): void {
  process.stderr.write(`${message}\n`);
  process.exitCode = 1;
}
