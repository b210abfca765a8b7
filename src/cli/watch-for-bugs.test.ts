import { expect, test } from "bun:test";

/** In a process of its own, which ends by itself after 100 ms. */
async function runWithBug(bug: string) {
  const source = `
    const { watchForBugs } = await import("./watch-for-bugs.ts");
    const { createLog } = await import("../platform/log.ts");
    watchForBugs(createLog("info"));
    setTimeout(() => { ${bug} }, 1);
    setTimeout(() => process.exit(0), 100);`;
  const child = Bun.spawn([process.execPath, "-e", source], { cwd: import.meta.dir, stdout: "ignore", stderr: "pipe" });
  const [exitCode, stderr] = await Promise.all([child.exited, child.stderr.text()]);
  return { exitCode, logged: JSON.parse(stderr) };
}

test("an exception that nobody caught is logged with its causes and ends the process with 1", async () => {
  const { exitCode, logged } = await runWithBug(`throw new Error("outer", { cause: new Error("inner") })`);
  expect(exitCode).toBe(1);
  expect(logged).toMatchObject({ level: "error", error: { message: "outer", cause: { message: "inner" } } });
});

test("a rejection that nobody waited for is logged and the process goes on", async () => {
  const { exitCode, logged } = await runWithBug(`Promise.reject(new Error("lost"))`);
  expect(exitCode).toBe(0);
  expect(logged).toMatchObject({ level: "error", error: { message: "lost" } });
});
