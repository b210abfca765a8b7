import { describe, expect, test } from "bun:test";
import type { OAuth2Scheme } from "../../src/connector-sdk/auth-scheme.ts";
import { openMakerPeer } from "../../test/connectors/maker/open-maker-peer.ts";
import { createActionWorld } from "../../test/connectors/run-action.ts";
import connector from "./definition.ts";
import { maker } from "./testing/maker.ts";

const { readToken } = connector.auth.oauth as OAuth2Scheme;

describe("the token endpoint's answer", () => {
  const answer = {
    ok: true,
    access_token: "xoxb-1",
    token_type: "bot",
    scope: "chat:write,channels:read",
    bot_user_id: "U0KRQLJ9H",
    app_id: "A0KRD7HC3",
    team: { name: "Slack Softball Team", id: "T9TK3CUKW" },
    enterprise: null,
    authed_user: { id: "U1234" },
  };

  test("says whose workspace it is; without rotation the token has no end", () => {
    expect(readToken!(answer)).toEqual({
      accessToken: "xoxb-1",
      scopes: ["chat:write", "channels:read"],
      account: { id: "T9TK3CUKW", label: "Slack Softball Team" },
      extra: { botUserId: "U0KRQLJ9H", appId: "A0KRD7HC3" },
    });
  });

  test("with rotation has a refresh token", () => {
    const rotated = { ...answer, access_token: "xoxe.xoxb-1", refresh_token: "xoxe-1-a", expires_in: 43_200 };
    expect(readToken!(rotated)).toMatchObject({ accessToken: "xoxe.xoxb-1", refreshToken: "xoxe-1-a" });
  });

  test("of an organisation's installation names the organisation", () => {
    const grid = { ...answer, team: null, is_enterprise_install: true, enterprise: { id: "E1", name: "Slack Sports" } };
    expect(readToken!(grid).account).toEqual({ id: "E1", label: "Slack Sports" });
  });

  test.each([
    ["invalid_code", "auth", "invalid_grant"],
    ["invalid_refresh_token", "auth", "invalid_grant"],
    ["bad_client_secret", "final", "invalid_client"],
    ["bad_redirect_uri", "final", "invalid_client"],
    ["ratelimited", "rate_limited", "ratelimited"],
    ["fatal_error", "unknown", "fatal_error"],
    ["constructor", "final", "constructor"],
  ] as const)("with 200 and %s is a refusal", (error, kind, code) => {
    let caught: unknown;
    try {
      readToken!({ ok: false, error });
    } catch (refused) {
      caught = refused;
    }
    expect(caught).toMatchObject({ kind, code, message: `Slack refused: ${error}` });
  });
});

test("the test of a connection says whose workspace it is", async () => {
  const world = createActionWorld();
  const peer = await openMakerPeer(maker);
  peer.answer("*", () => ({ ok: true, team: "Subarachnoid Workspace", team_id: "T12345678", user_id: "W1" }));
  for (const credential of [
    { scheme: "bot_token", fields: { token: "xoxb-1" } },
    { scheme: "oauth", fields: { accessToken: "xoxb-1" } },
  ]) {
    const context = world.context({ connector, credential, routes: peer.routes });
    expect(await connector.testConnection!(context)).toEqual({ id: "T12345678", label: "Subarachnoid Workspace" });
  }
  expect(peer.calls.map(({ headers, problems }) => [headers.authorization, problems])).toEqual([
    ["Bearer xoxb-1", []],
    ["Bearer xoxb-1", []],
  ]);
  world.close();
  await peer.stop();
});

test("every action counts against a budget of the method that it calls", async () => {
  const budgets = new Set(connector.rateLimits!.map(({ method }) => method));
  for (const load of Object.values(connector.actions)) expect(budgets).toContain((await load()).rateLimitMethod);
});

test("the administrator is given a manifest with our addresses and the scopes that are asked for", () => {
  const { setup, scopes } = connector.auth.oauth as OAuth2Scheme;
  const callbackUrl = "https://sync.example.com/oauth/callback/slack";
  const eventsUrl = "https://sync.example.com/hooks/apps/slack";
  const manifest = JSON.parse(setup!({ callbackUrl, eventsUrl }).manifest!);
  expect(manifest).toMatchObject({
    oauth_config: { redirect_urls: [callbackUrl], scopes: { bot: scopes.map(({ name }) => name) } },
    settings: { event_subscriptions: { request_url: eventsUrl } },
  });
  const without = JSON.parse(setup!({ callbackUrl, eventsUrl: null }).manifest!);
  expect(without.settings).not.toHaveProperty("event_subscriptions");
});

test("what a form asks for counts against the budget of Slack's method", () => {
  const methodOf = (url: string) => connector.rateLimitMethod!({ method: "GET", url });
  expect(methodOf("https://slack.com/api/conversations.list?limit=200&cursor=a%2Fapi%2Fb")).toBe("conversations.list");
  expect(methodOf("https://files.slack.com/upload/v1/ABC")).not.toBe("conversations.list");
});
