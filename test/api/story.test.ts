import { afterAll, beforeAll, expect, test } from "bun:test";
import { apiRoutes } from "../../src/http/api/routes.ts";
import { type StartedApp, startApp } from "../start-app.ts";
import { type ApiClient, createApiClient } from "./api-client.ts";
import { type Sink, startSink, tellStory } from "./story.ts";

let app: StartedApp;
let sink: Sink;

beforeAll(async () => {
  app = await startApp();
  sink = startSink();
});
afterAll(async () => {
  await app.stop();
  await sink.stop();
});

test("an integrator goes through every route, and every answer is what the OpenAPI document says", async () => {
  const tenant = await app.createTenant("story");
  const api = createApiClient(app.url, await tenant.createKey());
  const visited = new Set<string>();
  const watched: ApiClient = (method, path, request) => {
    visited.add(`${method} ${templateOf(method, path)}`);
    return api(method, path, request);
  };
  await tellStory(watched, sink, deliver);
  expect([...visited].sort()).toEqual(apiRoutes.map(({ method, path }) => `${method} ${path}`).sort());
  expect(app.errors).toEqual([]);
}, 60_000);

/** Which declared path a called one belongs to. */
function templateOf(method: string, path: string): string | undefined {
  const parts = path.split("?")[0]!.split("/");
  return apiRoutes.find((route) => {
    const wanted = route.path.split("/");
    return (
      route.method === method &&
      wanted.length === parts.length &&
      wanted.every((part, index) => part.startsWith(":") || part === parts[index])
    );
  })?.path;
}

/** Sends a delivery as the outside world would and gives the id of its run. */
async function deliver(webhookUrl: string, body: object): Promise<string> {
  const address = app.url + new URL(webhookUrl).pathname;
  const headers = { "content-type": "application/json" };
  const response = await fetch(address, { method: "POST", headers, body: JSON.stringify(body) });
  expect(response.status).toBe(202);
  return ((await response.json()) as { runId: string }).runId;
}
