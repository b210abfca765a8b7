import { describe, expect, test } from "bun:test";
import type { ActionError } from "../../src/connector-sdk/action-error.ts";
import type { OAuth2Scheme } from "../../src/connector-sdk/auth-scheme.ts";
import { openMakerPeer } from "../../test/connectors/maker/open-maker-peer.ts";
import { createActionWorld } from "../../test/connectors/run-action.ts";
import connector from "./definition.ts";
import { maker } from "./testing/maker.ts";

const oauth = connector.auth.oauth as OAuth2Scheme;
const readToken = (answer: Parameters<NonNullable<OAuth2Scheme["readToken"]>>[0]) => oauth.readToken!(answer);

describe("the token endpoint's answer", () => {
  test("of a GitHub App lives eight hours and has a refresh token for one use", () => {
    const answer = {
      access_token: "ghu_1",
      expires_in: 28_800,
      refresh_token: "ghr_1",
      refresh_token_expires_in: 15_897_600,
      scope: "",
      token_type: "bearer",
    };
    expect(readToken(answer)).toEqual({
      accessToken: "ghu_1",
      refreshToken: "ghr_1",
      scopes: [],
    });
  });

  test("of an OAuth app has neither end nor refresh token, and scopes between commas", () => {
    expect(readToken({ access_token: "gho_1", scope: "repo,read:user", token_type: "bearer" })).toEqual({
      accessToken: "gho_1",
      scopes: ["repo", "read:user"],
    });
  });

  test.each([
    ["bad_refresh_token", "auth", "invalid_grant"],
    ["bad_verification_code", "auth", "invalid_grant"],
    ["incorrect_client_credentials", "final", "invalid_client"],
    ["redirect_uri_mismatch", "final", "redirect_uri_mismatch"],
  ] as const)("with 200 and %s is a refusal", (error, kind, code) => {
    const answer = { error, error_description: "The reason." };
    const refuse = () => readToken(answer);
    expect(refuse).toThrow("GitHub refused: The reason.");
    try {
      refuse();
    } catch (caught) {
      expect(caught as ActionError).toMatchObject({ kind, code });
    }
  });
});

test("the test of a connection says whose it is, with the headers that GitHub wants", async () => {
  const world = createActionWorld();
  const peer = await openMakerPeer(maker);
  peer.answer("*", () => Response.json({ id: 583231, login: "octocat" }));
  for (const credential of [
    { scheme: "personal_token", fields: { token: "t" } },
    { scheme: "oauth", fields: { accessToken: "t" } },
  ]) {
    const context = world.context({ connector, credential, routes: peer.routes });
    expect(await connector.testConnection!(context)).toEqual({ id: "583231", label: "octocat" });
  }
  for (const { headers } of peer.calls)
    expect(headers).toMatchObject({
      authorization: "Bearer t",
      accept: "application/vnd.github+json",
      "x-github-api-version": "2022-11-28",
      "user-agent": "IntegrationSync",
    });
  world.close();
  await peer.stop();
});

test("what is left of a budget is read from the headers of that budget only", () => {
  const headers = {
    "x-ratelimit-limit": "30",
    "x-ratelimit-remaining": "18",
    "x-ratelimit-reset": "1780000000",
    "x-ratelimit-resource": "search",
  };
  const response = { status: 200, headers, body: new Uint8Array(), url: "https://api.github.com/search/issues" };
  const readings = connector.rateLimits!.map(({ title, readHeaders }) => [title, readHeaders?.(response, 0) ?? null]);
  expect(readings).toEqual([
    ["Requests", null],
    ["Searches", { limit: 30, remaining: 18, resetAt: 1_780_000_000_000 }],
    ["New content", null],
  ]);
});
