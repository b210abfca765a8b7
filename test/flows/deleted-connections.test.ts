import { afterAll, beforeAll, expect, test } from "bun:test";
import type { JsonObject } from "../../src/domain/json.ts";
import { until } from "../until.ts";
import { acmeRegistry } from "./acme-connector.ts";
import { type AcmeWebhooks, createAcmeWebhooks } from "./acme-webhooks.ts";
import { type FlowWorld, openFlowWorld, type Published } from "./flow-world.ts";
import { startPeer } from "./peer.ts";
import { set } from "./steps.ts";

/*
 * A connection does not go before what is registered through it, so that nothing keeps calling us: its credential is
 * all that can take it away.
 */

let world: FlowWorld;
beforeAll(async () => {
  world = await openFlowWorld({}, acmeRegistry);
}, 60_000);
afterAll(() => world.close());

const HOUR_MS = 3_600_000;
const LIMIT_MS = 30_000;

async function openProvider() {
  const peer = startPeer();
  const acme = createAcmeWebhooks(peer);
  const credential = { token: "acme-token-1", address: peer.origin };
  const connect = () => world.connect({ connector: "acme", scheme: "token", credential, hosts: [peer.host] });
  return { peer, acme, connect, connection: await connect() };
}
const triggerOf = (connection: string): JsonObject => ({
  connector: "acme",
  trigger: "changed",
  connection,
  input: { topic: "leads" },
});
async function publishTo(connection: string, acme: AcmeWebhooks): Promise<Published> {
  const before = acme.hooks.length;
  const workflow = await world.publish({ name: "Leads", trigger: triggerOf(connection), steps: [set("a", { n: 1 })] });
  await until("registered", () => acme.hooks.length > before);
  await until("stored", async () => (await standing(workflow)).state === "working");
  return workflow;
}
const standing = async ({ id }: Published) => (await world.api("GET", `/workflows/${id}/trigger`)).body;
const withdraw = ({ id }: Published) => world.api("POST", `/workflows/${id}/unpublish`);
const forget = ({ id }: Published) => world.api("DELETE", `/workflows/${id}`);
const remove = (connection: string, query = "") => world.api("DELETE", `/connections/${connection}${query}`);

test(
  "deleted right after its workflow, it goes when the provider has been told",
  async () => {
    const { peer, acme, connection } = await openProvider();
    const workflow = await publishTo(connection, acme);
    await forget(workflow);
    expect((await remove(connection)).status).toBe(204);
    expect(acme.hooks).toEqual([]);
    await peer.stop();
  },
  LIMIT_MS,
);

test(
  "while the provider cannot be told it stays and says why; asked again, it tells the provider first",
  async () => {
    const { peer, acme, connection } = await openProvider();
    const workflow = await publishTo(connection, acme);
    acme.fail(503);
    await forget(workflow);
    const refused = await remove(connection);
    expect([refused.status, refused.body.code]).toEqual([409, "connection_registered"]);
    expect(refused.body.detail).toContain('"Leads"');
    expect(refused.body.detail).toContain("503");
    const { body } = await world.api("GET", `/connections/${connection}/health`);
    expect(body.registered).toMatchObject([{ workflowId: workflow.id, name: "Leads", problem: expect.any(String) }]);
    expect(acme.hooks).toHaveLength(1);
    acme.fail(undefined);
    expect((await remove(connection)).status).toBe(204);
    expect(acme.hooks).toEqual([]);
    await peer.stop();
  },
  LIMIT_MS,
);

test(
  "the same where a workflow has been published with another connection",
  async () => {
    const { peer, acme, connect, connection } = await openProvider();
    const workflow = await publishTo(connection, acme);
    const other = await connect();
    acme.fail(503);
    await workflow.change({ name: "Leads", trigger: triggerOf(other), steps: [set("a", { n: 1 })] });
    expect((await remove(connection)).body.code).toBe("connection_registered");
    acme.fail(undefined);
    expect((await remove(connection)).status).toBe(204);
    await until("registered anew", () => acme.hooks.length === 1);
    await until("working", async () => (await standing(workflow)).state === "working");
    await forget(workflow);
    await until("gone", () => acme.hooks.length === 0);
    await peer.stop();
  },
  LIMIT_MS,
);

test(
  "a person may delete it all the same, and the audit log says what was left at the provider",
  async () => {
    const { peer, acme, connection } = await openProvider();
    const workflow = await publishTo(connection, acme);
    acme.fail(503);
    await withdraw(workflow);
    await forget(workflow);
    expect((await remove(connection, "?leaveRegistered=true")).status).toBe(204);
    expect(acme.hooks).toHaveLength(1);
    const { items } = await world.app.backend.audit.list(world.scope, { limit: 5, cursor: null });
    expect(items[0]).toMatchObject({ action: "connection.deleted", details: { leftRegistered: [workflow.id] } });
    // What still comes finds nobody.
    expect((await acme.send(acme.hooks[0]!, [{ id: "x", data: {} }])).status).toBe(404);
    await peer.stop();
  },
  LIMIT_MS,
);

test("a provider that refuses for a day and a half is left alone, which the connection's page says", async () => {
  const { peer, acme, connection } = await openProvider();
  const workflow = await publishTo(connection, acme);
  acme.fail(503);
  await withdraw(workflow);
  const events = async () => (await world.api("GET", `/connections/${connection}/health`)).body.events as JsonObject[];
  const failures = async () => (await standing(workflow)).failures as number;
  for (let count = 1; count < 40; count += 1) {
    await until(`failed ${count} times`, async () => (await failures()) >= count);
    world.clock.jump(HOUR_MS);
  }
  const [said] = await until("said", async () => ((await events()).length > 0 ? await events() : null));
  expect(said).toMatchObject({ kind: "left_registered", message: expect.stringContaining('"Leads"') });
  expect((await world.api("GET", `/connections/${connection}/health`)).body.registered).toEqual([]);
  await forget(workflow);
  expect((await remove(connection)).status).toBe(204);
  await peer.stop();
}, 60_000);
