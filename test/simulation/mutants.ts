import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { MUTANTS, type Mutant } from "./mutant-list.ts";

/**
 * Shows that the simulation would notice if one of the three things that make runs durable were taken away: each is
 * removed in a copy of the sources, where the simulation has to turn red. Without a mutation it has to stay green.
 *
 *   bun test/simulation/mutants.ts
 */
const ROOT = resolve(import.meta.dir, "../..");

function passes(mutant: Mutant | null): boolean {
  const copy = mkdtempSync(join(tmpdir(), "mutant-"));
  try {
    for (const folder of ["src", "connectors", "migrations", "views", "test/simulation", "test/postgres"])
      cpSync(join(ROOT, folder), join(copy, folder), { recursive: true });
    for (const file of ["package.json", "tsconfig.json", "test/test-storage.ts"])
      cpSync(join(ROOT, file), join(copy, file));
    symlinkSync(join(ROOT, "node_modules"), join(copy, "node_modules"));
    if (mutant) mutate(join(copy, mutant.file), mutant);
    const env = { ...process.env, SEED: "1" };
    return Bun.spawnSync([process.execPath, "test", "test/simulation"], { cwd: copy, env }).exitCode === 0;
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

function mutate(path: string, mutant: Mutant): void {
  const source = readFileSync(path, "utf8");
  if (!source.includes(mutant.remove)) throw new Error(`${mutant.file} has changed: adapt the mutant "${mutant.name}"`);
  writeFileSync(path, source.replaceAll(mutant.remove, mutant.insert));
}

let failed = false;
for (const mutant of [null, ...MUTANTS]) {
  const wanted = mutant === null;
  const ok = passes(mutant) === wanted;
  failed ||= !ok;
  const outcome = wanted === ok ? "green" : "red";
  process.stdout.write(`${ok ? "ok  " : "FAIL"} ${mutant?.name ?? "as it is"}: ${outcome}\n`);
}
process.exit(failed ? 1 : 0);
