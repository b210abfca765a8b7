import { expect } from "bun:test";
import type { ApiClient } from "./api-client.ts";

/** Somebody who answers with what was sent, as the system that a workflow calls. */
export interface Sink {
  readonly url: string;
  readonly host: string;
  readonly received: { readonly path: string; readonly authorization: string | null; readonly key: string | null }[];
  /** What it answers the next request with instead of 200. */
  failNext(status: number): void;
  stop(): Promise<void>;
}

export function startSink(): Sink {
  const received: Sink["received"] = [];
  let nextStatus = 200;
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    async fetch(request) {
      const { headers } = request;
      const path = new URL(request.url).pathname;
      received.push({ path, authorization: headers.get("authorization"), key: headers.get("x-key") });
      const status = nextStatus;
      nextStatus = 200;
      return Response.json({ got: await request.json() }, { status });
    },
  });
  return {
    url: `http://127.0.0.1:${server.port}`,
    host: `127.0.0.1:${server.port}`,
    received,
    failNext(status) {
      nextStatus = status;
    },
    stop: () => server.stop(true),
  };
}

/**
 * One visit to every route, as an integrator would go through them: connect, build, publish, run, look, decide,
 * replay, clean up. Returns the operations' methods and paths that were called, by template.
 */
export async function tellStory(
  api: ApiClient,
  sink: Sink,
  deliver: (webhookUrl: string, body: object) => Promise<string>,
) {
  // Connect -----------------------------------------------------------------------------------------------------------
  const connectors = await api("GET", "/connectors");
  expect(connectors.body.data.map((each: { name: string }) => each.name)).toContain("http");
  expect((await api("GET", "/connectors/http")).body.actions[0].name).toBe("request");

  const connection = await api("POST", "/connections", {
    body: { connector: "http", name: "CRM", scheme: "bearer", credential: { token: "t0ken" }, hosts: [sink.host] },
  });
  expect(connection.status).toBe(201);
  expect(JSON.stringify(connection.body)).not.toContain("t0ken");
  const connectionPath = `/connections/${connection.body.id}`;
  expect(connection.headers.get("location")).toBe(`/api/v1${connectionPath}`);
  expect((await api("POST", `${connectionPath}/test`)).body).toEqual({ ok: true, problem: null, asked: false });
  expect((await api("PATCH", connectionPath, { body: { name: "The CRM" } })).body.name).toBe("The CRM");
  expect((await api("GET", "/connections")).body.data).toEqual([(await api("GET", connectionPath)).body]);

  expect((await api("GET", `${connectionPath}/health`)).body).toMatchObject({ events: [], usedBy: [], parkedRuns: 0 });
  expect((await api("GET", `${connectionPath}/headroom`)).body).toMatchObject({ limits: [], callsUnderWay: 0 });
  // Its fields are the same for every account.
  for (const path of ["actions/request/choices", "actions/request/fields"])
    expect((await api("POST", `/connectors/http/${path}`, { body: { field: ["url"] } })).status).toBe(404);
  const asked = { connection: null, field: ["methods"], input: {}, search: "", cursor: null };
  expect((await api("POST", "/connectors/webhook/triggers/request/choices", { body: asked })).status).toBe(404);

  // Variables ---------------------------------------------------------------------------------------------------------
  expect((await api("PUT", "/variables", { body: { data: [{ name: "region", value: "EU" }] } })).status).toBe(200);
  const variables = await api("GET", "/variables");
  expect(variables.body.data).toMatchObject([{ name: "region", value: "EU" }]);
  expect((await api("PUT", "/variables", { body: variables.body })).body).toEqual(variables.body);

  // Build and publish -------------------------------------------------------------------------------------------------
  const definition = leadDefinition(sink.url, connection.body.id);
  const created = await api("POST", "/workflows", { body: definition });
  expect(created.status).toBe(201);
  expect(created.body).toMatchObject({
    name: "Leads",
    definition,
    publishedVersion: null,
    latestVersion: 0,
    revision: 1,
  });
  const { id } = created.body;
  const path = `/workflows/${id}`;
  expect((await api("GET", path)).body).toEqual(created.body);
  expect((await api("POST", `${path}/runs`)).status).toBe(409);

  const renamed = await api("PUT", path, { body: { ...definition, name: "New leads", revision: 1 } });
  expect(renamed.body).toMatchObject({ name: "New leads", revision: 2 });
  expect(renamed.headers.get("etag")).toBe('"2"');
  expect((await api("PUT", path, { body: definition, headers: { "If-Match": '"1"' } })).status).toBe(409);

  const published = await api("POST", `${path}/publish`);
  expect(published.body).toEqual({ version: 1, webhookUrl: expect.stringMatching(/\/hooks\/[\w-]{20,}$/) });
  expect((await api("GET", path)).body).toMatchObject({ publishedVersion: 1, webhookUrl: published.body.webhookUrl });
  expect((await api("GET", `${path}/trigger`)).body).toMatchObject({ state: "off", problem: null, nextAt: null });
  expect((await api("GET", `${path}/versions`)).body.data).toMatchObject([
    { version: 1, definition: { name: "New leads" } },
  ]);
  expect((await api("GET", "/workflows")).body.data).toMatchObject([{ id, publishedVersion: 1 }]);

  // Run, decide, look -------------------------------------------------------------------------------------------------
  const runId = await deliver(published.body.webhookUrl, { id: 7, region: "EU" });
  const waiting = await until(api, runId, (run) => run.status === "waiting");
  expect(waiting).toMatchObject({ workflowId: id, version: 1, waitingFor: "approval", replayOf: null, error: null });
  expect(waiting.trigger).toMatchObject({ body: { id: 7, region: "EU" }, method: "POST" });
  expect(waiting.steps).toMatchObject([
    {
      stepId: "shape",
      path: "shape",
      kind: "set",
      status: "succeeded",
      output: { region: "EU", lead: 7 },
      attempts: 1,
    },
    { stepId: "ok", kind: "approval", status: "waiting", waitingFor: "approval", finishedAt: null },
  ]);
  const approval = waiting.steps[1].id;
  const noStep = await api("POST", `/runs/${runId}/steps/step_nothing/approve`);
  expect(noStep.body).toMatchObject({ status: 404, detail: `Run ${runId} has no step step_nothing.` });
  const approved = await api("POST", `/runs/${runId}/steps/${approval}/approve`, { body: { comment: "Go on." } });
  expect(approved.status).toBe(200);
  expect(approved.body.steps[1]).toMatchObject({ status: "succeeded", output: { approved: true, comment: "Go on." } });
  expect((await api("POST", `/runs/${runId}/steps/${approval}/approve`)).status).toBe(409);

  const done = await until(api, runId, (run) => run.status === "succeeded");
  const send = done.steps.find((step: { stepId: string }) => step.stepId === "send");
  expect(send).toMatchObject({ status: "succeeded", attempts: 1, output: { status: 200, body: { got: { lead: 7 } } } });
  expect(send.input.headers).toEqual({ "X-Token": "••••" });
  expect(sink.received.at(-1)).toEqual({ path: "/leads", authorization: "Bearer t0ken", key: send.idempotencyKey });
  expect(Date.parse(send.startedAt)).toBeLessThanOrEqual(Date.parse(send.finishedAt));

  // Reject, review, cancel --------------------------------------------------------------------------------------------
  const second = await start(api, path);
  const rejected = await api("POST", `/runs/${second}/steps/${await waitingStep(api, second)}/reject`);
  expect(rejected.body.steps[1]).toMatchObject({ status: "succeeded", output: { approved: false } });
  expect(
    (await until(api, second, (run) => run.status === "succeeded")).steps.map(
      (step: { stepId: string }) => step.stepId,
    ),
  ).not.toContain("send");

  const third = await start(api, path);
  sink.failNext(500);
  await api("POST", `/runs/${third}/steps/${await waitingStep(api, third)}/approve`, { body: {} });
  const unclear = await until(api, third, (run) => run.status === "needs_review");
  const review = unclear.steps.find((step: { status: string }) => step.status === "needs_review");
  expect(review).toMatchObject({ stepId: "send", error: { code: expect.any(String) } });
  const resolved = await api("POST", `/runs/${third}/steps/${review.id}/resolve`, {
    body: { as: "done", output: { by: "hand" } },
  });
  expect(resolved.body.steps.find((step: { stepId: string }) => step.stepId === "send")).toMatchObject({
    status: "succeeded",
    output: { by: "hand" },
  });

  const fourth = await start(api, path);
  await waitingStep(api, fourth);
  const cancelled = await api("POST", `/runs/${fourth}/cancel`);
  expect(cancelled.body).toMatchObject({ id: fourth, status: "cancelled", waitingFor: null });
  expect((await api("POST", `/runs/${fourth}/cancel`)).body.code).toBe("run_ended");

  // Replay, lists -----------------------------------------------------------------------------------------------------
  const replay = await api("POST", `/runs/${fourth}/replay`, { body: { from: "start" } });
  expect(replay.status).toBe(202);
  expect((await api("GET", `/runs/${replay.body.runId}`)).body.replayOf).toBe(fourth);
  await waitingStep(api, replay.body.runId);
  await api("POST", `/runs/${replay.body.runId}/cancel`);

  const key = { "Idempotency-Key": "order-1" };
  const first = await api("POST", `${path}/runs`, { body: { input: { id: 1 } }, headers: key });
  const again = await api("POST", `${path}/runs`, { body: { input: { id: 1 } }, headers: key });
  expect(again.body).toEqual({ runId: first.body.runId, duplicate: true });

  const runs = await api("GET", `/runs?workflowId=${id}&limit=2`);
  expect(runs.body.data).toHaveLength(2);
  expect(runs.body.data[0].id).toBe(first.body.runId);
  const older = await api("GET", `/runs?workflowId=${id}&limit=2&cursor=${runs.body.nextCursor}`);
  expect(older.body.data[0].id < runs.body.data[1].id).toBe(true);
  const ended = await api("GET", "/runs?status=cancelled");
  expect(ended.body.data.map((run: { id: string }) => run.id)).toEqual([replay.body.runId, fourth]);

  const usage = await api("GET", "/usage?days=2");
  expect(usage.body.data.reduce((sum: number, day: { runs: number }) => sum + day.runs, 0)).toBe(6);
  const audit = await api("GET", "/audit?limit=200");
  const actions = audit.body.data.map((entry: { action: string }) => entry.action);
  for (const action of [
    "connection.created",
    "workflow.created",
    "workflow.published",
    "run.cancelled",
    "run.replayed",
  ])
    expect(actions).toContain(action);

  // Clean up ----------------------------------------------------------------------------------------------------------
  const apiKey = await api("POST", "/api-keys", {
    body: { name: "reader", scopes: ["read"], expiresAt: "2090-01-01T00:00:00Z" },
  });
  expect(apiKey.body.key).toStartWith("isk_");
  const listed = (await api("GET", "/api-keys")).body.data.find((each: { id: string }) => each.id === apiKey.body.id);
  expect(listed).toMatchObject({ name: "reader", scopes: ["read"], expiresAt: "2090-01-01T00:00:00.000Z" });
  expect((await api("DELETE", `/api-keys/${apiKey.body.id}`)).status).toBe(204);

  expect((await api("DELETE", connectionPath)).body.code).toBe("connection_in_use");
  expect((await api("POST", `${path}/unpublish`)).status).toBe(204);
  expect((await api("GET", path)).body).toMatchObject({ publishedVersion: null, webhookUrl: null });
  expect((await api("DELETE", path)).status).toBe(204);
  expect((await api("GET", path)).status).toBe(404);
  expect((await api("DELETE", connectionPath)).status).toBe(204);
  expect((await api("GET", connectionPath)).status).toBe(404);
}

function leadDefinition(url: string, connection: string) {
  return {
    name: "Leads",
    trigger: { connector: "webhook", trigger: "request", input: { dedupeBy: "{{ trigger.body.id }}" } },
    steps: [
      { id: "shape", kind: "set", values: { region: "{{ vars.region }}", lead: "{{ trigger.body.?id.orValue(0) }}" } },
      { id: "ok", kind: "approval", message: "Send lead {{ steps.shape.output.lead }}?", timeout: "P3D" },
      {
        id: "if_ok",
        kind: "branch",
        branches: [
          {
            name: "approved",
            when: { expression: "steps.ok.output.approved" },
            steps: [
              {
                id: "send",
                kind: "action",
                connector: "http",
                action: "request",
                connection,
                input: {
                  method: "POST",
                  url: `${url}/leads`,
                  headers: { "X-Token": "own" },
                  body: { lead: "{{ steps.shape.output.lead }}" },
                  idempotencyHeader: "X-Key",
                },
                // So that an unclear outcome is a person's to decide, not the key's.
                effect: "unsafe",
              },
            ],
          },
        ],
      },
    ],
  };
}

async function start(api: ApiClient, workflowPath: string): Promise<string> {
  const started = await api("POST", `${workflowPath}/runs`, { body: {} });
  expect(started.status).toBe(202);
  return started.body.runId;
}

/** The row id of the step that waits for a decision. */
async function waitingStep(api: ApiClient, runId: string): Promise<string> {
  const run = await until(api, runId, (each) => each.status === "waiting");
  return run.steps.find((step: { status: string }) => step.status === "waiting").id;
}

/** The run once it is as wanted; fails after twenty seconds, showing how it stood then. */
export async function until(api: ApiClient, runId: string, wanted: (run: { status: string }) => boolean) {
  for (const end = performance.now() + 20_000; ; ) {
    const { body } = await api("GET", `/runs/${runId}`);
    if (wanted(body)) return body;
    if (performance.now() > end) throw new Error(`The run is not as wanted: ${JSON.stringify(body)}`);
    await Bun.sleep(20);
  }
}
