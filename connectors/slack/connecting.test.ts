import { afterAll, afterEach, beforeAll, expect, test } from "bun:test";
import { createHmac } from "node:crypto";
import type { JsonObject } from "../../src/domain/json.ts";
import { type ConnectorWorld, openConnectorWorld } from "../../test/connectors/open-connector-world.ts";
import { until } from "../../test/until.ts";
import { maker } from "./testing/maker.ts";

/*
 * A Slack app with token rotation through the whole server: every answer of Slack is 200, so what a refusal means has
 * to be read from its error.
 */

const SESSION = "session_1";
let world: ConnectorWorld;

beforeAll(async () => {
  const app = { SLACK_CLIENT_ID: "123.456", SLACK_CLIENT_SECRET: "app-canary-secret" };
  world = await openConnectorWorld(maker, { PUBLIC_URL: "http://sync.test", ...app });
}, 60_000);
afterEach(() => expect(world.maker.calls.flatMap((call) => call.problems)).toEqual([]));
afterAll(() => world.close());

/** What Slack takes at the moment. */
let issued = 0;
let accessToken: string | null = null;
let refreshToken: string | null = null;
/** What its token endpoint answers instead of a token. */
let trouble: string | null = null;

function answerAsSlack() {
  world.maker.answer("*", ({ path, body, headers }) => {
    if (path.endsWith("oauth.v2.access")) return giveToken(body as JsonObject);
    if (headers.authorization !== `Bearer ${accessToken}`) return { ok: false, error: "token_expired" };
    return { ok: true, channel: { id: "C1" }, team: "Softball", team_id: "T9TK3CUKW" };
  });
}

function giveToken({ grant_type, refresh_token, code }: JsonObject) {
  if (trouble !== null) return { ok: false, error: trouble };
  const isKnown = grant_type === "refresh_token" ? refresh_token === refreshToken : code === "good-code";
  if (!isKnown) return { ok: false, error: "invalid_refresh_token" };
  issued += 1;
  accessToken = `xoxe.xoxb-${issued}`;
  refreshToken = `xoxe-1-${issued}`;
  return {
    ok: true,
    access_token: accessToken,
    refresh_token: refreshToken,
    expires_in: 43_200,
    token_type: "bot",
    scope: "chat:write,channels:join",
    bot_user_id: "U0KRQLJ9H",
    app_id: "A0KRD7HC3",
    team: { id: "T9TK3CUKW", name: "Slack Softball Team" },
  };
}

async function consent(url: URL) {
  const state = url.searchParams.get("state") ?? "";
  const back = { state, code: "good-code", error: null, errorDescription: null, issuer: null };
  return world.app.app.services.oauth.finish(world.scope, SESSION, "slack", back);
}

test("an expired token is renewed once, trouble at Slack kills nothing, and a revoked one waits for a person", async () => {
  answerAsSlack();
  const { oauth, connections } = world.app.app.services;
  const wanted = { connector: "slack", scheme: "oauth", name: "Slack", fields: {}, hosts: null };
  const url = await oauth.begin(world.scope, SESSION, wanted);
  expect(url.origin + url.pathname).toBe("https://slack.com/oauth/v2/authorize");
  expect(url.searchParams.get("scope")).toStartWith("chat:write,chat:write.public,");
  const finished = await consent(url);
  if (finished.kind !== "connected") throw new Error(finished.kind);
  expect(world.maker.calls.find(({ path }) => path.endsWith("oauth.v2.access"))?.headers.authorization).toBe(
    `Basic ${Buffer.from("123.456:app-canary-secret").toString("base64")}`,
  );
  const { id, account, scopes } = finished.connection;
  expect(account).toEqual({ id: "T9TK3CUKW", label: "Slack Softball Team" });
  expect(scopes).toEqual(["chat:write", "channels:join"]);
  const standing = () => connections.find(world.scope, id);

  // Slack has ended the token before its time and says so with 200.
  const input = { channel: "C1" };
  const step = { id: "join", kind: "action", connector: "slack", action: "join_channel", connection: id, input };
  accessToken = null;
  trouble = "ratelimited";
  const workflow = await world.publish({ steps: [step] });
  const runId = await workflow.start();
  await world.until(runId, ({ waitingFor }) => waitingFor === "connection");
  expect(await standing()).toMatchObject({ state: "ready" });
  trouble = null;
  world.clock.jump(10 * 60_000);
  expect(await world.settled(runId)).toMatchObject({ status: "succeeded", steps: [{ attempts: 1 }] });

  accessToken = null;
  refreshToken = null;
  const parked = await workflow.start();
  await world.until(parked, ({ waitingFor }) => waitingFor === "connection");
  expect(await standing()).toMatchObject({ state: "needs_reconnect" });
  expect((await consent(await oauth.beginAgain(world.scope, SESSION, id))).kind).toBe("connected");
  expect(await world.settled(parked)).toMatchObject({ status: "succeeded" });

  for (const workflow of (await world.api("GET", "/workflows")).body.data)
    await world.api("DELETE", `/workflows/${workflow.id}`);
  await connections.remove(world.scope, id);
  const isRevocation = (path: string) => path === "/auth.revoke" || path === "/api/auth.revoke";
  await until("the token is given back", () => isRevocation(world.maker.calls.at(-1)?.path ?? ""));
  expect(world.maker.calls.at(-1)?.headers.authorization).toBe(`Bearer ${accessToken}`);

  const stored = await world.app.storage.contents();
  for (const secret of ["xoxe.xoxb-", "xoxe-1-", "app-canary-secret"]) expect(stored.includes(secret)).toBe(false);
}, 60_000);

test("whoever registers the app is given a manifest that sends events to this server", async () => {
  const { schemes } = await world.app.app.services.connectOptions.find(world.scope, "slack");
  const setup = schemes.find(({ name }) => name === "oauth")?.oauth?.setup;
  const { settings, oauth_config } = JSON.parse(setup?.manifest ?? "null");
  expect(settings.event_subscriptions.request_url).toBe("http://sync.test/hooks/apps/slack");
  expect(oauth_config.redirect_urls).toEqual(["http://sync.test/oauth/callback/slack"]);
});

test("a tenant's own app tells at its own address that it was removed: the connection waits for a person at once", async () => {
  answerAsSlack();
  trouble = null;
  const { oauth, connections, connectOptions, eventApps } = world.app.app.services;
  await eventApps.reserve(world.scope, "slack");
  await oauth.apps.save(world.scope, "SLACK", { clientId: "789.012", clientSecret: "own-app-canary" });
  await eventApps.save(world.scope, "slack", { SIGNING_SECRET: "own-signing-canary" });
  const { schemes } = await connectOptions.find(world.scope, "slack");
  const manifest = JSON.parse(schemes[0]!.oauth!.setup!.manifest!);
  const address: string = manifest.settings.event_subscriptions.request_url;
  expect(address).toMatch(/^http:\/\/sync\.test\/hooks\/apps\/slack\/[\w-]{24}$/);
  expect(manifest.settings.event_subscriptions.bot_events).toEqual(
    expect.arrayContaining(["tokens_revoked", "app_uninstalled", "app_mention"]),
  );
  const send = async (payload: JsonObject, secret = "own-signing-canary") => {
    const body = JSON.stringify(payload);
    const timestamp = Math.floor(world.clock.now() / 1000);
    const signature = `v0=${createHmac("sha256", secret).update(`v0:${timestamp}:${body}`).digest("hex")}`;
    const headers = { "x-slack-request-timestamp": String(timestamp), "x-slack-signature": signature };
    const response = await fetch(world.app.url + new URL(address).pathname, { method: "POST", body, headers });
    return [response.status, await response.text()];
  };
  // Before anybody has connected.
  expect(await send({ type: "url_verification", challenge: "3eZbrw1a", token: "x" })).toEqual([200, "3eZbrw1a"]);

  const wanted = { connector: "slack", scheme: "oauth", name: "Own", fields: {}, hosts: null };
  const finished = await consent(await oauth.begin(world.scope, SESSION, wanted));
  if (finished.kind !== "connected") throw new Error(finished.kind);
  const { id } = finished.connection;
  const state = async () => (await connections.find(world.scope, id)).state;
  const envelope = { team_id: "T9TK3CUKW", api_app_id: "A0KRD7HC3", type: "event_callback", event_id: "Ev1" };
  const revoked = (bot: string, ageMs = 0): JsonObject => ({
    ...envelope,
    event: { type: "tokens_revoked", tokens: { oauth: [], bot: [bot] } },
    event_time: Math.floor((world.clock.now() - ageMs) / 1000),
  });
  expect((await send(revoked("U0KRQLJ9H", 60_000)))[0]).toBe(202);
  expect((await send(revoked("U_ANOTHER")))[0]).toBe(202);
  expect((await send({ ...revoked("U0KRQLJ9H"), api_app_id: "A_ANOTHER" }))[0]).toBe(202);
  expect((await send(revoked("U0KRQLJ9H"), "guessed"))[0]).toBe(401);
  expect(await state()).toBe("ready");
  world.clock.jump(120_000);
  expect((await send({ ...revoked(""), event: { type: "app_uninstalled" } }))[0]).toBe(202);
  expect((await send(revoked("U0KRQLJ9H")))[0]).toBe(202);
  expect(await connections.find(world.scope, id)).toMatchObject({
    state: "needs_reconnect",
    problem: "Slack says that the app was removed from the workspace. Reconnect it.",
  });
  const stored = await world.app.storage.contents();
  for (const canary of ["own-signing-canary", "own-app-canary"]) expect(stored.includes(canary)).toBe(false);
});
