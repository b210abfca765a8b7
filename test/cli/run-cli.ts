import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const MAIN = join(import.meta.dir, "../../src/main.ts");
const SOURCE = [process.execPath, MAIN] as const;
/** `bun run test` names the binary that it has just built; a file that is run by itself takes the source as it is. */
const PROGRAM = process.env.TEST_PROGRAM ? ([process.env.TEST_PROGRAM] as const) : SOURCE;
/** How the program calls itself in its hints. */
export const PROGRAM_NAME = process.env.TEST_PROGRAM ?? `npx -y bun@${Bun.version} ${MAIN}`;
const READY_WITHIN_MS = 15_000;

export type Environment = Readonly<Record<string, string>>;

/** Where a person types commands: a folder, and what the environment says there. */
export interface Place {
  readonly path: string;
  readonly env?: Environment;
}

export interface Ended {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A new empty folder to run in; removed by `using`. */
export function tempFolder() {
  const path = mkdtempSync(join(tmpdir(), "integrationsync-cli-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

/** Runs a command as a person does: as a process of its own, with nothing of the test's environment. */
export async function runCli(
  place: Place,
  args: readonly string[],
  options: { readonly env?: Environment; readonly input?: string } = {},
): Promise<Ended> {
  const child = spawn(PROGRAM, place, args, options.env ?? {}, options.input);
  const [exitCode, stdout, stderr] = await Promise.all([child.exited, child.stdout.text(), child.stderr.text()]);
  return { exitCode, stdout, stderr };
}

/** The standard output of a command that has to succeed, without the last line break. */
export async function succeed(place: Place, args: readonly string[], env: Environment = {}): Promise<string> {
  const { exitCode, stdout, stderr } = await runCli(place, args, { env });
  if (exitCode !== 0) throw new Error(`${args.join(" ")} ended with ${exitCode}: ${stderr}`);
  return stdout.trimEnd();
}

/** A server on a free port that has said it is ready. `await using` kills it if the test has not stopped it. */
export function startServer(place: Place, env: Environment = {}) {
  return startProgram(PROGRAM, place, env);
}

/** The same, whatever program is under test. */
export function startServerFromSource(place: Place) {
  return startProgram(SOURCE, place, {});
}

async function startProgram(program: readonly string[], place: Place, env: Environment) {
  const child = spawn(program, place, ["serve"], { PORT: "0", ...env });
  const stderr = child.stderr.text();
  const output = lines(child.stdout);
  const first = await withTimeout(output.next());
  const url = /^IntegrationSync is ready on (http:\S+)$/.exec(first.value ?? "")?.[1];
  if (!url) throw new Error(`the server said "${first.value}" and ${await stderr}`);
  return {
    url,
    port: Number(new URL(url).port),
    process: child,
    stderr,
    /** The lines after the first. */
    async saidBesides(): Promise<string[]> {
      const rest: string[] = [];
      for await (const line of output) rest.push(line);
      return rest;
    },
    /** Sends SIGTERM and gives the exit code. */
    stop(): Promise<number> {
      child.kill("SIGTERM");
      return child.exited;
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await child.exited;
    },
  };
}

/** Asks again until the answer is as wanted, and gives the last one: commands take effect in a running server soon. */
export async function askUntil<T>(ask: () => Promise<T>, isWanted: (answer: T) => boolean): Promise<T> {
  const deadline = performance.now() + 10_000;
  for (;;) {
    const answer = await ask();
    if (isWanted(answer) || performance.now() > deadline) return answer;
    await Bun.sleep(20);
  }
}

function spawn(program: readonly string[], place: Place, args: readonly string[], env: Environment, input?: string) {
  return Bun.spawn([...program, ...args], {
    cwd: place.path,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...place.env, ...env },
    stdin: input === undefined ? "ignore" : new TextEncoder().encode(input),
    stdout: "pipe",
    stderr: "pipe",
  });
}

async function* lines(stream: ReadableStream<Uint8Array>): AsyncGenerator<string, undefined> {
  let rest = "";
  const decoder = new TextDecoder();
  for await (const bytes of stream) {
    const parts = (rest + decoder.decode(bytes, { stream: true })).split("\n");
    rest = parts.pop() ?? "";
    yield* parts;
  }
  if (rest !== "") yield rest;
}

function withTimeout<T>(promise: Promise<T>): Promise<T> {
  const late = Bun.sleep(READY_WITHIN_MS).then((): never => {
    throw new Error(`nothing was said within ${READY_WITHIN_MS} ms`);
  });
  return Promise.race([promise, late]);
}
