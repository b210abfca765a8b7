import { afterAll, afterEach, beforeAll, expect, test } from "bun:test";
import { createHmac } from "node:crypto";
import examples from "@octokit/webhooks-examples";
import type { JsonObject } from "../../src/domain/json.ts";
import { type ConnectorWorld, openConnectorWorld } from "../../test/connectors/open-connector-world.ts";
import { signInPerson } from "../../test/connectors/sign-in-person.ts";
import { until } from "../../test/until.ts";
import { maker } from "./testing/maker.ts";

/*
 * A GitHub App's life through the whole server: consent, eight hours, a refresh token for one use, and the day when
 * somebody takes the consent back.
 */

const SESSION = "session_1";
const HOUR_MS = 3_600_000;
let world: ConnectorWorld;

beforeAll(async () => {
  const app = { GITHUB_CLIENT_ID: "Iv1.client", GITHUB_CLIENT_SECRET: "app-canary-secret" };
  world = await openConnectorWorld(maker, { PUBLIC_URL: "http://sync.test", ...app });
}, 60_000);
afterEach(() => expect(world.maker.calls.flatMap((call) => call.problems)).toEqual([]));
afterAll(() => world.close());

/** What GitHub gives out, the newest last; each refresh token counts once. */
const given: string[] = [];
let isRevoked = false;

function answerAsGitHub() {
  world.maker.answer("*", ({ path, body, headers }) => {
    if (path === "/login/oauth/access_token") return giveToken(body as JsonObject);
    if (headers.authorization !== `Bearer ghu_${given.length}` || isRevoked)
      return Response.json({ message: "Bad credentials" }, { status: 401 });
    return Response.json({ id: 583231, login: "octocat" });
  });
}

function giveToken({ grant_type, refresh_token, code }: JsonObject) {
  const isKnown = grant_type === "refresh_token" ? refresh_token === given.at(-1) && !isRevoked : code === "good-code";
  if (!isKnown)
    return Response.json({ error: "bad_refresh_token", error_description: "The refresh token is used up." });
  given.push(`ghr_${given.length + 1}`);
  const token = { access_token: `ghu_${given.length}`, refresh_token: given.at(-1), expires_in: 28_800 };
  return Response.json({ ...token, refresh_token_expires_in: 15_897_600, scope: "", token_type: "bearer" });
}

async function consent(url: URL) {
  const state = url.searchParams.get("state") ?? "";
  const back = { state, code: "good-code", error: null, errorDescription: null, issuer: null };
  return world.app.app.services.oauth.finish(world.scope, SESSION, "github", back);
}

test("is connected, renewed by itself before eight hours are over, parked when revoked, goes on after consent, and is given back in the end", async () => {
  answerAsGitHub();
  const { oauth, connections } = world.app.app.services;
  const wanted = { connector: "github", scheme: "oauth", name: "GitHub", fields: {}, hosts: null };
  const url = await oauth.begin(world.scope, SESSION, wanted);
  expect(url.origin + url.pathname).toBe("https://github.com/login/oauth/authorize");
  expect(Object.fromEntries(url.searchParams)).toMatchObject({
    client_id: "Iv1.client",
    redirect_uri: "http://sync.test/oauth/callback/github",
    scope: "repo admin:repo_hook read:user",
    code_challenge_method: "S256",
  });
  const finished = await consent(url);
  if (finished.kind !== "connected") throw new Error(finished.kind);
  const { id, account, expiresAt } = finished.connection;
  expect(account).toEqual({ id: "583231", label: "octocat" });
  expect((expiresAt ?? 0) - world.clock.now()).toBeGreaterThan(7.9 * HOUR_MS);

  const step = { id: "who", kind: "action", connector: "github", action: "get_user", connection: id, input: {} };
  expect(await world.run([step])).toMatchObject({ status: "succeeded", output: { login: "octocat" } });

  world.clock.jump(7.9 * HOUR_MS);
  await until("the new token is stored", async () => (await connections.find(world.scope, id)).generation === 2);
  const basic = `Basic ${Buffer.from("Iv1.client:app-canary-secret").toString("base64")}`;
  expect(world.maker.calls.at(-1)).toMatchObject({
    headers: { authorization: basic },
    body: { grant_type: "refresh_token", refresh_token: "ghr_1" },
  });
  expect(await world.run([step])).toMatchObject({ status: "succeeded" });

  isRevoked = true;
  const workflow = await world.publish({ steps: [step] });
  const runId = await workflow.start();
  expect((await world.until(runId, "waiting")).waitingFor).toBe("connection");
  expect(await connections.find(world.scope, id)).toMatchObject({ state: "needs_reconnect" });

  isRevoked = false;
  const again = await consent(await oauth.beginAgain(world.scope, SESSION, id));
  expect(again.kind).toBe("connected");
  expect(await world.settled(runId)).toMatchObject({ status: "succeeded", output: { login: "octocat" } });

  for (const workflow of (await world.api("GET", "/workflows")).body.data)
    await world.api("DELETE", `/workflows/${workflow.id}`);
  await connections.remove(world.scope, id);
  await until("the token is given back", () => world.maker.calls.at(-1)?.method === "DELETE");
  expect(world.maker.calls.at(-1)).toMatchObject({
    path: "/applications/Iv1.client/token",
    body: { access_token: `ghu_${given.length}` },
    headers: { authorization: basic },
  });

  const stored = await world.app.storage.contents();
  for (const secret of [...given, "ghu_1", "ghu_2", "app-canary-secret"]) expect(stored.includes(secret)).toBe(false);
}, 60_000);

test("GitHub's word that somebody took the authorization back is heard at the app's address, and only from GitHub", async () => {
  answerAsGitHub();
  isRevoked = false;
  const { oauth, connections, connectOptions, eventApps } = world.app.app.services;
  await eventApps.reserve(world.scope, "github");
  await oauth.apps.save(world.scope, "GITHUB", { clientId: "Iv1.client", clientSecret: "app-canary-secret" });
  await eventApps.save(world.scope, "github", { WEBHOOK_SECRET: "webhook-canary" });
  const { schemes } = await connectOptions.find(world.scope, "github");
  const { ownUrl } = schemes[0]!.events!;
  expect(schemes[0]!.oauth!.setup!.steps.join()).toContain(ownUrl!);
  const wanted = { connector: "github", scheme: "oauth", name: "Own app", fields: {}, hosts: null };
  const finished = await consent(await oauth.begin(world.scope, SESSION, wanted));
  if (finished.kind !== "connected") throw new Error(finished.kind);
  const { id, account } = finished.connection;
  const examplesOf = (event: string) =>
    examples.find(({ name }) => name === event)!.examples as unknown as readonly JsonObject[];
  const send = async (event: string, payload: JsonObject, secret = "webhook-canary") => {
    const body = JSON.stringify({ ...payload, sender: { ...(payload.sender as JsonObject), id: Number(account!.id) } });
    const signature = `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`;
    const headers = { "x-github-event": event, "x-hub-signature-256": signature };
    const response = await fetch(world.app.url + new URL(ownUrl!).pathname, { method: "POST", body, headers });
    await response.text();
    return response.status;
  };
  const [taken] = examplesOf("github_app_authorization");
  // GitHub still takes it: an earlier authorization was meant. Nothing else that the app's webhook tells is about it.
  expect(await send("github_app_authorization", taken!)).toBe(202);
  for (const payload of [
    ...examplesOf("installation"),
    ...examplesOf("push").slice(0, 1),
    ...examplesOf("ping").slice(0, 1),
  ])
    expect(await send(String(payload.action ?? "push"), payload)).toBe(202);
  isRevoked = true;
  expect(await send("github_app_authorization", taken!, "guessed")).toBe(401);
  expect((await connections.find(world.scope, id)).state).toBe("ready");
  expect(await send("github_app_authorization", taken!)).toBe(202);
  expect((await connections.find(world.scope, id)).state).toBe("needs_reconnect");
  isRevoked = false;
});

test("a token that is typed in anew may be another person's only if somebody says so on the page", async () => {
  const people: Readonly<Record<string, number>> = { octocat: 583231, hubot: 480938 };
  world.maker.answer("*", ({ headers }) => {
    const login = String(headers.authorization).replace("Bearer token-of-", "");
    return Response.json({ id: people[login] ?? 0, login });
  });
  const person = await signInPerson(world.app, world.scope);
  const id = await person.connect("github", "personal_token", { "credential.token": "token-of-octocat" });
  const store = async (entered: Readonly<Record<string, string>>) => {
    const form = await person.open(`/connections/${id}/credential`);
    return { form, page: await person.submit(form, `/connections/${id}/credential`, entered) };
  };
  const known = async () => (await world.api("GET", `/connections/${id}`)).body.account?.label ?? null;
  await store({ "credential.token": "token-of-octocat" });
  expect(await known()).toBe("octocat");

  const { form, page } = await store({ "credential.token": "token-of-hubot" });
  expect(form.html).not.toContain("otherAccount");
  expect(page.status).toBe(422);
  expect(page.html).toContain("The credential is that of hubot; the connection has been octocat so far.");
  expect(page.html).not.toContain("token-of-hubot");
  expect(await known()).toBe("octocat");
  const again = await person.submit(page, `/connections/${id}/credential`, {
    "credential.token": "token-of-hubot",
    otherAccount: "true",
  });
  expect(again.html).toContain("The new credential is stored");
  expect(await known()).toBe("hubot");
});
