import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A validating proxy in front of the server: it refuses what the OpenAPI document does not allow, in either direction. */
export interface Prism {
  readonly url: string;
  /** What it refused since it was started, a line each. */
  readonly refusals: () => readonly string[];
  stop(): Promise<void>;
}

const START_LIMIT_MS = 30_000;

/** Starts `prism proxy --errors` with the document that the server itself gives out. */
export async function startPrism(serverUrl: string): Promise<Prism> {
  const folder = await mkdtemp(join(tmpdir(), "prism-"));
  const documentFile = join(folder, "openapi.json");
  await Bun.write(documentFile, await fetch(`${serverUrl}/api/v1/openapi.json`));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const program = Bun.resolveSync("@stoplight/prism-cli/dist/index.js", import.meta.dir);
  const prism = Bun.spawn(
    [
      process.execPath,
      program,
      "proxy",
      documentFile,
      serverUrl,
      "--errors",
      "--port",
      String(port),
      "--host",
      "127.0.0.1",
    ],
    { stdout: "pipe", stderr: "pipe", env: { ...process.env, NO_COLOR: "1" } },
  );
  let log = "";
  const keep = async (output: ReadableStream<Uint8Array<ArrayBuffer>>) => {
    for await (const text of output.pipeThrough(new TextDecoderStream())) log += text;
  };
  const kept = Promise.all([keep(prism.stdout), keep(prism.stderr)]);
  const stop = async () => {
    prism.kill();
    await prism.exited;
    await kept;
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await answers(url, () => prism.exitCode !== null);
  } catch (cause) {
    await stop();
    throw new Error(`prism did not start: ${log}`, { cause });
  }
  return { url, refusals: () => log.split("\n").filter(isRefusal), stop };
}

/** Being asked whether it answers, at an address that is not documented, is none. */
function isRefusal(line: string): boolean {
  return line.includes("terminated with error") && !line.includes("] get / ");
}

async function answers(url: string, hasEnded: () => boolean): Promise<void> {
  const giveUpAt = Date.now() + START_LIMIT_MS;
  for (;;) {
    try {
      await fetch(url);
      return;
    } catch (error) {
      if (hasEnded() || Date.now() > giveUpAt) throw error;
      await Bun.sleep(100);
    }
  }
}

/** Prism announces no port of its own choice. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}
