import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { type Person, signInPerson } from "../../test/connectors/sign-in-person.ts";
import type { FlowWorld } from "../../test/flows/flow-world.ts";
import { until } from "../../test/until.ts";
import { openSalesforceWorld, SALESFORCE_CLIENT, type Salesforce, type SalesforceWorld } from "./testing/salesforce.ts";

/*
 * A Salesforce account's consent through the whole server and its real pages. The token answer does not say when the
 * session ends, so Salesforce is asked; the organisation has a host of its own, which the answer names.
 */

const MINUTE_MS = 60_000;
let opened: SalesforceWorld;
let salesforce: Salesforce;
let world: FlowWorld;
let person: Person;

beforeAll(async () => {
  opened = await openSalesforceWorld();
  ({ salesforce, world } = opened);
  person = await signInPerson(world.app, world.scope);
}, 60_000);
afterEach(() => expect(opened.problems()).toEqual([]));
afterAll(() => opened.close());

const callsTo = (path: string) => salesforce.peer.calls.filter((call) => call.path.endsWith(path));
const create = (connection: string) => ({
  id: "create",
  kind: "action",
  connector: "salesforce",
  action: "create_record",
  connection,
  input: { object: "Account", values: { Name: "Acme" } },
});

test("a consent lasts: Salesforce says until when, an ended session is renewed, a revoked one parks runs until somebody consents again", async () => {
  const chosen = await person.open("/connections/new/salesforce");
  expect(chosen.html).toContain("/oauth/callback/salesforce");
  const wanted = { name: "Sales org", "fields.environment": "production" };
  const connected = await person.submit(chosen, "/connections/new/salesforce/oauth", wanted);
  const id = connected.url.pathname.replace("/connections/", "");
  expect(connected.html).toContain("Salesforce · ada@acme.example");
  expect(salesforce.peer.calls.map(({ path, headers }) => [path.split("/").at(-1), headers.host])).toEqual([
    ["authorize", "login.salesforce.com"],
    ["token", "login.salesforce.com"],
    ["introspect", "login.salesforce.com"],
    ["userinfo", "acme.my.salesforce.com"],
  ]);
  const { connections } = world.app.app.services;
  const made = await connections.find(world.scope, id);
  expect(made).toMatchObject({ state: "ready", scopes: ["refresh_token", "api", "id"] });
  const now = world.clock.now();
  expect(Math.round(((made.expiresAt ?? 0) - now) / MINUTE_MS)).toBe(120);
  // A tenth of two hours ahead, and up to a fifth of that earlier.
  expect((made.refreshAt ?? 0) - now).toBeWithin(105 * MINUTE_MS, 108.1 * MINUTE_MS);
  expect(connected.html).toMatch(/Next refresh[\s\S]*?<time/);

  const workflow = await world.publish({ steps: [create(id)] });
  expect(await world.settled(await workflow.start())).toMatchObject({ status: "succeeded" });
  expect(callsTo("/sobjects/Account")[0]?.headers).toMatchObject({ host: "acme.my.salesforce.com" });

  world.clock.jump(108.2 * MINUTE_MS);
  // Until it is stored: a session that ends between the answer and its commit is another story.
  await until("the new session is stored", async () => (await connections.find(world.scope, id)).generation === 2);
  expect(salesforce.grants()).toEqual(["authorization_code", "refresh_token"]);

  // Salesforce ends the session before its time (INVALID_SESSION_ID): nothing was created, so the call is made again.
  salesforce.endSession();
  const renewed = await world.settled(await workflow.start());
  expect(renewed).toMatchObject({ status: "succeeded", steps: [{ attempts: 1 }] });
  expect(salesforce.grants()).toHaveLength(3);
  expect(salesforce.org.records).toHaveLength(2);

  salesforce.revoke();
  const parked = [await workflow.start(), await workflow.start()];
  for (const run of parked) await world.until(run, ({ waitingFor }) => waitingFor === "connection");
  // A run is counted once it has let go of itself, a moment after it is seen waiting.
  const broken = await until("both runs are counted", async () => {
    const page = await person.open(`/connections/${id}`);
    return page.html.includes("2 runs wait for it") && page;
  });
  expect(broken.html).toContain("Somebody has to reconnect it");
  const again = await person.submit(broken, `/connections/${id}/reconnect`);
  expect(again.html).toContain("Reconnected. Runs that waited go on.");
  for (const run of parked) expect(await world.settled(run)).toMatchObject({ status: "succeeded" });
  expect(salesforce.org.records).toHaveLength(4);

  await world.api("DELETE", `/workflows/${workflow.id}`);
  const page = await person.open(`/connections/${id}`);
  expect((await person.submit(page, `/connections/${id}/delete`)).html).toContain("The connection is deleted.");
  await until("the grant is given back", () => callsTo("/revoke").length > 0);
  const refreshToken = salesforce.given.filter((token) => token.startsWith("5Aep")).at(-1);
  expect(callsTo("/revoke")).toMatchObject([{ body: { token: refreshToken } }]);

  const stored = await world.app.storage.contents();
  for (const secret of [...salesforce.given, SALESFORCE_CLIENT.secret]) expect(stored.includes(secret)).toBe(false);
}, 60_000);

describe("an integration user", () => {
  test("is connected without anybody's consent, and given a new session when the old one has ended", async () => {
    salesforce.forgetCalls();
    const chosen = await person.open("/connections/new/salesforce?scheme=client_credentials");
    const wanted = { name: "Integration", "fields.domain": "acme.my.salesforce.com" };
    const connected = await person.submit(chosen, "/connections/new/salesforce/client_credentials", wanted);
    const id = connected.url.pathname.replace("/connections/", "");
    expect(connected.html).toContain("Salesforce · ada@acme.example");
    expect(callsTo("/token")).toMatchObject([
      { headers: { host: "acme.my.salesforce.com" }, body: { grant_type: "client_credentials" } },
    ]);
    const workflow = await world.publish({ steps: [create(id)] });
    salesforce.endSession();
    const renewed = await world.settled(await workflow.start());
    expect(renewed).toMatchObject({ status: "succeeded", steps: [{ attempts: 1 }] });
    expect(salesforce.grants()).toEqual(["client_credentials", "client_credentials"]);
    // And ahead of time, where nobody asks for it.
    world.clock.jump(108.2 * MINUTE_MS);
    await until("it is given a session", () => salesforce.grants().length === 3);
  });

  test("at a host that is none of Salesforce's gets nothing sent there", async () => {
    salesforce.forgetCalls();
    const chosen = await person.open("/connections/new/salesforce?scheme=client_credentials");
    const wanted = { name: "Elsewhere", "fields.domain": "acme.my.salesforce.com.evil.example" };
    const refused = await person.submit(chosen, "/connections/new/salesforce/client_credentials", wanted);
    expect(refused.html).toContain("must be a My Domain such as acme.my.salesforce.com");
    expect(refused.status).toBe(422);
    expect(opened.strangers).toEqual([]);
    expect(callsTo("/token")).toEqual([]);
  });
});
