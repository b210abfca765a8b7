import { afterAll, beforeAll, expect, test } from "bun:test";
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { processesWith, sandboxCommand, UNINTERRUPTIBLE, until } from "./testing/sandbox-processes.ts";

/** The flags of the product's build (`package.json`), without what only names its inputs. */
const BUILD_FLAGS = [
  "--compile",
  "--production",
  "--minify",
  "--sourcemap",
  "--bytecode",
  "--format=esm",
  "--splitting",
];

const directory = mkdtempSync(join(tmpdir(), "code-sandbox-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function sourceOf(path: string): string {
  return JSON.stringify(fileURLToPath(new URL(path, import.meta.url)));
}

/** A server that runs the job in its second argument, given as JSON, with the command in its first. */
const SERVER = `
  if (process.argv[2] === "code-sandbox") await import(${sourceOf("../../sandbox.ts")});
  else {
    const { createCodeSandbox } = await import(${sourceOf("./create-code-sandbox.ts")});
    const sandbox = createCodeSandbox({ command: JSON.parse(process.argv[2]) });
    process.stdout.write(JSON.stringify(await sandbox.run(JSON.parse(process.argv[3]))));
    await sandbox.close();
  }`;

const JOB = { input: 20, timeoutMs: 5_000, memoryBytes: 67_108_864, maxOutputBytes: 1_000 };

beforeAll(() => Bun.write(join(directory, "server.ts"), SERVER).then(() => {}));

test("a compiled binary is its own sandbox process, started in an empty folder", async () => {
  const binary = join(directory, "server");
  const build = Bun.spawnSync([process.execPath, "build", ...BUILD_FLAGS, "server.ts", `--outfile=${binary}`], {
    cwd: directory,
  });
  expect(build.stderr.toString()).not.toContain("error");
  const job = JSON.stringify({ ...JOB, source: "export default async ({ input }) => input + 22" });
  const empty = mkdtempSync(join(directory, "empty-"));
  const ran = Bun.spawnSync([binary, JSON.stringify([binary, "code-sandbox"]), job], { cwd: empty });
  expect(JSON.parse(ran.stdout.toString())).toEqual({ ok: true, output: 42 });
}, 60_000);

test("a sandbox does not outlive a server that is killed, even within an operation that cannot be interrupted", async () => {
  const mark = randomUUID();
  const job = JSON.stringify({ ...JOB, source: UNINTERRUPTIBLE, timeoutMs: 600_000 });
  const command = JSON.stringify(sandboxCommand(mark));
  const server = Bun.spawn([process.execPath, "server.ts", command, job], { cwd: directory });
  await until(() => processesWith(mark).length === 1);
  await Bun.sleep(500);
  expect(processesWith(mark)).toHaveLength(1);
  server.kill("SIGKILL");
  await server.exited;
  await until(() => processesWith(mark).length === 0);
}, 30_000);

test("started by hand it says what it is and ends", () => {
  const byHand = Bun.spawnSync([...sandboxCommand("by-hand")]);
  expect(byHand.exitCode).toBe(2);
  expect(byHand.stderr.toString()).toContain("started by the server");
});
