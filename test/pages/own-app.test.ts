import { afterAll, beforeAll, expect, test } from "bun:test";
import { type Cookies, type StartedUi, startUi } from "../browser/start-ui.ts";
import { entriesOfForm } from "../html-form.ts";

/** An app of the tenant's own, entered through the pages. */
const PAGE = "/connections/new/slack";
let ui: StartedUi;
beforeAll(async () => {
  ui = await startUi({ PUBLIC_URL: "https://sync.test" });
}, 60_000);
afterAll(() => ui.stop());

const cookie = (cookies: Cookies) => Object.entries(cookies).map((pair) => pair.join("="));
async function get(path: string, cookies = ui.owner) {
  const headers = { accept: "text/html", cookie: cookie(cookies).join("; ") };
  const response = await fetch(ui.url + path, { headers, redirect: "manual" });
  return { status: response.status, text: await response.text() };
}
async function post(path: string, fields: Readonly<Record<string, string>>, cookies = ui.owner) {
  const [, csrf = ""] = (await entriesOfForm((await get(PAGE)).text)).find(([name]) => name === "_csrf") ?? [];
  const headers = { accept: "text/html", origin: ui.url, cookie: cookie(cookies).join("; ") };
  const body = new URLSearchParams({ _csrf: csrf, ...fields });
  const response = await fetch(ui.url + path, { method: "POST", headers, body, redirect: "manual" });
  return { status: response.status, location: response.headers.get("location"), text: await response.text() };
}
const addressOn = (text: string) => /https:\/\/sync\.test\/hooks\/apps\/slack\/[\w-]{24}/.exec(text)?.[0] ?? null;
const shown = () => ui.app.services.eventApps.show(ui.tenant.scope, "slack");

test("the page says which address to enter at the provider, the same each time, in the manifest too", async () => {
  const { text } = await get(PAGE);
  const address = addressOn(text);
  expect(address).not.toBeNull();
  expect(text.split(address!).length).toBeGreaterThan(2);
  expect(addressOn((await get(PAGE)).text)).toBe(address);
  // An operator's app for all tenants has the other one.
  expect(text).toContain("https://sync.test/hooks/apps/slack<");
  expect(text).toContain("SLACK_SIGNING_SECRET");
  expect(text).toContain("Basic Information → App Credentials");
  expect((await shown())?.ownUrl).toBe(address);
});

test("client id, client secret and signing secret are entered together and never shown again", async () => {
  const secrets = { clientSecret: "client-secret-canary", "events.SIGNING_SECRET": "signing-secret-canary" };
  const refused = await post(`${PAGE}/oauth/app`, { clientId: "", ...secrets });
  expect(refused.status).toBe(422);
  const spaced = await post(`${PAGE}/oauth/app`, { clientId: "1.2", "events.SIGNING_SECRET": "two words" });
  expect(spaced.text).toContain("must be one word, without spaces");
  expect([(await shown())?.hasSecrets, (await get(PAGE)).text.includes("Not registered yet")]).toEqual([false, true]);

  const stored = await post(`${PAGE}/oauth/app`, { clientId: "1.2", ...secrets });
  expect([stored.status, stored.location]).toEqual([303, `${PAGE}?scheme=oauth`]);
  const again = await get(PAGE);
  expect(again.text).toContain("Events come through your own app");
  for (const text of [refused.text, spaced.text, again.text, (await get("/audit")).text])
    expect(Object.values(secrets).filter((canary) => text.includes(canary))).toEqual([]);
  // The client alone can be changed; what is left empty stays.
  await post(`${PAGE}/oauth/app`, { clientId: "3.4" });
  expect((await shown())?.hasSecrets).toBe(true);
});

test("with a token of one's own app there is no client to enter, but events to receive", async () => {
  const page = (await get(`${PAGE}?scheme=bot_token`)).text;
  expect(addressOn(page)).toBe((await shown())!.ownUrl);
  const forgotten = await post(`${PAGE}/bot_token/app`, { do: "remove" });
  expect([forgotten.status, (await shown())?.ownUrl]).toEqual([303, null]);
  await get(`${PAGE}?scheme=bot_token`);
  const stored = await post(`${PAGE}/bot_token/app`, { "events.SIGNING_SECRET": "signing-secret-canary" });
  expect([stored.status, (await shown())?.hasSecrets]).toEqual([303, true]);
});

test("a viewer and a connector without events find nothing to enter", async () => {
  const viewer = await ui.signInAs("viewer");
  expect((await get(PAGE, viewer)).status).toBe(403);
  expect((await post(`${PAGE}/oauth/app`, { clientId: "5.6" }, viewer)).status).toBe(403);
  expect((await get("/connections/new/http?scheme=bearer")).text).not.toContain("Events URL");
  expect((await post("/connections/new/http/bearer/app", {})).status).toBe(404);
  // GitHub's app tells of its own consents only: a token that is typed in has no app.
  expect((await get("/connections/new/github?scheme=personal_token")).text).not.toContain("Events from");
  expect((await get("/connections/new/github")).text).toContain("tells at once when somebody takes access back");
});

test("whoever came from a step goes back to it, and nowhere else", async () => {
  const { scope } = ui.tenant;
  const { workflows, drafts } = ui.app.services;
  const step = (id: string, connector: string) => ({ id, kind: "action", connector, action: "request", input: {} });
  const { id } = await workflows.create(scope, {
    name: "Needs one",
    trigger: { connector: "manual", trigger: "run", input: {} },
    steps: [{ id: "wait", kind: "delay", for: "PT1M" }],
  });
  await drafts.edit(scope, id, ({ definition, unfinished }) => ({
    kind: "change",
    draft: { definition: { ...definition, steps: [step("send", "http"), step("tell", "slack")] as never }, unfinished },
    what: "prepared",
  }));
  const next = `/workflows/${id}?step=send`;
  const page = await get(`/connections/new/http?scheme=bearer&next=${encodeURIComponent(next)}`);
  const entries = Object.fromEntries(await entriesOfForm(page.text));
  expect(entries.next).toBe(next);
  const wanted = { name: "API", "credential.token": "t0ken", hosts: "api.example.com" };
  const kept = await post("/connections/new/http/bearer", { ...wanted, name: "", next });
  expect([kept.status, Object.fromEntries(await entriesOfForm(kept.text)).next]).toEqual([422, next]);
  const connect = async (to: string) => (await post("/connections/new/http/bearer", { ...wanted, next: to })).location;
  expect(await connect(next)).toMatch(new RegExp(`^/workflows/${id}\\?step=send&connected=conn_\\w+&before=$`));
  // What it cannot be chosen for stays as it is: a step of another app, no step, a page that is no editor.
  const before = (await drafts.open(scope, id)).draft;
  for (const other of [`/workflows/${id}?step=tell`, `/workflows/${id}?step=wait`, `/workflows/${id}`, "/runs?x=1"])
    expect(await connect(other)).toBe(other);
  expect((await drafts.open(scope, id)).draft).toEqual(before);
  expect(await connect("/workflows/wf_gone?step=send")).toMatch(/^\/connections\/conn_/);
  for (const evil of ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"]) {
    const led = await post("/connections/new/http/bearer", { ...wanted, next: evil });
    expect(led.location).toMatch(/^\/connections\/conn_/);
    const text = (await get(`/connections/new/http?scheme=bearer&next=${encodeURIComponent(evil)}`)).text;
    expect(text).not.toContain("evil");
  }
});
