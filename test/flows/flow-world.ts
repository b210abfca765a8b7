import { expect } from "bun:test";
import type { ConnectorRegistry } from "../../src/connector-sdk/connector.ts";
import type { Json, JsonObject } from "../../src/domain/json.ts";
import { isFinal, type RunStatus, type StepError, type TriggerPayload, type WaitingFor } from "../../src/domain/run.ts";
import type { Scope } from "../../src/domain/tenant.ts";
import type { ShownStep } from "../../src/http/api/show-steps.ts";
import { type ApiAnswer, type ApiClient, createApiClient } from "../api/api-client.ts";
import { type StartedApp, startApp } from "../start-app.ts";
import { type JumpingClock, jumpingClock } from "./jumping-clock.ts";
import { type Peer, startPeer } from "./peer.ts";

/** The real server, the system its workflows call, and somebody who builds workflows through the API. */
export interface FlowWorld extends Builder {
  readonly app: StartedApp;
  readonly clock: JumpingClock;
  /** The tenant's, for what only the server itself does. */
  readonly scope: Scope;
  readonly peer: Peer;
  /** Somebody in another tenant. */
  openBuilder(slug: string): Promise<Builder>;
  close(): Promise<void>;
}

/** What a tenant's builder does, all of it through the API; every answer is checked against the OpenAPI document. */
export interface Builder {
  readonly api: ApiClient;
  /** Creates and publishes a workflow. `trigger` is started by hand when it is left out. */
  publish(definition: Partial<Definition> & Pick<Definition, "steps">): Promise<Published>;
  /** Publishes the steps, runs them with the input, and gives the run as it stands once nothing moves any more. */
  run(steps: readonly JsonObject[], input?: Json): Promise<ShownRun>;
  find(runId: string): Promise<ShownRun>;
  /** The run once it is as wanted. */
  until(runId: string, wanted: RunStatus | ((run: ShownRun) => boolean)): Promise<ShownRun>;
  /** The run once it has ended or only a person can take it further. */
  settled(runId: string): Promise<ShownRun>;
  /** The run that a replay makes. */
  replay(runId: string, request: JsonObject): Promise<string>;
  /** Decides about a step: `approve`, `reject`, `resolve`. */
  decide(runId: string, step: ShownStep, what: string, body?: JsonObject): Promise<ApiAnswer>;
  connect(connection: JsonObject): Promise<string>;
  setVariables(values: JsonObject): Promise<void>;
}

export interface Definition {
  readonly name: string;
  readonly trigger: JsonObject;
  readonly steps: readonly JsonObject[];
  readonly responseTimeoutMs: number;
  readonly maxConcurrency: number;
}

export interface Published {
  readonly id: string;
  /** Where deliveries go; empty without a webhook. */
  readonly hook: string;
  start(input?: Json, headers?: Readonly<Record<string, string>>): Promise<string>;
  /** Sends a delivery: an object as JSON, anything else as it is. */
  deliver(body?: unknown, request?: DeliveryOptions): Promise<Response>;
  /** Sends a delivery and gives the run that it started. */
  accept(body?: unknown, request?: DeliveryOptions): Promise<string>;
  /** Publishes a changed definition. */
  change(definition: Partial<Definition>): Promise<void>;
}

interface DeliveryOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly query?: string;
}

export interface ShownRun {
  readonly id: string;
  readonly workflowId: string;
  readonly version: number;
  readonly status: RunStatus;
  readonly waitingFor: WaitingFor | null;
  readonly source: string;
  readonly trigger: TriggerPayload;
  readonly output: Json;
  readonly error: StepError | null;
  readonly replayOf: string | null;
  readonly createdAt: string;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  readonly steps: readonly ShownStep[];
}

export const BY_HAND = { connector: "manual", trigger: "run" };
export const BY_WEBHOOK = { connector: "webhook", trigger: "request" };

export async function openFlowWorld(
  environment: Readonly<Record<string, string>> = {},
  connectors: ConnectorRegistry = {},
): Promise<FlowWorld> {
  const clock = jumpingClock();
  const app = await startApp(environment, clock, null, connectors);
  const peer = startPeer();
  const openBuilder = async (slug: string) => createBuilder(app.url, await (await app.createTenant(slug)).createKey());
  const ours = await app.createTenant("ours");
  return {
    ...createBuilder(app.url, await ours.createKey()),
    scope: ours.scope,
    app,
    clock,
    peer,
    openBuilder,
    async close() {
      await app.stop();
      await peer.stop();
    },
  };
}

export function createBuilder(url: string, key: string): Builder {
  const api = createApiClient(url, key);
  const find = async (runId: string): Promise<ShownRun> => (await api("GET", `/runs/${runId}`)).body;
  const builder: Builder = {
    api,
    find,

    async publish(definition) {
      const whole = { name: "Flow", trigger: BY_HAND, ...definition };
      const created = await api("POST", "/workflows", { body: whole });
      expect(created.body).toMatchObject({ revision: 1 });
      const { id } = created.body;
      const published = await api("POST", `/workflows/${id}/publish`);
      expect(published.body).toMatchObject({ version: 1 });
      const hook = published.body.webhookUrl ? url + new URL(published.body.webhookUrl).pathname : "";
      return {
        id,
        hook,
        async start(input = null, headers = {}) {
          const started = await api("POST", `/workflows/${id}/runs`, { body: { input }, headers });
          expect(started.body).toMatchObject({ duplicate: expect.any(Boolean) });
          return started.body.runId;
        },
        deliver: (body, request) => sendDelivery(hook, body, request),
        async accept(body, request) {
          const response = await sendDelivery(hook, body, request);
          expect(response.status).toBe(202);
          return ((await response.json()) as { runId: string }).runId;
        },
        async change(changed) {
          expect((await api("PUT", `/workflows/${id}`, { body: { ...whole, ...changed } })).status).toBe(200);
          expect((await api("POST", `/workflows/${id}/publish`)).status).toBe(200);
        },
      };
    },

    async run(steps, input = null) {
      const workflow = await builder.publish({ steps });
      return builder.settled(await workflow.start(input));
    },

    async until(runId, wanted) {
      const holds = (run: ShownRun) => (typeof wanted === "string" ? run.status === wanted : wanted(run));
      const deadline = performance.now() + 20_000;
      for (;;) {
        const run = await find(runId);
        if (holds(run)) return run;
        if (performance.now() > deadline) throw new Error(`the run is not as wanted: ${JSON.stringify(run, null, 2)}`);
        await Bun.sleep(10);
      }
    },

    settled: (runId) => builder.until(runId, ({ status }) => isFinal(status) || status === "needs_review"),

    async replay(runId, request) {
      const replayed = await api("POST", `/runs/${runId}/replay`, { body: request });
      expect(replayed.body).toEqual({ runId: expect.any(String) });
      return replayed.body.runId;
    },

    decide: (runId, step, what, body) => api("POST", `/runs/${runId}/steps/${step.id}/${what}`, { body: body ?? {} }),

    async connect(connection) {
      const created = await api("POST", "/connections", { body: { name: "Peer", ...connection } });
      expect(created.body).toMatchObject({ state: "ready" });
      return created.body.id;
    },

    async setVariables(values) {
      const data = Object.entries(values).map(([name, value]) => ({ name, value }));
      expect((await api("PUT", "/variables", { body: { data } })).status).toBe(200);
    },
  };
  return builder;
}

function sendDelivery(hook: string, body: unknown = {}, request: DeliveryOptions = {}): Promise<Response> {
  const { method = "POST", headers = {}, query = "" } = request;
  const isRaw =
    typeof body === "string" ||
    body instanceof Uint8Array ||
    body instanceof FormData ||
    body instanceof URLSearchParams;
  const type: Record<string, string> = isRaw ? {} : { "content-type": "application/json" };
  const carriesBody = method !== "GET" && method !== "HEAD";
  return fetch(hook + query, {
    method,
    headers: { ...(carriesBody && type), ...headers },
    ...(carriesBody && { body: isRaw ? (body as string) : JSON.stringify(body) }),
  });
}

/** The step at a path, and in a loop at an iteration. */
export function stepAt(run: ShownRun, path: string, ...iteration: readonly number[]): ShownStep {
  const found = run.steps.find((step) => step.path === path && step.iteration.join() === iteration.join());
  if (!found) throw new Error(`the run has no step ${path}: ${JSON.stringify(run, null, 2)}`);
  return found;
}

/** The paths of the steps that were reached, in their order. */
export function reached(run: ShownRun): readonly string[] {
  return run.steps.map((step) => step.path);
}
