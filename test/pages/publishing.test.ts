import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { JsonObject } from "../../src/domain/json.ts";
import { type StartedUi, startUi } from "../browser/start-ui.ts";
import { acmeRegistry } from "../flows/acme-connector.ts";
import { startPeer } from "../flows/peer.ts";
import { entriesOfForm } from "../html-form.ts";

/** What publishing says, beside that it is done, and what stays in the audit log of it. */
let local: StartedUi;
let open: StartedUi;
beforeAll(async () => {
  local = await startUi({ PUBLIC_URL: "http://localhost:3000" }, acmeRegistry);
  open = await startUi({ PUBLIC_URL: "https://sync.test" });
}, 60_000);
afterAll(async () => {
  await local.stop();
  await open.stop();
});

const UNREACHABLE = "PUBLIC_URL is http://localhost:3000, which GitHub cannot reach";
const step = { id: "done", kind: "set", values: { n: 1 } };

async function createOnGithub({ app, tenant: { scope } }: StartedUi): Promise<string> {
  const wanted = { connector: "github", scheme: "personal_token", name: "GitHub", hosts: null };
  const connection = await app.services.connections.create(scope, { ...wanted, credential: { token: "github_pat_1" } });
  const trigger = {
    connector: "github",
    trigger: "push",
    connection: connection.id,
    input: { repository: "acme/site" },
  };
  return (await app.services.workflows.create(scope, { name: "On push", trigger, steps: [step] })).id;
}
const cookieOf = (ui: StartedUi) =>
  Object.entries(ui.owner)
    .map((pair) => pair.join("="))
    .join("; ");
async function get(ui: StartedUi, path: string, cookie = cookieOf(ui)): Promise<string> {
  return (await fetch(ui.url + path, { headers: { accept: "text/html", cookie } })).text();
}
async function publishOnPage(ui: StartedUi, id: string): Promise<Response> {
  const fields = Object.fromEntries(await entriesOfForm(await get(ui, `/workflows/${id}`)));
  const { revision } = await ui.app.services.workflows.find(ui.tenant.scope, id);
  return fetch(`${ui.url}/workflows/${id}/publish`, {
    method: "POST",
    redirect: "manual",
    headers: { accept: "text/html", cookie: cookieOf(ui), origin: ui.url },
    body: new URLSearchParams({ _csrf: fields._csrf!, revision: String(revision) }),
  });
}

describe("a trigger that the provider cannot reach", () => {
  test("is published and said to be so: by the API, after publishing, and with the trigger as long as it stands", async () => {
    const id = await createOnGithub(local);
    const published = await publishOnPage(local, id);
    expect([published.status, published.headers.get("location")]).toEqual([303, `/workflows/${id}?trigger=`]);
    const panel = await get(local, `/workflows/${id}?trigger=`);
    expect(panel).toContain("Nothing will start it yet");
    expect(panel).toContain(UNREACHABLE);
    const key = await local.tenant.createKey();
    const headers = { authorization: `Bearer ${key}` };
    const again = await fetch(`${local.url}/api/v1/workflows/${id}/publish`, { method: "POST", headers });
    expect(await again.json()).toMatchObject({ version: 1, warnings: [expect.stringContaining(UNREACHABLE)] });
  });

  test("is nothing to speak of where the address is public, or the provider is on this machine too", async () => {
    const id = await createOnGithub(open);
    expect((await publishOnPage(open, id)).status).toBe(303);
    expect(await get(open, `/workflows/${id}?trigger=`)).not.toContain("Nothing will start it");
    const peer = startPeer();
    const { app, tenant } = local;
    const credential = { token: "acme-token-1", address: peer.origin };
    const wanted = { connector: "acme", scheme: "token", name: "Acme", credential, hosts: [peer.host] };
    const connection = await app.services.connections.create(tenant.scope, wanted);
    const trigger = { connector: "acme", trigger: "changed", connection: connection.id, input: { topic: "leads" } };
    const created = await app.services.workflows.create(tenant.scope, { name: "Peer", trigger, steps: [step] });
    expect((await app.services.workflows.publish(tenant.scope, created.id)).warnings).toEqual([]);
    // A webhook of one's own is called from this machine first.
    const webhook = { connector: "webhook", trigger: "request", input: {} };
    const hooked = await app.services.workflows.create(tenant.scope, { name: "Hook", trigger: webhook, steps: [step] });
    expect((await app.services.workflows.publish(tenant.scope, hooked.id)).warnings).toEqual([]);
    await peer.stop();
  });
});

test("events that nobody could prove are said to be refused, until the app's secret is entered", async () => {
  const { app, tenant } = open;
  const { scope } = tenant;
  const trigger = { connector: "slack", trigger: "app_mention", input: {} };
  const definition = { name: "On mention", trigger, steps: [] };
  expect(await app.services.workflows.warnings(scope, definition)).toEqual([
    expect.stringContaining("Nobody has entered what Slack signs its events with"),
  ]);
  await app.services.eventApps.reserve(scope, "slack");
  await app.services.eventApps.save(scope, "slack", { SIGNING_SECRET: "entered" });
  expect(await app.services.workflows.warnings(scope, definition)).toEqual([]);
});

test("somebody's work on a workflow is one entry of the audit log, and publishing tells what it changed", async () => {
  const { app, backend, tenant } = open;
  const { scope } = tenant;
  const { id } = await app.services.workflows.create(scope, {
    name: "Audited",
    trigger: { connector: "manual", trigger: "run", input: {} },
    steps: [{ id: "a", kind: "set", values: { n: 0 } }],
  });
  const entries = async () => {
    const { items } = await backend.audit.list(scope, { limit: 200, cursor: null });
    return items.filter(({ target }) => target === id).toReversed();
  };
  const type = (n: number) =>
    app.services.drafts.edit(scope, id, (draft) => {
      const steps = [{ id: "a", kind: "set", values: { n } }, ...(n % 2 ? [{ id: "empty", kind: "delay" }] : [])];
      return {
        kind: "change",
        draft: { ...draft, definition: { ...draft.definition, steps } as never },
        what: `n=${n}`,
      };
    });
  // Finished and half-finished drafts by turns, as somebody types.
  for (let n = 1; n <= 12; n += 1) expect((await type(n)).outcome).toBe("saved");
  await app.services.workflows.publish(scope, id);
  for (let n = 13; n <= 16; n += 1) await type(n);
  await app.services.workflows.publish(scope, id);
  // What differs, by name and part; the first version is told by what it is not any more.
  const named = (titles: JsonObject, parts: JsonObject) => ({ titles, parts });
  const first = { name: { from: null, to: "Audited" }, startedBy: { from: null, to: "manual/run" } };
  const nothing = { trigger: false, settings: false, added: [], removed: [], changed: [], moved: false };
  expect((await entries()).map(({ action, details }) => [action, details.what ?? details.changes ?? null])).toEqual([
    ["workflow.created", null],
    ["workflow.edited", "n=1"],
    [
      "workflow.published",
      { ...nothing, trigger: true, settings: true, added: ["a"], ...first, ...named({ a: "set" }, {}) },
    ],
    ["workflow.edited", "n=13"],
    ["workflow.published", { ...nothing, changed: ["a"], ...named({ a: "set" }, { a: ["values"] }) }],
  ]);
  expect(await backend.audit.verify(scope.tenantId)).toMatchObject({ ok: true });
});
