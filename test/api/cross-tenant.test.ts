import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Route } from "../../src/http/api/route.ts";
import { apiRoutes } from "../../src/http/api/routes.ts";
import { encodeStepRowId } from "../../src/http/api/step-row-id.ts";
import { type StartedApp, startApp } from "../start-app.ts";
import { type ApiClient, createApiClient } from "./api-client.ts";
import { until } from "./story.ts";

/*
 * Another tenant's ids answer exactly like ids that there are not. Every route of the API is tried, found by its
 * declaration: a route that is added without a sample here fails this test.
 */

let app: StartedApp;
let ours: ApiClient;
let theirs: ApiClient;
/** What the other tenant has, by the first part of the path that it stands under. */
let owned: Readonly<Record<string, string>>;

const approval = encodeStepRowId({ path: "ok", iteration: [] });
const definition = {
  name: "Ours",
  trigger: { connector: "manual", trigger: "run", input: {} },
  steps: [{ id: "ok", kind: "approval", message: "Go on?" }],
};
const connection = {
  connector: "http",
  name: "CRM",
  scheme: "bearer",
  credential: { token: "a" },
  hosts: ["api.example.com"],
};

/** A valid body for each operation that takes one. */
const BODIES: Readonly<Record<string, object>> = {
  createWorkflow: definition,
  replaceWorkflow: definition,
  startRun: { input: 1 },
  replayRun: { from: "start" },
  resolveStep: { as: "skip" },
  approveStep: { comment: "yes" },
  rejectStep: { comment: "no" },
  createConnection: connection,
  updateConnection: { name: "Mine now" },
  listActionChoices: { field: ["url"] },
  listTriggerChoices: { field: ["methods"] },
  getActionFields: { field: ["url"] },
  createApiKey: { name: "key" },
  replaceVariables: { data: [{ name: "ours", value: 1 }] },
};

beforeAll(async () => {
  app = await startApp();
  ours = createApiClient(app.url, await (await app.createTenant("ours")).createKey());
  theirs = createApiClient(app.url, await (await app.createTenant("theirs")).createKey());
  const workflow = (await theirs("POST", "/workflows", { body: { ...definition, name: "Theirs" } })).body.id;
  await theirs("POST", `/workflows/${workflow}/publish`);
  const { runId } = (await theirs("POST", `/workflows/${workflow}/runs`)).body;
  await until(theirs, runId, ({ status }) => status === "waiting");
  owned = {
    workflows: workflow,
    runs: runId,
    connections: (await theirs("POST", "/connections", { body: connection })).body.id,
    "api-keys": (await theirs("POST", "/api-keys", { body: { name: "theirs" } })).body.id,
  };
  await theirs("PUT", "/variables", { body: { data: [{ name: "secret_of_theirs", value: 1 }] } });
}, 60_000);
afterAll(() => app.stop());

/** Connectors belong to nobody; they are the only things with a name in the address. */
const withIds = apiRoutes.filter(({ path }) => path.includes(":id"));
const withoutIds = apiRoutes.filter(({ path }) => !path.includes(":"));

test("every route either names an id, names a connector, or is about the whole workspace", () => {
  const others = apiRoutes.filter((route) => !withIds.includes(route) && !withoutIds.includes(route));
  expect(others.map(({ path }) => path)).toEqual([
    "/connectors/:name",
    "/connectors/:name/actions/:action/choices",
    "/connectors/:name/triggers/:trigger/choices",
    "/connectors/:name/actions/:action/fields",
  ]);
  for (const { body, operation } of apiRoutes)
    expect([operation, operation in BODIES]).toEqual([operation, body !== undefined]);
});

describe("an id of another tenant answers like one that there is not", () => {
  test.each(withIds.map((route) => [`${route.method} ${route.path}`, route] as const))("%s", async (_name, route) => {
    const foreign = owned[resourceOf(route)]!;
    const missing = `${foreign.slice(0, -6)}zzzzzz`;
    const answers = await Promise.all([foreign, missing].map((id) => call(ours, route, id)));
    const [toForeign, toMissing] = answers.map(({ status, body }) => ({ status, body: JSON.stringify(body) }));
    expect(toForeign!.body).toContain(foreign);
    expect({ ...toForeign, body: toForeign!.body.replaceAll(foreign, "ID") }).toEqual({
      ...toMissing!,
      body: toMissing!.body.replaceAll(missing, "ID"),
    });
    expect(toForeign!.status).toBe(404);
  });

  test("and nothing of it was changed", async () => {
    expect((await theirs("GET", `/workflows/${owned.workflows}`)).body).toMatchObject({
      name: "Theirs",
      revision: 1,
      publishedVersion: 1,
    });
    expect((await theirs("GET", `/runs/${owned.runs}`)).body).toMatchObject({ status: "waiting" });
    expect((await theirs("GET", `/connections/${owned.connections}`)).body).toMatchObject({ name: "CRM" });
    expect((await theirs("GET", "/api-keys")).body.data.map(({ id }: { id: string }) => id)).toContain(
      owned["api-keys"],
    );
  });
});

describe("what is about the whole workspace shows nothing of another tenant", () => {
  test.each(withoutIds.map((route) => [`${route.method} ${route.path}`, route] as const))(
    "%s",
    async (_name, route) => {
      const { status, body } = await call(ours, route, "");
      expect(status).toBeLessThan(300);
      for (const foreign of [...Object.values(owned), "secret_of_theirs", "Theirs"])
        expect(JSON.stringify(body)).not.toContain(foreign);
    },
  );

  test("GET /runs with the id of another tenant's workflow is empty, as with one that there is not", async () => {
    const { body } = await ours("GET", `/runs?workflowId=${owned.workflows}`);
    expect(body).toEqual({ data: [], nextCursor: null });
    expect((await ours("GET", "/runs?workflowId=wf_nothing")).body).toEqual(body);
  });

  test("lists go on from another tenant's cursor without showing what it leads to", async () => {
    await theirs("POST", "/workflows", { body: definition });
    const { nextCursor } = (await theirs("GET", "/workflows?limit=1")).body;
    const { status, body } = await ours("GET", `/workflows?limit=200&cursor=${nextCursor}`);
    expect(status).toBe(200);
    expect(JSON.stringify(body)).not.toContain(owned.workflows!);
  });
});

describe("a definition that names what belongs to another tenant", () => {
  const naming = (steps: object[]) => ({ ...definition, steps });
  const http = {
    id: "call",
    kind: "action",
    connector: "http",
    action: "request",
    input: { url: "https://api.example.com" },
  };
  const sub = { id: "sub", kind: "workflow" };

  test("is refused like one that names a connection that there is not", async () => {
    const errorsFor = async (id: string) => {
      const { status, body } = await ours("POST", "/workflows", { body: naming([{ ...http, connection: id }]) });
      expect(status).toBe(422);
      return JSON.stringify(body.errors).replaceAll(id, "ID");
    };
    expect(await errorsFor(owned.connections!)).toBe(await errorsFor("conn_nothing"));
  });

  test("cannot be published like one that names a workflow that there is not", async () => {
    const errorsFor = async (id: string) => {
      const { body: created } = await ours("POST", "/workflows", { body: naming([{ ...sub, workflow: id }]) });
      const { status, body } = await ours("POST", `/workflows/${created.id}/publish`);
      expect(status).toBe(422);
      return JSON.stringify(body.errors).replaceAll(id, "ID");
    };
    expect(await errorsFor(owned.workflows!)).toBe(await errorsFor("wf_nothing"));
  });
});

function resourceOf(route: Route): string {
  return route.path.split("/")[1]!;
}

function call(api: ApiClient, route: Route, id: string) {
  const path = route.path.replace(":id", id).replace(":rowId", approval);
  const body = BODIES[route.operation];
  return api(route.method, path, body === undefined ? {} : { body });
}
