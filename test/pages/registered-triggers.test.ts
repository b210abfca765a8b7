import { afterAll, beforeAll, expect, test } from "bun:test";
import { type StartedUi, startUi } from "../browser/start-ui.ts";
import { acmeRegistry } from "../flows/acme-connector.ts";
import { createAcmeWebhooks } from "../flows/acme-webhooks.ts";
import { startPeer } from "../flows/peer.ts";
import { entriesOfForm } from "../html-form.ts";
import { until } from "../until.ts";

/** What a person sees of a connection through which something still stands at the provider, and how it is deleted. */
const peer = startPeer();
const acme = createAcmeWebhooks(peer);
let ui: StartedUi;
beforeAll(async () => {
  ui = await startUi({}, acmeRegistry);
}, 60_000);
afterAll(async () => {
  await ui.stop();
  await peer.stop();
});

const cookie = () =>
  Object.entries(ui.owner)
    .map((pair) => pair.join("="))
    .join("; ");
async function get(path: string): Promise<string> {
  return (await fetch(ui.url + path, { headers: { accept: "text/html", cookie: cookie() } })).text();
}
async function post(path: string, page: string, fields: Readonly<Record<string, string>> = {}) {
  const [, csrf = ""] = (await entriesOfForm(await get(page))).find(([name]) => name === "_csrf") ?? [];
  const body = new URLSearchParams({ _csrf: csrf, ...fields });
  const headers = { accept: "text/html", origin: ui.url, cookie: cookie() };
  const response = await fetch(ui.url + path, { method: "POST", headers, body, redirect: "manual" });
  await response.text();
  return response.headers.get("location");
}

test("its page names them with the reason, and deleting it asks whether they may stay", async () => {
  const { connections, workflows } = ui.app.services;
  const { scope } = ui.tenant;
  const credential = { token: "acme-token-1", address: peer.origin };
  const wanted = { connector: "acme", scheme: "token", name: "Acme", credential, hosts: [peer.host] };
  const { id } = await connections.create(scope, wanted);
  const page = `/connections/${id}`;
  expect(await get(page)).not.toContain("leaveRegistered");
  const trigger = { connector: "acme", trigger: "changed", connection: id, input: { topic: "leads" } };
  const steps = [{ id: "a", kind: "set", values: { n: 1 } }];
  const workflow = await workflows.create(scope, { name: "Leads & <more>", trigger, steps });
  await workflows.publish(scope, workflow.id);
  await until("registered", () => acme.hooks.length === 1);
  // Wanted as long as its workflow is published.
  expect(await get(page)).not.toContain("Being taken away");

  acme.fail(503);
  await workflows.remove(scope, workflow.id);
  expect(await post(`${page}/delete`, page)).toBe(page);
  const shown = await get(page);
  expect(shown).toContain("Being taken away at the provider");
  expect(shown).toContain("Leads &amp; &lt;more&gt;");
  expect(shown).toContain("503");
  expect(shown).toContain('name="leaveRegistered"');
  expect(await post(`${page}/delete`, page, { leaveRegistered: "on" })).toBe("/connections");
  expect(await ui.backend.connections.find(scope, id)).toBeNull();
}, 30_000);
