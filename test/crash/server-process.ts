import type { TestStorage } from "../test-storage.ts";
import { findBinary } from "./find-binary.ts";

/** One run of the compiled binary's `serve`, in a process of its own that can be killed. */
export interface ServerProcess {
  readonly pid: number;
  /** Its address, once it says that it is ready. Rejects when it ends before that. */
  readonly ready: Promise<string>;
  /** The exit code, or the name of the signal that ended it. */
  readonly exited: Promise<number | string>;
  /** What it has written to standard error so far. */
  log(): string;
  /** SIGKILL: it learns nothing of it. */
  kill(): Promise<void>;
  /** SIGTERM: it is asked to stop. Gives what `exited` gives. */
  terminate(): Promise<number | string>;
}

export interface LaunchOptions {
  readonly storage: TestStorage;
  readonly environment?: Readonly<Record<string, string>>;
  /** Makes the command that is started from the one that would be, such as a shell that sets limits first. */
  readonly wrap?: (command: readonly string[]) => readonly string[];
}

/** Only what is named here, so that nothing of the tests' own surroundings reaches the server. */
export function serverEnvironment(storage: TestStorage): Record<string, string> {
  return {
    PATH: process.env.PATH ?? "",
    ...storage.environment,
    // Another free port at every start: the old one may have been taken in between.
    PORT: "0",
    EGRESS_ALLOW: "127.0.0.0/8",
    LOG_LEVEL: "warn",
  };
}

export function launchServer({ storage, environment = {}, wrap = (command) => command }: LaunchOptions): ServerProcess {
  const child = Bun.spawn([...wrap([findBinary(), "serve"])], {
    cwd: storage.dataDir,
    env: { ...serverEnvironment(storage), ...environment },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  let printed = "";
  let logged = "";
  const ready = Promise.withResolvers<string>();
  const outputRead = eachText(child.stdout, (text) => {
    printed += text;
    const port = /is ready on http:\/\/[^\n]*:(\d+)\n/.exec(printed)?.[1];
    if (port !== undefined) ready.resolve(`http://127.0.0.1:${port}`);
  });
  const logRead = eachText(child.stderr, (text) => {
    logged += text;
  });
  const exited = Promise.all([child.exited, outputRead, logRead]).then(() => {
    ready.reject(new Error(`The server ended before it was ready:\n${logged}`));
    return child.signalCode ?? child.exitCode ?? "unknown";
  });
  // Whoever waits for it hears of it; whoever kills a server while it starts does not want to.
  ready.promise.catch(() => {});

  return {
    pid: child.pid,
    ready: ready.promise,
    exited,
    log: () => logged,
    async kill() {
      child.kill("SIGKILL");
      await exited;
    },
    terminate() {
      child.kill("SIGTERM");
      return exited;
    },
  };
}

async function eachText(stream: ReadableStream<Uint8Array<ArrayBuffer>>, take: (text: string) => void): Promise<void> {
  for await (const text of stream.pipeThrough(new TextDecoderStream())) take(text);
}
