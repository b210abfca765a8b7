import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { PERMISSIONS, type Permission } from "../../src/domain/permission.ts";
import type { SignedIn } from "../../src/domain/signed-in.ts";
import { grantScope } from "../../src/domain/tenant.ts";
import { findStep } from "../../src/domain/walk-steps.ts";
import { workflowTemplate } from "../../src/domain/workflow-templates.ts";
import { workflowChoicePages } from "../../src/http/ui/workflow-choices.ts";
import { workflowDataPages } from "../../src/http/ui/workflow-data.ts";
import { workflowEditorPages } from "../../src/http/ui/workflow-editor.ts";
import { workflowJsonPages } from "../../src/http/ui/workflow-json.ts";
import { workflowStepPages } from "../../src/http/ui/workflow-steps.ts";
import { workflowTriggerPages } from "../../src/http/ui/workflow-trigger.ts";
import { workflowVersionPages } from "../../src/http/ui/workflow-versions.ts";
import { type StartedApp, startApp, type TestTenant } from "../start-app.ts";
import { until } from "../until.ts";

let app: StartedApp;
let ours: TestTenant;
let theirs: TestTenant;

beforeAll(async () => {
  app = await startApp();
  [ours, theirs] = [await app.createTenant("ours"), await app.createTenant("theirs")];
  const people: Readonly<Record<string, SignedIn>> = {
    owner: signedIn(ours, new Set(PERMISSIONS)),
    viewer: signedIn(ours, new Set<Permission>(["workflow.read", "run.read"])),
    stranger: signedIn(theirs, new Set(PERMISSIONS)),
  };
  Object.assign(app.app.services, {
    sessions: { authenticate: async (request: Request) => people[request.headers.get("x-person") ?? ""] ?? null },
  });
});
afterAll(() => app.stop());

function signedIn({ scope }: TestTenant, permissions: ReadonlySet<Permission>): SignedIn {
  return {
    user: { id: "user_1", email: "ada@acme.example", name: "Ada" },
    role: "owner",
    scope: grantScope(scope.tenantId, scope.workspaceId, { kind: "user", id: "user_1" }, permissions),
    tenant: { id: scope.tenantId, slug: "ours" },
    workspace: { id: scope.workspaceId, slug: "default" },
    sessionId: "session_1",
    csrfToken: "token",
  };
}

type Fields = Readonly<Record<string, string>>;
const html = { accept: "text/html" };

const get = (path: string, person = "owner") =>
  fetch(app.url + path, { headers: { ...html, "x-person": person }, redirect: "manual" });
const post = (path: string, fields: Fields = {}, person = "owner", headers: Fields = {}) =>
  fetch(app.url + path, {
    method: "POST",
    body: new URLSearchParams({ _csrf: "token", ...fields }),
    headers: { ...html, origin: app.url, "x-person": person, ...headers },
    redirect: "manual",
  });

const create = async () => (await app.app.services.workflows.create(ours.scope, workflowTemplate("starter", ""))).id;
const steps = async (id: string) => (await app.app.services.drafts.open(ours.scope, id)).draft.definition.steps;
const stepOf = async (id: string, stepId: string) =>
  findStep((await app.app.services.drafts.open(ours.scope, id)).draft.definition, stepId);

const PAGES = [
  ...workflowEditorPages,
  ...workflowStepPages,
  ...workflowTriggerPages,
  ...workflowDataPages,
  ...workflowVersionPages,
  ...workflowJsonPages,
  ...workflowChoicePages,
];
/** What the owner would send, so that nothing but who asks can be the reason. */
const SENT: Readonly<Record<string, Fields>> = {
  "/workflows/:id/steps": { choice: "kind:set" },
  "/workflows/:id/steps/:stepId/kind": { choice: "kind:set" },
  "/workflows/:id/restore-step": { step: '{"id":"x","kind":"set","values":{}}' },
  "/workflows/:id/trigger/choose": { choice: "manual:run" },
  "/workflows/:id/json": { definition: JSON.stringify(workflowTemplate("blank", "x")) },
};
const addressOf = (path: string, id: string) =>
  path.replace(":id", id).replace(":stepId", "send").replace(":version", "1");

describe("every page of a workflow", () => {
  test.each(PAGES.map((page) => [`${page.method} ${page.path}`, page] as const))(
    "%s: a stranger finds nothing, a viewer changes nothing, nobody gets in without a session or a token",
    async (_, { method, path }) => {
      const id = await create();
      await app.app.services.workflows.publish(ours.scope, id);
      const address = addressOf(path, id);
      const before = JSON.stringify(await app.app.services.drafts.open(ours.scope, id));
      const send = (person: string, fields: Fields = {}) =>
        method === "GET" ? get(address, person) : post(address, { ...SENT[path], ...fields }, person);
      expect((await send("stranger")).status).toBe(404);
      expect((await send("nobody")).status).toBe(303);
      const isForViewers = method === "GET" && !path.endsWith("/choices");
      expect((await send("viewer")).status).toBe(isForViewers ? 200 : 403);
      if (method === "POST") expect((await send("owner", { _csrf: "wrong" })).status).toBe(403);
      expect(JSON.stringify(await app.app.services.drafts.open(ours.scope, id))).toBe(before);
    },
  );

  test("shows a viewer everything but the URL, and nothing to press", async () => {
    const id = await create();
    await app.app.services.workflows.publish(ours.scope, id);
    const page = await (await get(`/workflows/${id}?trigger=`, "viewer")).text();
    expect(page).toContain("Read only");
    expect(page).not.toContain("/hooks/");
    expect(page).not.toContain('hx-post="/workflows/' + id + "/publish");
    expect(page).toContain("<fieldset disabled");
    expect(await (await get(`/workflows/${id}?trigger=`)).text()).toContain("/hooks/");
  });
});

describe("without scripts", () => {
  test("a step is added, filled in, moved and deleted by plain forms", async () => {
    const id = await create();
    const added = await post(`/workflows/${id}/steps`, { lane: "", after: "check", choice: "kind:delay" });
    expect([added.status, added.headers.get("location")]).toEqual([303, `/workflows/${id}?step=delay`]);
    const page = await (await get(`/workflows/${id}?step=delay`)).text();
    const base = /name="base" value="([0-9a-f]+)"/.exec(page)![1]!;
    const saved = await post(`/workflows/${id}/steps/delay`, { base, "step.unit": "hours", "step.amount": "2" });
    expect(saved.status).toBe(303);
    expect(await stepOf(id, "delay")).toEqual({ id: "delay", kind: "delay", for: "PT2H" });
    await post(`/workflows/${id}/steps/delay/move`, { by: "-1" });
    expect((await steps(id)).map((step) => step.id)).toEqual(["delay", "check"]);
    await post(`/workflows/${id}/steps/delay/move`, { lane: "check/0", after: "send" });
    expect(await stepOf(id, "check")).toMatchObject({ branches: [{ steps: [{ id: "send" }, { id: "delay" }] }] });
    await post(`/workflows/${id}/steps/delay/delete`);
    expect(await stepOf(id, "delay")).toBeNull();
  });

  test("what cannot be done says why, and changes nothing", async () => {
    const id = await create();
    const before = await steps(id);
    const into = await post(`/workflows/${id}/steps/check/move`, { lane: "check/0", after: "" });
    expect([into.status, (await into.text()).includes("cannot be moved into itself")]).toEqual([422, true]);
    const taken = await post(`/workflows/${id}/steps/check/rename`, { to: "send" });
    expect([taken.status, (await taken.text()).includes("There is already a step")]).toEqual([422, true]);
    const gone = await post(`/workflows/${id}/steps/nothing`, { base: "0" });
    expect([gone.status, (await gone.text()).includes("is not there any more")]).toEqual([409, true]);
    for (const choice of ["", "kind:magic", "kind:__proto__", "action:http:nothing", "action:__proto__:constructor"])
      expect((await post(`/workflows/${id}/steps`, { lane: "", after: "", choice })).status).toBe(422);
    for (const step of ["", "{}", '{"id":"x"}', '{"id":"check","kind":"set","values":{}}'])
      expect((await post(`/workflows/${id}/restore-step`, { lane: "", after: "", step })).status).toBe(422);
    expect(await steps(id)).toEqual(before);
  });
});

describe("publishing", () => {
  test("lists what is wrong with links to the steps, and refuses a draft that is not the one looked at", async () => {
    const id = await create();
    await post(`/workflows/${id}/steps`, { lane: "", after: "check", choice: "kind:workflow" });
    const { revision } = (await app.app.services.drafts.open(ours.scope, id)).workflow;
    const refused = await post(`/workflows/${id}/publish`, { revision: String(revision) });
    const page = await refused.text();
    expect(refused.status).toBe(422);
    expect(page).toContain(`href="/workflows/${id}?step=workflow"`);
    await post(`/workflows/${id}/steps/workflow/delete`);
    const stale = await post(`/workflows/${id}/publish`, { revision: String(revision) });
    expect([stale.status, (await stale.text()).includes("Somebody else has changed")]).toEqual([422, true]);
    const done = await post(`/workflows/${id}/publish`, { revision: String(revision + 1) });
    expect([done.status, done.headers.get("location")]).toEqual([303, `/workflows/${id}?trigger=`]);
  });

  test("an older version is published again, and the draft stays", async () => {
    const id = await create();
    const { workflows, drafts } = app.app.services;
    await workflows.publish(ours.scope, id);
    await post(`/workflows/${id}/settings`, { name: "Second" });
    await workflows.publish(ours.scope, id);
    await post(`/workflows/${id}/settings`, { name: "Third" });
    expect((await post(`/workflows/${id}/versions/1/publish`)).status).toBe(303);
    const { workflow, draft } = await drafts.open(ours.scope, id);
    expect([workflow.publishedVersion, draft.definition.name]).toEqual([3, "Third"]);
    expect((await workflows.findVersion(ours.scope, id, 3)).definition.name).toBe("My first workflow");
    const diff = await (await get(`/workflows/${id}/versions/2`)).text();
    expect(diff).toContain('data-kind="removed"');
    await post(`/workflows/${id}/versions/2/edit`);
    expect((await drafts.open(ours.scope, id)).draft.definition.name).toBe("Second");
    expect((await get(`/workflows/${id}/versions/99`)).status).toBe(404);
  });
});

describe("as JSON", () => {
  test("what is exported is imported as the same workflow", async () => {
    const id = await create();
    const exported = await get(`/workflows/${id}/export`);
    expect(exported.headers.get("content-disposition")).toContain("My-first-workflow.json");
    const definition = await exported.text();
    const imported = await post("/workflows/import", { definition });
    const copy = /wf_[^?]+/.exec(imported.headers.get("location")!)![0];
    expect(await steps(copy)).toEqual(await steps(id));
  });

  test("a mistake in its shape keeps the text, one that only a form can mend becomes a draft", async () => {
    const id = await create();
    const revision = String((await app.app.services.drafts.open(ours.scope, id)).workflow.revision);
    const broken = await post(`/workflows/${id}/json`, { revision, definition: '{"name": ' });
    expect([broken.status, (await broken.text()).includes("at line 1, column 10")]).toEqual([422, true]);
    const shapeless = await post(`/workflows/${id}/json`, { revision, definition: '{"name":"x","steps":[]}' });
    expect([shapeless.status, (await shapeless.text()).includes("trigger is required")]).toEqual([422, true]);
    const definition = JSON.stringify({
      ...workflowTemplate("blank", "From JSON"),
      steps: [{ id: "a", kind: "set", values: { x: "{{ steps.b.output }}" } }],
    });
    expect((await post(`/workflows/${id}/json`, { revision, definition })).status).toBe(303);
    const { problems, draft } = await app.app.services.drafts.open(ours.scope, id);
    expect([draft.definition.name, problems.map(({ stepId, path }) => [stepId, path])]).toEqual([
      "From JSON",
      [["a", "values.x"]],
    ]);
    const late = await post(`/workflows/${id}/json`, { revision, definition });
    expect([late.status, (await late.text()).includes("Somebody else has changed")]).toEqual([409, true]);
  });
});

test("fifty people who add a step at once all get theirs", async () => {
  const id = await create();
  const answers = await Promise.all(
    Array.from({ length: 50 }, () => post(`/workflows/${id}/steps`, { lane: "", after: "check", choice: "kind:set" })),
  );
  const done = answers.filter(({ status }) => status === 303).length;
  expect((await steps(id)).length).toBe(1 + done);
  expect(answers.every(({ status }) => status === 303 || status === 409)).toBe(true);
  expect(new Set((await steps(id)).map((step) => step.id)).size).toBe(1 + done);
});

test("running by hand starts the published version with the given input", async () => {
  const id = await create();
  await app.app.services.workflows.publish(ours.scope, id);
  const started = await post(`/workflows/${id}/run`, { input: '{"amount": 1}' });
  expect([started.status, started.headers.get("location")?.startsWith("/runs/run_")]).toEqual([303, true]);
  const run = await app.app.services.runs.find(ours.scope, started.headers.get("location")!.slice("/runs/".length));
  expect(run.trigger.body).toEqual({ amount: 1 });
  expect((await post(`/workflows/${id}/run`, { input: "{" })).status).toBe(422);
});

test("a half-filled draft is never what the API hands out or runs", async () => {
  const id = await create();
  await post(`/workflows/${id}/steps`, { lane: "", after: "check", choice: "kind:workflow" });
  const workflow = await app.app.services.workflows.find(ours.scope, id);
  expect(workflow.definition.steps.map((step) => step.id)).toEqual(["check"]);
  expect(workflow.revision).toBe(2);
  // A replacement through the API ends the draft.
  await app.app.services.workflows.save(ours.scope, id, workflowTemplate("blank", "Replaced"), 2);
  expect((await app.app.services.drafts.open(ours.scope, id)).draft.definition.name).toBe("Replaced");
});

test("two who change the trigger at once: the second gets the choice, with what was entered", async () => {
  const id = await create();
  const base = /name="base" value="([0-9a-f]+)"/.exec(await (await get(`/workflows/${id}?trigger=`)).text())![1]!;
  const box = { "input.methods~box": "1" };
  const send = (more: Fields) => post(`/workflows/${id}/trigger`, { base, ...box, ...more });
  const input = async () => (await app.app.services.drafts.open(ours.scope, id)).draft.definition.trigger.input;
  expect((await send({ "input.methods": "POST", "input.dedupeBy": "{{ trigger.body.id }}" })).status).toBe(303);
  const second = await send({ "input.methods": "PUT", "input.dedupeBy": "{{ trigger.body.other }}" });
  const page = await second.text();
  expect([second.status, page.includes("{{ trigger.body.other }}"), page.includes("Store mine")]).toEqual([
    409,
    true,
    true,
  ]);
  expect(page).toContain(`name="base" value="${base}"`);
  expect(await input()).toEqual({ methods: ["POST"], dedupeBy: "{{ trigger.body.id }}" });
  expect((await send({ "input.methods": "PUT", overwrite: "yes" })).status).toBe(303);
  expect(await input()).toEqual({ methods: ["PUT"] });
});

test("data to insert is what the last run had, inside of a loop too", async () => {
  const { workflows, runs } = app.app.services;
  const loop = {
    id: "each",
    kind: "loop",
    items: "{{ trigger.body.rows }}",
    steps: [
      { id: "shape", kind: "set", values: { doubled: "{{ item.n * 2 }}" } },
      { id: "last", kind: "set", values: {} },
    ],
  };
  const trigger = { connector: "manual", trigger: "run", input: {} };
  const { id } = await workflows.create(ours.scope, {
    name: "x",
    trigger,
    steps: [loop, { id: "end", kind: "set", values: {} }],
  });
  const at = async (step: string) => (await get(`/workflows/${id}/data?step=${step}`)).text();
  expect(await at("last")).toContain("Samples; after the first run");
  await workflows.publish(ours.scope, id);
  const { runId } = await runs.start(ours.scope, id, { rows: [{ n: 21 }, { n: 4 }], secret_name: "<b>" }, null);
  await until("the run has ended", async () => (await runs.find(ours.scope, runId)).status === "succeeded");
  const inLoop = await at("last");
  for (const part of ["item", "trigger.body.rows[0].n", "steps.shape.output.doubled", ">42<", "&lt;b&gt;"])
    expect(inLoop).toContain(part);
  expect(await at("end")).toContain("steps.each.output");
  expect(await at("end")).not.toContain("steps.shape");
});
