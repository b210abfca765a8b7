import { expect, test } from "bun:test";
import { readTokenAnswer } from "../../src/connections/oauth/read-token-answer.ts";
import type { OAuth2Scheme } from "../../src/connector-sdk/auth-scheme.ts";
import connector from "./definition.ts";

const scheme = connector.auth.oauth as OAuth2Scheme;
const NOW = 1_780_000_000_000;

test("a rotated token is good for as long as Slack says", () => {
  const answer = {
    ok: true,
    access_token: "xoxe.xoxb-1",
    refresh_token: "xoxe-1-a",
    expires_in: 43_200,
    team: { id: "T1" },
  };
  expect(readTokenAnswer(answer, scheme, NOW)).toMatchObject({
    refreshToken: "xoxe-1-a",
    expiresAt: NOW + 43_200_000,
    account: { id: "T1" },
  });
});

test.each([
  ["invalid_refresh_token", "revoked"],
  ["bad_client_secret", "app"],
  ["ratelimited", "later"],
  ["internal_error", "later"],
  ["service_unavailable", "later"],
] as const)("200 with %s is %s, so that trouble at Slack kills no connection", (error, kind) => {
  expect(readTokenAnswer({ ok: false, error }, scheme, NOW)).toMatchObject({
    kind,
    message: `Slack refused: ${error}`,
  });
});
