import { expect } from "bun:test";
import type { z } from "zod";
import type { WorkflowDefinition } from "../../src/domain/workflow.ts";
import type { run, runSummary } from "../../src/http/api/show-run.ts";
import { type ApiClient, createApiClient } from "../api/api-client.ts";
import { BACKEND, openTestStorage, type TestStorage } from "../test-storage.ts";
import { until } from "../until.ts";
import { findBinary } from "./find-binary.ts";
import { type LaunchOptions, launchServer, type ServerProcess, serverEnvironment } from "./server-process.ts";

export type ShownRun = z.infer<typeof run>;
export type RunInList = z.infer<typeof runSummary>;
export type StartOptions = Omit<LaunchOptions, "storage">;

/** Storage with one tenant and its API key, on which the binary is started and killed again and again. */
export interface Installation {
  readonly storage: TestStorage;
  /** Starts the server and waits until it is ready. */
  start(options?: StartOptions): Promise<Server>;
  /** The same without waiting; `serve` makes a `Server` of it. */
  launch(options?: StartOptions): ServerProcess;
  serve(launched: ServerProcess): Promise<Server>;
  /** Kills what still runs and removes the storage. */
  close(): Promise<void>;
}

/** A running server and what its tenant can do with it. */
export interface Server extends ServerProcess {
  readonly url: string;
  readonly api: ApiClient;
  publish(definition: WorkflowDefinition): Promise<Published>;
  /** Posts to a webhook and expects 202; gives the run's id. */
  deliver(workflow: Published, body: object): Promise<string>;
  find(runId: string): Promise<ShownRun>;
  /** All of the workspace's runs. */
  listRuns(): Promise<readonly RunInList[]>;
  /** Gives the run as soon as it `matches`. */
  untilRun(runId: string, matches: (run: ShownRun) => boolean, timeoutMs?: number): Promise<ShownRun>;
}

export interface Published {
  readonly id: string;
  /** Such as `/hooks/…`; empty without a webhook. The server's port changes from start to start. */
  readonly path: string;
}

export interface InstallationOptions {
  readonly backend?: TestStorage["kind"];
  /** Where the data directory is made, when the machine's temporary folder will not do. */
  readonly parent?: string;
  /**
   * True when several servers share the storage: what a killed one held is then waited for, as it is in production.
   * Otherwise nobody waits: the lease is over with the kill.
   */
  readonly severalServers?: boolean;
}

export async function openInstallation(options: InstallationOptions = {}): Promise<Installation> {
  const storage = await openTestStorage(options.backend ?? BACKEND, options);
  const started: ServerProcess[] = [];
  runCommand(storage, "tenant", "create", "acme");
  const key = runCommand(storage, "api-key", "create", "--tenant", "acme", "--name", "test");

  const launch = (launchOptions: StartOptions = {}): ServerProcess => {
    const server = launchServer({ storage, ...launchOptions });
    started.push(server);
    if (options.severalServers) return server;
    return {
      ...server,
      async kill() {
        await server.kill();
        await storage.expireLeases();
      },
      async terminate() {
        const ended = await server.terminate();
        if (ended !== 0) await storage.expireLeases();
        return ended;
      },
    };
  };
  const serve = async (launched: ServerProcess) => openServer(launched, await launched.ready, key);
  return {
    storage,
    launch,
    serve,
    start: (launchOptions) => serve(launch(launchOptions)),
    async close() {
      await Promise.all(started.map((server) => server.kill()));
      await storage.remove();
    },
  };
}

/** What the command printed, without the line's end. */
function runCommand(storage: TestStorage, ...words: string[]): string {
  const ran = Bun.spawnSync([findBinary(), ...words], { cwd: storage.dataDir, env: serverEnvironment(storage) });
  expect(ran.exitCode, ran.stderr.toString()).toBe(0);
  return ran.stdout.toString().trim();
}

/** Posts as a webhook's sender does. Every delivery has its own connection, so that none is repeated behind our back. */
export function post(
  url: string,
  body: object,
  headers: Readonly<Record<string, string>> = {},
  signal: AbortSignal | null = null,
): Promise<Response> {
  return fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
    keepalive: false,
    signal,
  });
}

function openServer(launched: ServerProcess, url: string, key: string): Server {
  const api = createApiClient(url, key);
  const find = async (runId: string): Promise<ShownRun> => {
    const { status, body } = await api("GET", `/runs/${runId}`);
    expect(status).toBe(200);
    return body;
  };
  return {
    ...launched,
    url,
    api,
    find,
    async publish(definition) {
      const created = await api("POST", "/workflows", { body: definition });
      expect(created.status, JSON.stringify(created.body)).toBe(201);
      const { id } = created.body;
      const published = await api("POST", `/workflows/${id}/publish`);
      expect(published.status).toBe(200);
      const { webhookUrl } = published.body;
      return { id, path: webhookUrl === undefined ? "" : new URL(webhookUrl).pathname };
    },
    async deliver(workflow, body) {
      const response = await post(url + workflow.path, body);
      const answer = (await response.json()) as { runId: string };
      expect({ status: response.status, ...answer }).toMatchObject({ status: 202 });
      return answer.runId;
    },
    async listRuns() {
      const all: RunInList[] = [];
      for (let cursor = ""; ; ) {
        const { body } = await api("GET", `/runs?limit=200${cursor}`);
        all.push(...body.data);
        if (body.nextCursor === null) return all;
        cursor = `&cursor=${encodeURIComponent(body.nextCursor)}`;
      }
    },
    async untilRun(runId, matches, timeoutMs) {
      let last: ShownRun | null = null;
      const look = async () => {
        last = await find(runId);
        return matches(last) ? last : null;
      };
      try {
        return await until(`run ${runId} as wanted`, look, timeoutMs);
      } catch (error) {
        throw new Error(`${(error as Error).message}\n${JSON.stringify(last)}\n${launched.log()}`);
      }
    },
  };
}
