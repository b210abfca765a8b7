import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { permissionsOf } from "../../src/domain/permission.ts";
import { grantScope } from "../../src/domain/tenant.ts";
import { CALLBACK, type OAuthWorld, openOAuthWorld, readCallback, SESSION } from "./oauth-world.ts";

let world: OAuthWorld;
beforeAll(async () => {
  world = await openOAuthWorld();
}, 60_000);
afterAll(() => world.close());

const WANTED = { connector: "vendor", scheme: "oauth2", name: "Vendor", fields: {}, hosts: null };
const begin = () => world.app.app.services.oauth.begin(world.scope, SESSION, WANTED);
const finish = (back: URL, session = SESSION, provider = "vendor", scope = world.scope) =>
  world.app.app.services.oauth.finish(scope, session, provider, readCallback(back));
const notOurs = { code: "invalid", detailCode: "oauth_state" };

test("consent gives a connection that shows account, scopes and the time of the next refresh, and works", async () => {
  const begunAt = world.clock.now();
  const url = await begin();
  expect(url.searchParams.get("redirect_uri")).toBe(CALLBACK);
  expect(url.searchParams.get("code_challenge_method")).toBe("S256");
  expect(url.searchParams.get("scope")).toBe("openid email");
  const finished = await finish(await world.vendor.browse(url.href));
  expect(finished).toMatchObject({ kind: "connected", isNew: true });
  if (finished.kind !== "connected") return;
  const { connection } = finished;
  expect(connection).toMatchObject({
    state: "ready",
    account: { id: "alice", label: "alice@example.test" },
    scopes: ["openid", "email"],
    generation: 1,
  });
  // An hour from when the token was asked for: after we began, and before the connection was stored.
  expect(connection.expiresAt ?? 0).toBeWithin(begunAt + 3_600_000, connection.createdAt + 3_600_001);
  // A tenth of what is left of it ahead, and up to a fifth of that earlier.
  const left = (connection.expiresAt ?? 0) - connection.createdAt;
  const margin = (connection.expiresAt ?? 0) - (connection.refreshAt ?? 0);
  expect(margin).toBeGreaterThanOrEqual(Math.floor(left / 10));
  expect(margin).toBeLessThan(440_000);
  const run = await world.run([world.ask(connection.id)]);
  expect(run).toMatchObject({ status: "succeeded", output: { id: "alice" } });
});

describe("the provider's answer is refused", () => {
  test("when it comes a second time", async () => {
    const back = await world.vendor.browse((await begin()).href);
    await finish(back);
    await expect(finish(back)).rejects.toMatchObject(notOurs);
  });

  test("in another session, and stays good for the one that began", async () => {
    const back = await world.vendor.browse((await begin()).href);
    await expect(finish(back, "session_2")).rejects.toMatchObject(notOurs);
    expect(await finish(back)).toMatchObject({ kind: "connected" });
  });

  test("of another tenant", async () => {
    const back = await world.vendor.browse((await begin()).href);
    const { scope } = await world.app.createTenant("theirs");
    await expect(finish(back, SESSION, "vendor", scope)).rejects.toMatchObject(notOurs);
  });

  test("after ten minutes", async () => {
    const back = await world.vendor.browse((await begin()).href);
    world.clock.jump(10 * 60_000 + 1);
    await expect(finish(back)).rejects.toMatchObject(notOurs);
  });

  test("when it names another issuer (mix-up), or comes to another provider's callback", async () => {
    const back = await world.vendor.browse((await begin()).href);
    expect(back.searchParams.get("iss")).toBe(world.vendor.issuer);
    const elsewhere = new URL(back);
    elsewhere.searchParams.set("iss", "https://evil.example");
    await expect(finish(elsewhere)).rejects.toMatchObject(notOurs);
    const other = await world.vendor.browse((await begin()).href);
    await expect(finish(other, SESSION, "slack")).rejects.toMatchObject(notOurs);
  });

  test("with an invented state, or without one", async () => {
    await begin();
    for (const state of ["", "invented"])
      await expect(finish(new URL(`${CALLBACK}?code=x&state=${state}`))).rejects.toMatchObject(notOurs);
  });

  test("when the person said no, and says so", async () => {
    const back = await world.vendor.browse((await begin()).href, "alice", true);
    expect(back.searchParams.get("error")).toBe("access_denied");
    await expect(finish(back)).rejects.toMatchObject({
      detailCode: "oauth_refused",
      message: expect.stringContaining("access was denied"),
    });
  });

  test("when the code is not the provider's", async () => {
    const back = await world.vendor.browse((await begin()).href);
    back.searchParams.set("code", "invented");
    await expect(finish(back)).rejects.toMatchObject({
      detailCode: "oauth_refused",
      message: expect.stringContaining("invalid_grant"),
    });
  });
});

describe("reconnecting", () => {
  test("the same account keeps id, name and workflows, and raises the generation", async () => {
    const { id } = await world.connect("bob");
    const finished = await world.consent("bob", id);
    expect(finished).toMatchObject({ kind: "connected", isNew: false, connection: { id, generation: 2 } });
  });

  test("as another account needs a person's yes, once, in the same session", async () => {
    const { oauth } = world.app.app.services;
    const { id } = await world.connect("carol");
    const finished = await world.consent("dave", id);
    expect(finished).toMatchObject({ kind: "other_account", before: { id: "carol" }, now: { id: "dave" } });
    expect(await world.connection(id)).toMatchObject({ account: { id: "carol" }, generation: 1 });
    if (finished.kind !== "other_account") return;
    await expect(oauth.confirm(world.scope, "session_2", finished.token)).rejects.toMatchObject(notOurs);
    expect(await oauth.confirm(world.scope, SESSION, finished.token)).toMatchObject({ id, account: { id: "dave" } });
    await expect(oauth.confirm(world.scope, SESSION, finished.token)).rejects.toMatchObject(notOurs);
    expect(await world.run([world.ask(id)])).toMatchObject({ output: { id: "dave" } });
  });
});

test("a viewer can neither connect, reconnect, confirm nor change the app", async () => {
  const { oauth, connections } = world.app.app.services;
  const { id } = await world.connect("erin");
  const { tenantId, workspaceId } = world.scope;
  const viewer = grantScope(tenantId, workspaceId, { kind: "user", id: "user_viewer" }, permissionsOf("viewer"));
  const forbidden = { code: "forbidden" };
  await expect(oauth.begin(viewer, SESSION, WANTED)).rejects.toMatchObject(forbidden);
  await expect(oauth.beginAgain(viewer, SESSION, id)).rejects.toMatchObject(forbidden);
  await expect(finish(new URL(`${CALLBACK}?code=x&state=y`), SESSION, "vendor", viewer)).rejects.toMatchObject(
    forbidden,
  );
  await expect(oauth.confirm(viewer, SESSION, "x")).rejects.toMatchObject(forbidden);
  await expect(oauth.apps.save(viewer, "VENDOR", { clientId: "a", clientSecret: "b" })).rejects.toMatchObject(
    forbidden,
  );
  await expect(connections.remove(viewer, id)).rejects.toMatchObject(forbidden);
  await expect(connections.test(viewer, id)).rejects.toMatchObject(forbidden);
  expect(await connections.find(viewer, id)).toMatchObject({ id });
});

test("deleting a connection takes its grant back at the provider", async () => {
  const { id } = await world.connect("frank");
  const { oauth } = world.app.backend;
  expect(await oauth.problems(world.scope)).toEqual([]);
  const revoked = world.vendor.untilRevoked();
  await world.app.app.services.connections.remove(world.scope, id);
  await revoked;
});

test("an app that the tenant entered itself comes before the installation's, and its secret never comes back", async () => {
  const { apps } = world.app.app.services.oauth;
  expect(await apps.show(world.scope, "VENDOR")).toMatchObject({ source: "installation", callbackUrl: CALLBACK });
  await apps.save(world.scope, "VENDOR", { clientId: "wrong", clientSecret: "canary-own-secret-77" });
  const shown = await apps.show(world.scope, "VENDOR");
  expect(shown).toMatchObject({ source: "tenant", clientId: "wrong" });
  expect(JSON.stringify(shown)).not.toContain("canary-own-secret-77");
  expect((await begin()).searchParams.get("client_id")).toBe("wrong");
  await apps.remove(world.scope, "VENDOR");
  expect((await begin()).searchParams.get("client_id")).toBe(world.vendor.clientId);
  expect(await world.app.storage.contents()).not.toContain("canary-own-secret-77");
});
