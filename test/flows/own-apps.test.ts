import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createHmac } from "node:crypto";
import type { JsonObject } from "../../src/domain/json.ts";
import { COMMAND_LINE_PERMISSIONS, permissionsOf } from "../../src/domain/permission.ts";
import { grantScope, type Scope } from "../../src/domain/tenant.ts";
import { acmeRegistry } from "./acme-connector.ts";
import { type Builder, type FlowWorld, openFlowWorld, type Published } from "./flow-world.ts";
import { type Peer, startPeer } from "./peer.ts";
import { set } from "./steps.ts";

/*
 * Apps that tenants have registered at the provider themselves: each has an address and a secret of its own, and
 * whatever is sent there reaches that tenant only.
 */

const INSTALLATION = "acme-installation-canary";
const OURS = "acme-ours-canary";
const THEIRS = "acme-theirs-canary";
let world: FlowWorld;
let theirs: Builder;
let theirScope: Scope;
let eventApps: FlowWorld["app"]["app"]["services"]["eventApps"];
const peers: Peer[] = [];
beforeAll(async () => {
  world = await openFlowWorld({ ACME_SIGNING_SECRET: INSTALLATION }, acmeRegistry);
  ({ eventApps } = world.app.app.services);
  theirs = await world.openBuilder("theirs");
  const tenant = (await world.app.backend.tenants.findBySlug("theirs"))!;
  const workspace = (await world.app.backend.tenants.findWorkspace(tenant.id, "default"))!;
  theirScope = grantScope(tenant.id, workspace.id, { kind: "cli", id: "test" }, COMMAND_LINE_PERMISSIONS);
});
afterAll(async () => {
  await world.close();
  await Promise.all(peers.map((peer) => peer.stop()));
});

async function listen(builder: Builder, account: string): Promise<Published> {
  const peer = startPeer();
  peers.push(peer);
  peer.answer("/me", { body: { id: account, label: account } });
  const credential = { token: "acme-token-1", address: peer.origin };
  const connection = await builder.connect({ connector: "acme-app", scheme: "token", credential });
  const trigger = { connector: "acme-app", trigger: "mentioned", connection, input: {} };
  return builder.publish({ trigger, steps: [set("heard", { room: "{{ trigger.body.room }}" })] });
}
async function countRuns(builder: Builder, { id }: Published): Promise<number> {
  return (await builder.api("GET", `/runs?workflowId=${id}&limit=200`)).body.data.length;
}
/** The path of the tenant's own address. */
async function register(scope: Scope, secret: string): Promise<string> {
  await eventApps.reserve(scope, "acme-app");
  await eventApps.save(scope, "acme-app", { SIGNING_SECRET: secret });
  return pathOf(scope);
}
async function pathOf(scope: Scope): Promise<string> {
  return new URL((await eventApps.show(scope, "acme-app"))!.ownUrl!).pathname;
}
async function send(path: string, body: JsonObject, secret: string): Promise<{ status: number; text: string }> {
  const text = JSON.stringify(body);
  const headers = { "x-acme-signature": createHmac("sha256", secret).update(text).digest("hex") };
  const response = await fetch(world.app.url + path, { method: "POST", body: text, headers });
  return { status: response.status, text: await response.text() };
}
const mention = (account: string, id: string) => ({
  events: [{ account, id, type: "mention", data: { room: "lobby" } }],
});
const SHARED = "/hooks/apps/acme-app";

test("an address is there before its secret, answers the provider's question, and takes no event until then", async () => {
  const scope = (await world.app.createTenant("early")).scope;
  expect(await eventApps.show(scope, "acme-app")).toMatchObject({ ownUrl: null, hasSecrets: false });
  await Promise.all([1, 2, 3].map(() => eventApps.reserve(scope, "acme-app")));
  const path = await pathOf(scope);
  expect(path).toMatch(/^\/hooks\/apps\/acme-app\/[\w-]{24}$/);
  expect(await send(path, { challenge: "abc" }, "not known here yet")).toEqual({ status: 200, text: "abc" });
  for (const secret of [INSTALLATION, "guessed", ""])
    expect([secret, (await send(path, mention("T1", "e1"), secret)).status]).toEqual([secret, 404]);
  await register(scope, "early-secret");
  // From then on only the provider is answered.
  expect((await send(path, { challenge: "abc" }, "guessed")).status).toBe(401);
  expect(await send(path, { challenge: "abc" }, "early-secret")).toEqual({ status: 200, text: "abc" });
});

describe("an event at a tenant's address", () => {
  test("reaches that tenant's workflows only, however it names accounts, and once", async () => {
    const [ours, foreign, ourOther] = [
      await listen(world, "T1"),
      await listen(theirs, "T1"),
      await listen(world, "T2"),
    ];
    const [ourPath, theirPath] = [await register(world.scope, OURS), await register(theirScope, THEIRS)];
    const counts = async () =>
      Promise.all([countRuns(world, ours), countRuns(theirs, foreign), countRuns(world, ourOther)]);
    for (const _ of ["first", "again"]) expect((await send(ourPath, mention("T1", "e1"), OURS)).status).toBe(202);
    expect(await counts()).toEqual([1, 0, 0]);
    expect((await send(theirPath, mention("T1", "e1"), THEIRS)).status).toBe(202);
    expect(await counts()).toEqual([1, 1, 0]);
    // Their own signature names our account, whose id anybody may know.
    expect((await send(theirPath, mention("T2", "e2"), THEIRS)).status).toBe(202);
    expect(await counts()).toEqual([1, 1, 0]);
    // Both have an app of their own, so what the installation's app says of the account is not for them.
    expect((await send(SHARED, mention("T1", "e3"), INSTALLATION)).status).toBe(202);
    expect(await counts()).toEqual([1, 1, 0]);
  });

  test("is refused under every other secret, and at addresses that are nobody's or another connector's", async () => {
    const workflow = await listen(world, "T3");
    const path = await register(world.scope, OURS);
    const [, , , , publicId] = path.split("/");
    for (const secret of [THEIRS, INSTALLATION, "", "guessed"])
      expect([secret, (await send(path, mention("T3", "f1"), secret)).status]).toEqual([secret, 401]);
    for (const other of ["/guessed", "/", `/${publicId}/x`, `/${publicId?.toLowerCase()}`])
      expect([other, (await send(SHARED + other, mention("T3", "f1"), OURS)).status]).toEqual([other, 404]);
    for (const connector of ["acme", "slack", "http", "constructor"]) {
      const { status } = await send(`/hooks/apps/${connector}/${publicId}`, mention("T3", "f1"), OURS);
      expect([connector, status]).toEqual([connector, 404]);
    }
    expect(await countRuns(world, workflow)).toBe(0);
  });
});

test("the secret is rotated by entering a new one; leaving it empty keeps it; forgetting it ends the address", async () => {
  const path = await register(world.scope, OURS);
  const workflow = await listen(world, "T4");
  await eventApps.save(world.scope, "acme-app", { SIGNING_SECRET: "  " });
  expect((await send(path, mention("T4", "g1"), OURS)).status).toBe(202);
  await eventApps.save(world.scope, "acme-app", { SIGNING_SECRET: " acme-next-canary\n" });
  expect(await pathOf(world.scope)).toBe(path);
  expect((await send(path, mention("T4", "g2"), OURS)).status).toBe(401);
  expect((await send(path, mention("T4", "g3"), "acme-next-canary")).status).toBe(202);
  expect(await countRuns(world, workflow)).toBe(2);
  expect(await eventApps.remove(world.scope, "acme-app")).toBe(true);
  expect((await send(path, mention("T4", "g4"), "acme-next-canary")).status).toBe(404);
  // Then the installation's app speaks for this tenant again.
  expect((await send(SHARED, mention("T4", "g5"), INSTALLATION)).status).toBe(202);
  expect(await countRuns(world, workflow)).toBe(3);
  expect(await register(world.scope, OURS)).not.toBe(path);
});

test("every change is audited, and no secret stands in the audit log, the storage or the server's log", async () => {
  const { items } = await world.app.backend.audit.list(world.scope, { limit: 200, cursor: null });
  const entries = items.filter(({ action }) => action.startsWith("event_app."));
  expect(new Set(entries.map(({ action }) => action))).toEqual(new Set(["event_app.saved", "event_app.deleted"]));
  expect(entries.every(({ target }) => target === "acme-app")).toBe(true);
  const seen = [
    await world.app.storage.contents(),
    JSON.stringify([items, world.app.errors, world.app.warnings]),
    JSON.stringify(await eventApps.show(world.scope, "acme-app")),
  ];
  for (const canary of [OURS, THEIRS, INSTALLATION, "acme-next-canary", "early-secret"])
    expect([canary, seen.findIndex((text) => text.includes(canary))]).toEqual([canary, -1]);
});

test("what is entered is checked: nothing at all is fine, half of it is not", async () => {
  const scope = (await world.app.createTenant("checked")).scope;
  await eventApps.save(scope, "acme-app", {});
  await eventApps.save(scope, "http", { SIGNING_SECRET: "x" });
  expect((await eventApps.show(scope, "acme-app"))?.hasSecrets).toBe(false);
  expect(await eventApps.show(scope, "http")).toBeNull();
  const refused = await eventApps.save(scope, "acme-app", { SIGNING_SECRET: "two words" }).catch((error) => error);
  expect(refused).toMatchObject({ code: "invalid", fields: [{ path: "events.SIGNING_SECRET" }] });
});

test("a viewer may look and change nothing", async () => {
  const { tenantId, workspaceId, actor } = world.scope;
  const viewer = grantScope(tenantId, workspaceId, actor, permissionsOf("viewer"));
  const before = await eventApps.show(viewer, "acme-app");
  for (const change of [
    () => eventApps.reserve(viewer, "acme-app"),
    () => eventApps.save(viewer, "acme-app", { SIGNING_SECRET: "x" }),
    () => eventApps.remove(viewer, "acme-app"),
  ])
    expect(await change().catch((error) => error)).toMatchObject({ code: "forbidden" });
  expect(await eventApps.show(viewer, "acme-app")).toEqual(before);
});
