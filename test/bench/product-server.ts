import { mkdtempSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { WorkflowDefinition } from "../../src/domain/workflow.ts";
import { awaitAnswer, findFreePort } from "./await-answer.ts";

/** The server under test: how it is started, and the data directory that outlives its processes. */
export interface Installation {
  /** The binary, or bun and main.ts. */
  readonly command: readonly string[];
  readonly dataDir: string;
  readonly databaseFile: string;
  /** What the server is started with besides. */
  readonly environment: Readonly<Record<string, string>>;
  /** Of the tenant `bench`. */
  readonly apiKey: string;
}

export interface Product {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** From the start of the process to the first 200 of `/readyz`. */
  readonly readyMs: number;
  /** Gives the hook's URL and the workflow's id. */
  publish(definition: WorkflowDefinition): Promise<{ readonly hookUrl: string; readonly workflowId: string }>;
  getJson<T>(path: string): Promise<T>;
  /** A line of `/metrics`, such as `name{label="x"}`. */
  readMetric(line: string): Promise<number>;
  /** SIGTERM; the log of the database is folded in. */
  stop(): Promise<void>;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** Kills it if it still runs. */
  [Symbol.asyncDispose](): Promise<void>;
}

const METRICS_TOKEN = "bench";
const READY_WITHIN_MS = 60_000;

/** A new data directory with a tenant and a key, no server running. */
export async function prepareInstallation(
  command: readonly string[],
  folder: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<Installation> {
  const dataDir = mkdtempSync(join(folder, "data-"));
  const run = (...args: string[]) => runCommand([...command, ...args], { DATA_DIR: dataDir, ...environment });
  await run("tenant", "create", "bench");
  const apiKey = await run("api-key", "create", "--tenant", "bench", "--name", "bench");
  return { command, dataDir, apiKey, databaseFile: join(dataDir, "integrationsync.db"), environment };
}

export async function startProduct(installation: Installation): Promise<Product> {
  const { command, dataDir, environment } = installation;
  const port = findFreePort();
  const url = `http://127.0.0.1:${port}`;
  const logFile = join(dataDir, "server.log");
  const log = openSync(logFile, "a");
  const startedAt = performance.now();
  const child = Bun.spawn([...command, "serve"], {
    env: {
      ...ownEnvironment(),
      DATA_DIR: dataDir,
      PORT: `${port}`,
      PUBLIC_URL: url,
      METRICS_TOKEN,
      EGRESS_ALLOW: "127.0.0.0/8",
      // What the benchmark stores stays for as long as it runs.
      RUN_RETENTION_DAYS: "0",
      ...environment,
    },
    stdin: "ignore",
    stdout: log,
    stderr: log,
  });
  try {
    await awaitAnswer(port, "/readyz", READY_WITHIN_MS);
  } catch (cause) {
    child.kill("SIGKILL");
    throw new Error(`The server did not start: ${readFileSync(logFile, "utf8")}`, { cause });
  }
  const readyMs = performance.now() - startedAt;
  const end = async (signal: "SIGTERM" | "SIGKILL") => {
    child.kill(signal);
    await child.exited;
  };
  return {
    url,
    port,
    pid: child.pid,
    readyMs,
    ...createClient(url, installation.apiKey),
    stop: () => end("SIGTERM"),
    kill: () => end("SIGKILL"),
    [Symbol.asyncDispose]: () => end("SIGKILL"),
  };
}

function createClient(url: string, apiKey: string): Pick<Product, "publish" | "getJson" | "readMetric"> {
  const ask = async (path: string, init: RequestInit = {}): Promise<Response> => {
    const response = await fetch(url + path, {
      ...init,
      headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
    });
    if (!response.ok) throw new Error(`${path} was answered with ${response.status}: ${await response.text()}`);
    return response;
  };
  const post = async <T>(path: string, body?: unknown): Promise<T> =>
    (await (await ask(path, { method: "POST", ...(body ? { body: JSON.stringify(body) } : {}) })).json()) as T;
  return {
    async publish(definition) {
      const { id } = await post<{ id: string }>("/api/v1/workflows", definition);
      const { webhookUrl } = await post<{ webhookUrl: string }>(`/api/v1/workflows/${id}/publish`);
      return { hookUrl: webhookUrl, workflowId: id };
    },
    getJson: async <T>(path: string) => (await (await ask(path)).json()) as T,
    async readMetric(line) {
      const response = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${METRICS_TOKEN}` } });
      const value = (await response.text()).split("\n").find((each) => each.startsWith(`${line} `));
      if (value === undefined) throw new Error(`/metrics has no ${line}`);
      return Number(value.slice(line.length));
    },
  };
}

async function runCommand(command: readonly string[], env: Readonly<Record<string, string>>): Promise<string> {
  const child = Bun.spawn([...command], { env: { ...ownEnvironment(), ...env }, stdout: "pipe", stderr: "pipe" });
  const [exitCode, stdout, stderr] = await Promise.all([child.exited, child.stdout.text(), child.stderr.text()]);
  if (exitCode !== 0) throw new Error(`${command.slice(1).join(" ")} ended with ${exitCode}: ${stderr}`);
  return stdout.trim();
}

/** The server is measured as it comes, whatever is set in the shell that the benchmark is started from. */
function ownEnvironment(): Record<string, string> {
  return { PATH: process.env.PATH ?? "", HOME: process.env.HOME ?? "" };
}
