import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Starts sandbox processes from source. The mark is an argument that nobody reads; it tells a test's own apart. */
export function sandboxCommand(mark: string): readonly string[] {
  return [process.execPath, fileURLToPath(new URL("../../../sandbox.ts", import.meta.url)), mark];
}

/** The processes that run with the mark among their arguments (Linux: from /proc). */
export function processesWith(mark: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && argumentsOf(name).includes(mark))
    .map(Number);
}

function argumentsOf(pid: string): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
  } catch {
    return []; // It ended between the listing and the look.
  }
}

export async function until(condition: () => boolean, limitMs = 10_000): Promise<void> {
  const deadline = performance.now() + limitMs;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`did not happen within ${limitMs} ms: ${condition}`);
    await Bun.sleep(10);
  }
}

/** Blocks the interpreter within a single operation, in which it cannot be interrupted. */
export const UNINTERRUPTIBLE =
  "export default () => 'a'.repeat(5_000_000).indexOf('a'.repeat(2_000_000) + 'b'.repeat(2))";
