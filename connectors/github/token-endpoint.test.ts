import { expect, test } from "bun:test";
import { readTokenAnswer } from "../../src/connections/oauth/read-token-answer.ts";
import type { OAuth2Scheme } from "../../src/connector-sdk/auth-scheme.ts";
import connector from "./definition.ts";

const scheme = connector.auth.oauth as OAuth2Scheme;
const NOW = 1_780_000_000_000;

test("a GitHub App's token is good for eight hours, an OAuth app's for ever", () => {
  const ofApp = { access_token: "ghu_1", expires_in: 28_800, refresh_token: "ghr_1", scope: "", token_type: "bearer" };
  expect(readTokenAnswer(ofApp, scheme, NOW)).toMatchObject({ refreshToken: "ghr_1", expiresAt: NOW + 28_800_000 });
  const forEver = { access_token: "gho_1", scope: "repo,read:user", token_type: "bearer" };
  expect(readTokenAnswer(forEver, scheme, NOW)).toMatchObject({ expiresAt: null, scopes: ["repo", "read:user"] });
});

test.each([
  ["bad_refresh_token", "revoked"],
  ["bad_verification_code", "revoked"],
  ["incorrect_client_credentials", "app"],
  ["redirect_uri_mismatch", "app"],
] as const)("200 with %s is %s", (error, kind) => {
  expect(readTokenAnswer({ error, error_description: "Why." }, scheme, NOW)).toMatchObject({
    kind,
    message: `The token endpoint answered ${error}: Why.`,
  });
});
