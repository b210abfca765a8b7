import { afterAll, beforeAll, expect, test } from "bun:test";
import { apiRoutes } from "../../src/http/api/routes.ts";
import { type StartedApp, startApp } from "../start-app.ts";
import { type ApiClient, createApiClient } from "./api-client.ts";
import { until } from "./story.ts";

let app: StartedApp;
let api: ApiClient;
let workflow = "";

beforeAll(async () => {
  app = await startApp();
  api = createApiClient(app.url, await (await app.createTenant("pages")).createKey());
  const definition = { name: "W", trigger: { connector: "manual", trigger: "run", input: {} }, steps: [] };
  const connection = {
    connector: "http",
    name: "C",
    scheme: "bearer",
    credential: { token: "t" },
    hosts: ["a.example"],
  };
  for (let count = 0; count < 5; count += 1) {
    workflow = (await api("POST", "/workflows", { body: definition })).body.id;
    await api("POST", "/connections", { body: connection });
    await api("POST", "/api-keys", { body: { name: `key ${count}` } });
  }
  for (let count = 0; count < 5; count += 1) {
    await api("PUT", `/workflows/${workflow}`, { body: { ...definition, name: `W${count}` } });
    await api("POST", `/workflows/${workflow}/publish`);
    const { runId } = (await api("POST", `/workflows/${workflow}/runs`)).body;
    // Lists are compared below: nothing in them may move meanwhile.
    await until(api, runId, ({ status }) => status === "succeeded");
  }
});
afterAll(() => app.stop());

const lists = apiRoutes.filter(({ query }) => query && "cursor" in query.shape).map(({ path }) => path);

test("the lists that have pages are these", () => {
  expect(lists.toSorted()).toEqual([
    "/api-keys",
    "/audit",
    "/connections",
    "/connectors",
    "/runs",
    "/workflows",
    "/workflows/:id/versions",
  ]);
});

test.each(lists)("%s shows everything once, in the same order, whatever the size of the pages", async (list) => {
  const path = list.replace(":id", workflow);
  const whole = await api("GET", `${path}?limit=200`);
  expect(whole.body.data.length).toBeGreaterThan(3);
  expect(whole.body.nextCursor).toBeNull();
  const walked: unknown[] = [];
  let cursor: string | null = null;
  do {
    const page = await api("GET", `${path}?limit=2${cursor === null ? "" : `&cursor=${cursor}`}`);
    expect(page.body.data.length).toBeLessThanOrEqual(2);
    walked.push(...page.body.data);
    cursor = page.body.nextCursor;
  } while (cursor !== null);
  expect(walked).toEqual(whole.body.data);
});

test("what is added while somebody turns the pages does not move the rest", async () => {
  const first = await api("GET", "/workflows?limit=2");
  const second = (await api("GET", `/workflows?limit=2&cursor=${first.body.nextCursor}`)).body.data;
  const trigger = { connector: "manual", trigger: "run", input: {} };
  await api("POST", "/workflows", { body: { name: "Newest", trigger, steps: [] } });
  expect((await api("GET", `/workflows?limit=2&cursor=${first.body.nextCursor}`)).body.data).toEqual(second);
});

test("50 are shown to who does not say how many", async () => {
  const { nextCursor } = (await api("GET", "/audit?limit=50")).body;
  expect((await api("GET", "/audit")).body.nextCursor).toBe(nextCursor);
});
