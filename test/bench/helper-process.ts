import { join } from "node:path";
import { awaitAnswer, findFreePort } from "./await-answer.ts";

/** A server of this folder, in a process of its own. `await using` ends it. */
export interface HelperProcess {
  readonly url: string;
  readonly pid: number;
  /** From the start of the process to its first answer. */
  readonly readyMs: number;
  [Symbol.asyncDispose](): Promise<void>;
}

const START_WITHIN_MS = 10_000;

/** Counts what workflows send; see `sink-server.ts`. */
export async function startSink(): Promise<HelperProcess> {
  const startedAt = performance.now();
  const child = Bun.spawn([process.execPath, join(import.meta.dir, "sink-server.ts")], { stdout: "pipe" });
  return toHelper(child, Number(await readLine(child.stdout)), startedAt);
}

/** The bare loop; see `ceiling-server.ts`. Resolves at its first answer. */
export async function startCeiling(folder: string, sinkUrl?: string): Promise<HelperProcess> {
  const port = findFreePort();
  const script = join(import.meta.dir, "ceiling-server.ts");
  const startedAt = performance.now();
  const child = Bun.spawn([process.execPath, script, folder, `${port}`, ...(sinkUrl ? [sinkUrl] : [])], {
    stdout: "ignore",
    stderr: "inherit",
  });
  await awaitAnswer(port, "/", START_WITHIN_MS);
  return toHelper(child, port, startedAt);
}

/** The bare loop on Postgres; see `ceiling-postgres.ts`. */
export async function startPostgresCeiling(databaseUrl: string): Promise<HelperProcess> {
  const port = findFreePort();
  const script = join(import.meta.dir, "ceiling-postgres.ts");
  const startedAt = performance.now();
  const child = Bun.spawn([process.execPath, script, databaseUrl, `${port}`], { stdout: "ignore", stderr: "inherit" });
  await awaitAnswer(port, "/", START_WITHIN_MS);
  return toHelper(child, port, startedAt);
}

/** Runs a second of the bare rows; see `postgres-loop.ts`. */
export async function runPostgresLoop(databaseUrl: string, runs: number): Promise<number> {
  const script = join(import.meta.dir, "postgres-loop.ts");
  const child = Bun.spawn([process.execPath, script, databaseUrl, `${runs}`], { stdout: "pipe", stderr: "inherit" });
  return Number(await readLine(child.stdout));
}

function toHelper(child: Bun.Subprocess, port: number, startedAt: number): HelperProcess {
  return {
    readyMs: performance.now() - startedAt,
    url: `http://127.0.0.1:${port}`,
    pid: child.pid,
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await child.exited;
    },
  };
}

/** The first line that a process writes; what follows is left unread. */
export async function readLine(stream: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const bytes of stream) {
    text += decoder.decode(bytes, { stream: true });
    const end = text.indexOf("\n");
    if (end >= 0) return text.slice(0, end);
  }
  throw new Error(`A process ended before it had written a line; it wrote "${text}".`);
}
