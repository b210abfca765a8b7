import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type StartedApp, startApp } from "../start-app.ts";
import { createApiClient } from "./api-client.ts";
import { findUntruths } from "./contract.ts";
import { type Prism, startPrism } from "./start-prism.ts";
import { type Sink, startSink, tellStory } from "./story.ts";

let app: StartedApp;
let sink: Sink;
let prism: Prism;

beforeAll(async () => {
  app = await startApp();
  sink = startSink();
  prism = await startPrism(app.url);
}, 60_000);
afterAll(async () => {
  await prism?.stop();
  await app.stop();
  await sink.stop();
});

describe("behind a proxy that holds every request and every answer to the document", () => {
  test("an integrator goes through every route", async () => {
    const tenant = await app.createTenant("prism");
    const api = createApiClient(prism.url, await tenant.createKey());
    await tellStory(api, sink, async (webhookUrl, body) => {
      const response = await fetch(app.url + new URL(webhookUrl).pathname, {
        method: "POST",
        body: JSON.stringify(body),
      });
      return ((await response.json()) as { runId: string }).runId;
    });
    expect(prism.refusals()).toEqual([]);
  }, 120_000);

  test("refusals pass as they are documented", async () => {
    const tenant = await app.createTenant("prism-refusals");
    const reader = createApiClient(prism.url, await tenant.createKey(["read"]));
    expect((await reader("DELETE", "/workflows/wf_1")).body.code).toBe("forbidden");
    const writer = createApiClient(prism.url, await tenant.createKey());
    expect((await writer("GET", "/runs/run_1")).body.code).toBe("not_found");
    expect((await writer("GET", "/runs?cursor=nonsense")).body.code).toBe("invalid");
    const stranger = createApiClient(prism.url, "isk_nobody");
    expect((await stranger("GET", "/runs")).body.code).toBe("unauthenticated");
  });

  test("the proxy would notice", async () => {
    const tenant = await app.createTenant("prism-notices");
    const headers = { authorization: `Bearer ${await tenant.createKey()}` };
    const response = await fetch(`${prism.url}/api/v1/runs?limit=many`, { headers });
    expect(response.status).toBe(422);
    expect(await response.text()).toContain("prism/errors");
  });
});

describe("the tests' own look at the document notices", () => {
  const answer = (status: number, type = "application/json") =>
    new Response(null, { status, headers: { "content-type": type } });

  test.each([
    ["an undocumented address", "GET", "/api/v1/nothing", answer(200), {}],
    ["an undocumented status", "GET", "/api/v1/usage", answer(404, "application/problem+json"), {}],
    ["another type", "GET", "/api/v1/usage", answer(200, "text/plain"), "x"],
    ["a field too many", "GET", "/api/v1/usage", answer(200), { data: [], nextCursor: null, extra: 1 }],
    ["a field too few", "GET", "/api/v1/usage", answer(200), { data: [] }],
    [
      "a wrong value inside a list",
      "GET",
      "/api/v1/usage",
      answer(200),
      { data: [{ day: "today", runs: 1 }], nextCursor: null },
    ],
    ["a missing header", "POST", "/api/v1/workflows", answer(401, "application/problem+json"), {}],
    ["a body where there is none", "DELETE", "/api/v1/workflows/wf_1", answer(204), {}],
  ])("%s", (_what, method, path, response, body) => {
    expect(findUntruths(method, path, response, body)).not.toEqual([]);
  });
});

test("the document is served to anybody, as OpenAPI 3.1", async () => {
  const response = await fetch(`${app.url}/api/v1/openapi.json`);
  expect(response.headers.get("content-type")).toBe("application/json");
  const document = (await response.json()) as { openapi: string; paths: Record<string, object> };
  expect(document.openapi).toBe("3.1.0");
  expect(Object.keys(document.paths)).toContain("/api/v1/runs/{id}/steps/{rowId}/resolve");
});
