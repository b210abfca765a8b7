import { existsSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dir, "../..");
const BINARY = join(ROOT, "dist/integrationsync");

/** The compiled binary's path. `bun run test` has built it before the tests; someone who runs one file may not have. */
export function findBinary(): string {
  if (existsSync(BINARY)) return BINARY;
  const build = Bun.spawnSync([process.execPath, "run", "build"], { cwd: ROOT, stdout: "pipe", stderr: "pipe" });
  if (build.exitCode !== 0) throw new Error(`The binary could not be built:\n${build.stderr}`);
  return BINARY;
}
