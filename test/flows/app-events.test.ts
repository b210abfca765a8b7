import { afterAll, beforeAll, expect, test } from "bun:test";
import { createHmac } from "node:crypto";
import type { JsonObject } from "../../src/domain/json.ts";
import { acmeRegistry } from "./acme-connector.ts";
import { type Builder, type FlowWorld, openFlowWorld, type Published, type ShownRun } from "./flow-world.ts";
import { startPeer } from "./peer.ts";
import { set } from "./steps.ts";

const SECRET = "acme-app-secret-1";
let world: FlowWorld;
let theirs: Builder;
beforeAll(async () => {
  world = await openFlowWorld({ ACME_SIGNING_SECRET: SECRET }, acmeRegistry);
  theirs = await world.openBuilder("theirs");
});
afterAll(() => world.close());

/** A connection of an account: the provider says whose it is. */
async function connect(builder: Builder, account: string) {
  const peer = startPeer();
  peer.answer("/me", { body: { id: account, label: account } });
  const credential = { token: "acme-token-1", address: peer.origin };
  return builder.connect({ connector: "acme-app", scheme: "token", credential });
}
async function listen(builder: Builder, account: string, input: JsonObject = {}): Promise<Published> {
  const trigger = { connector: "acme-app", trigger: "mentioned", connection: await connect(builder, account), input };
  return builder.publish({ trigger, steps: [set("heard", { room: "{{ trigger.body.room }}" })] });
}
async function runsOf(builder: Builder, { id }: Published): Promise<readonly ShownRun[]> {
  return (await builder.api("GET", `/runs?workflowId=${id}&limit=200`)).body.data;
}
function send(body: JsonObject, secret = SECRET, connector = "acme-app"): Promise<Response> {
  const text = JSON.stringify(body);
  const signature = createHmac("sha256", secret).update(text).digest("hex");
  const headers = { "x-acme-signature": signature };
  return fetch(`${world.app.url}/hooks/apps/${connector}`, { method: "POST", body: text, headers });
}
const mention = (account: string, id: string, room = "lobby", type = "mention") => ({
  account,
  id,
  type,
  data: { room },
});

test("an event reaches the workflows of its account in every tenant, once, and no others", async () => {
  const [ours, ourRoom, foreign, other] = await Promise.all([
    listen(world, "T1"),
    listen(world, "T1", { room: "kitchen" }),
    listen(theirs, "T1"),
    listen(theirs, "T2"),
  ]);
  const events = {
    events: [mention("T1", "e1"), mention("T1", "e2", "kitchen"), mention("T1", "e3", "lobby", "typing")],
  };
  for (const delivery of [1, 2]) {
    const answered = await send(events);
    expect([delivery, answered.status, await answered.json()]).toEqual([delivery, 202, { runIds: [] }]);
  }
  expect(await runsOf(world, ours)).toHaveLength(2);
  expect(await runsOf(world, ourRoom)).toHaveLength(1);
  expect(await runsOf(theirs, foreign)).toHaveLength(2);
  expect(await runsOf(theirs, other)).toHaveLength(0);
  const [run] = await runsOf(world, ourRoom);
  expect(await world.settled(run!.id)).toMatchObject({
    output: { room: "kitchen" },
    trigger: { body: { room: "kitchen" } },
  });
  expect((await theirs.api("GET", `/runs/${run!.id}`)).status).toBe(404);
});

test("whoever registers the app is told the address of its events", async () => {
  const { schemes } = await world.app.app.services.connectOptions.find(world.scope, "slack");
  expect(JSON.stringify(schemes[0]?.oauth?.setup)).toContain("/hooks/apps/slack");
});

test("an account that nobody listens to is answered 2xx without effect", async () => {
  expect((await send({ events: [mention("nobody", "x1")] })).status).toBe(202);
});

test("what the provider has not signed is refused; its challenge is answered", async () => {
  const workflow = await listen(world, "T3");
  expect((await send({ events: [mention("T3", "f1")] }, "guessed")).status).toBe(401);
  expect((await send({ events: [mention("T3", "f1")] }, "")).status).toBe(401);
  expect((await send({ challenge: "abc" }, "guessed")).status).toBe(401);
  const challenged = await send({ challenge: "abc" });
  expect([challenged.status, await challenged.text()]).toEqual([200, "abc"]);
  expect(await runsOf(world, workflow)).toHaveLength(0);
});

test("an app without secrets, and a connector without app events, are not there", async () => {
  for (const connector of ["http", "slack", "nothing", "constructor", "acme/x", ""])
    expect([connector, (await send({ events: [] }, SECRET, connector)).status]).toEqual([connector, 404]);
});

test("unpublishing ends it, and another account after publishing anew moves it", async () => {
  const workflow = await listen(world, "T4");
  await send({ events: [mention("T4", "g1")] });
  expect(await runsOf(world, workflow)).toHaveLength(1);
  const trigger = { connector: "acme-app", trigger: "mentioned", connection: await connect(world, "T5"), input: {} };
  await workflow.change({ trigger });
  await send({ events: [mention("T4", "g2"), mention("T5", "g3")] });
  expect(await runsOf(world, workflow)).toHaveLength(2);
  await world.api("POST", `/workflows/${workflow.id}/unpublish`);
  await send({ events: [mention("T5", "g4")] });
  expect(await runsOf(world, workflow)).toHaveLength(2);
});

test("whoever cannot prove an account cannot listen to it", async () => {
  const peer = startPeer();
  peer.answer("/me", { status: 401, body: { message: "who are you" } });
  const credential = { token: "stolen-name", address: peer.origin };
  const connection = await theirs.connect({ connector: "acme-app", scheme: "token", credential });
  const trigger = { connector: "acme-app", trigger: "mentioned", connection, input: {} };
  const created = await theirs.api("POST", "/workflows", { body: { name: "Spy", trigger, steps: [] } });
  const published = await theirs.api("POST", `/workflows/${created.body.id}/publish`);
  expect([published.status, published.body.errors[0].path]).toEqual([422, "trigger.connection"]);
  await peer.stop();

  const own = await theirs.connect({
    connector: "acme",
    scheme: "token",
    credential: { token: "any-token", address: peer.origin },
    hosts: [peer.host],
  });
  const claimed = { ...trigger, connector: "acme", connection: own };
  await theirs.api("PUT", `/workflows/${created.body.id}`, { body: { name: "Spy", trigger: claimed, steps: [] } });
  const again = await theirs.api("POST", `/workflows/${created.body.id}/publish`);
  expect(again.body.errors[0].message).toContain("lets each connection name the server");
});
