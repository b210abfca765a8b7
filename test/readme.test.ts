import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort, untilReady } from "./free-server.ts";

/**
 * The README's five minutes, done as a reader would: every `sh` block of that section is run in one shell, in order,
 * against the server that its `sh server` block starts. Two things differ: another port and a data directory that is
 * thrown away; and `npx -y bun@…` is the bun that runs this test, so that no registry is asked.
 */
const ROOT = join(import.meta.dir, "..");
const dataDir = mkdtempSync(join(tmpdir(), "readme-"));
let server: ReturnType<typeof Bun.spawn> | null = null;

afterAll(async () => {
  server?.kill();
  await server?.exited;
  rmSync(dataDir, { recursive: true, force: true });
});

test("the README's five minutes end with a run that was sent once", async () => {
  const section = readFileSync(join(ROOT, "README.md"), "utf8").split("## Five minutes")[1]?.split("\n## ")[0] ?? "";
  const blocks = [...section.matchAll(/```sh( server)?\n(.*?)```/gs)];
  const start = blocks.find((block) => block[1])?.[2] ?? "";
  const steps = blocks.filter((block) => !block[1]).map((block) => block[2]);
  expect(start).toContain("run start");
  expect(steps.length).toBeGreaterThan(4);

  const port = freePort();
  const adapt = (script: string) =>
    script
      .replaceAll(/npx -y bun@[\d.]+/g, `"${process.execPath}"`)
      .replaceAll("run start", "src/main.ts serve")
      .replaceAll("localhost:3000", `localhost:${port}`);
  const env = { ...process.env, DATA_DIR: dataDir, PORT: String(port) };
  // bash replaces itself by a single command, so that this is the server's own process.
  server = Bun.spawn(["bash", "-c", adapt(start).trim()], { cwd: ROOT, env, stdout: "ignore", stderr: "ignore" });
  await untilReady(`http://127.0.0.1:${port}`);

  const script = `set -euo pipefail\n${steps.map((step) => adapt(step ?? "")).join("\n")}`;
  const reader = Bun.spawnSync(["bash", "-c", script], { cwd: ROOT, env });
  expect(reader.exitCode, reader.stderr.toString()).toBe(0);
  const run = JSON.parse(reader.stdout.toString().slice(reader.stdout.toString().indexOf('{"id":"run_')));
  expect(run.steps.map(({ path, status }: { path: string; status: string }) => [path, status])).toEqual([
    ["region", "succeeded"],
    ["region/send", "succeeded"],
  ]);
  expect(run.steps[1]).toMatchObject({ attempts: 1, output: { status: 202, body: { duplicate: false } } });
  expect(run.steps[1].idempotencyKey).toBeString();
}, 60_000);
