import { expect, test } from "bun:test";
import { ActionError } from "../../src/connector-sdk/action-error.ts";
import { type OAuthWorld, openOAuthWorld } from "./oauth-world.ts";

/** What providers differ in, each declared by the connector and none known to the core. */

const HOUR = 3_600_000;

async function withWorld(opening: Promise<OAuthWorld>, body: (world: OAuthWorld) => Promise<void>) {
  const world = await opening;
  try {
    await body(world);
  } finally {
    await world.close();
  }
}

test("client id and secret in the body instead of HTTP Basic", async () => {
  const opening = openOAuthWorld({ clientAuth: "client_secret_post" }, { clientAuth: "body" });
  await withWorld(opening, async (world) => {
    const { id } = await world.connect();
    world.clock.jump(2 * HOUR);
    await world.untilConnection(id, ({ generation }) => generation === 2);
    expect(await world.run([world.ask(id)])).toMatchObject({ status: "succeeded" });
    const revoked = world.vendor.untilRevoked();
    await world.forgetConnections();
    const again = await world.connect();
    await world.app.app.services.connections.remove(world.scope, again.id);
    await revoked;
  });
}, 60_000);

test("a provider that takes back all of an account's grants is asked to when its last connection goes, not before", async () => {
  await withWorld(openOAuthWorld({}, { revokesAll: true }), async (world) => {
    const [first, second, other] = [await world.connect(), await world.connect(), await world.connect("bob")];
    const { connections } = world.app.app.services;
    let isRevoked = false;
    const revoked = () => world.vendor.untilRevoked().then(() => (isRevoked = true));
    const untilFirst = revoked();
    await connections.remove(world.scope, first.id);
    await Bun.sleep(500);
    expect(isRevoked).toBe(false);
    expect(await world.run([world.ask(second.id)])).toMatchObject({ status: "succeeded", output: { id: "alice" } });
    // Another account's is nobody else's.
    await connections.remove(world.scope, other.id);
    await untilFirst;
    const untilLast = revoked();
    await world.forgetConnections();
    const last = await world.connect();
    await connections.remove(world.scope, last.id);
    await untilLast;
  });
}, 60_000);

test("what makes no address of the provider is refused with the connector's own words", async () => {
  const nowhere = () => {
    throw new ActionError("final", "There is no such sub-domain.", { code: "invalid_domain" });
  };
  await withWorld(openOAuthWorld({}, { authorizeUrl: nowhere }), async (world) => {
    const refused = { code: "invalid", message: "There is no such sub-domain." };
    await expect(world.connect()).rejects.toMatchObject(refused);
  });
  await withWorld(openOAuthWorld({}, { tokenUrl: nowhere }), async (world) => {
    await expect(world.connect()).rejects.toMatchObject({ code: "invalid" });
  });
}, 60_000);

test("client credentials: connected without a browser through the API, and renewed by asking again", async () => {
  const opening = openOAuthWorld({}, { grant: "client_credentials", scopes: [] }, { untested: true });
  await withWorld(opening, async (world) => {
    const wanted = { connector: "vendor", scheme: "oauth2", name: "Own", credential: {} };
    const created = await world.api("POST", "/connections", { body: wanted });
    expect(created).toMatchObject({ status: 201, body: { state: "ready", account: null, scopes: [] } });
    const { id } = created.body;
    world.clock.jump(2 * HOUR);
    const renewed = await world.untilConnection(id, ({ generation }) => generation === 2);
    expect(renewed.expiresAt).toBeGreaterThan(world.clock.now());
    await world.app.app.services.oauth.apps.save(world.scope, "VENDOR", { clientId: "gone", clientSecret: "x" });
    const refused = await world.api("POST", "/connections", { body: wanted });
    expect(refused).toMatchObject({ status: 422, body: { code: "oauth_refused" } });
  });
}, 60_000);

test("an expiry that only introspection tells, by a provider whose clock is hours behind ours", async () => {
  const opening = openOAuthWorld({ tellsExpiry: false }, {}, { introspects: true });
  await withWorld(opening, async (world) => {
    world.clock.jump(5 * HOUR);
    const begunAt = world.clock.now();
    const { id, expiresAt, refreshAt } = await world.connect();
    // To the second, as the provider counts.
    expect(expiresAt ?? 0).toBeWithin(begunAt + HOUR - 1_000, world.clock.now() + HOUR + 1_000);
    expect(refreshAt).toBeLessThan(expiresAt ?? 0);
    world.clock.jump(HOUR);
    expect(await world.untilConnection(id, ({ generation }) => generation === 2)).toMatchObject({ state: "ready" });
  });
}, 60_000);

test("an expiry that nobody tells: the connector's own guess, or none and a 401 says it", async () => {
  await withWorld(openOAuthWorld({ tellsExpiry: false }, { defaultLifetimeMs: 20 * 60_000 }), async (world) => {
    const { expiresAt } = await world.connect();
    expect((expiresAt ?? 0) - world.clock.now()).toBeLessThanOrEqual(20 * 60_000);
  });
  await withWorld(openOAuthWorld({ tellsExpiry: false }), async (world) => {
    const { id, expiresAt, refreshAt } = await world.connect();
    expect({ expiresAt, refreshAt }).toEqual({ expiresAt: null, refreshAt: null });
    await world.vendor.endAccessTokens();
    expect(await world.run([world.ask(id)])).toMatchObject({ status: "succeeded" });
    expect(await world.connection(id)).toMatchObject({ generation: 2 });
  });
}, 60_000);

test("our clock hours off does not matter: lifetimes are counted from when we asked", async () => {
  await withWorld(openOAuthWorld({ rotates: false }, { refresh: "stable" }), async (world) => {
    for (const byMs of [7 * HOUR, 0]) {
      world.clock.jump(byMs);
      const begunAt = world.clock.now();
      const { id, expiresAt } = await world.connect();
      expect(expiresAt ?? 0).toBeWithin(begunAt + HOUR, world.clock.now() + HOUR + 1);
      world.clock.jump(HOUR);
      await world.untilConnection(id, ({ generation }) => generation === 2);
      expect(await world.run([world.ask(id)])).toMatchObject({ status: "succeeded" });
    }
  });
}, 60_000);

test("tokens that live until they are revoked need a person when they are, and not for a single refused call", async () => {
  await withWorld(openOAuthWorld({ tellsExpiry: false }, { refresh: "none" }), async (world) => {
    const { id } = await world.connect();
    const workflow = await world.publish({ steps: [world.ask(id)] });
    await world.vendor.revokeAll();
    const run = await workflow.start();
    await world.until(run, ({ waitingFor }) => waitingFor === "connection");
    expect(await world.connection(id)).toMatchObject({ state: "needs_reconnect" });
    await world.consent("alice", id);
    expect(await world.settled(run)).toMatchObject({ status: "succeeded" });
  });
}, 60_000);
