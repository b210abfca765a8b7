import { describe, expect, test } from "bun:test";
import { resolveUrl } from "../../src/connections/oauth/oauth-credential.ts";
import type { ArcticWithPkce, OpenArctic } from "../../src/connector-sdk/arctic-class.ts";
import type { ClientCredentialsScheme, OAuth2Scheme } from "../../src/connector-sdk/auth-scheme.ts";
import type { JsonObject } from "../../src/connector-sdk/json.ts";
import { resolveHosts } from "../../src/connector-sdk/resolve-hosts.ts";
import { openMakerPeer } from "../../test/connectors/maker/open-maker-peer.ts";
import { createActionWorld } from "../../test/connectors/run-action.ts";
import connector from "./definition.ts";
import { credential, maker } from "./testing/maker.ts";

const oauth = connector.auth.oauth as OAuth2Scheme;

/** Where people are sent. Arctic's class asks for tokens at the same host. */
async function signInAt(fields: JsonObject): Promise<string> {
  const open = oauth.arctic as OpenArctic<ArcticWithPkce>;
  const client = await open({ clientId: "key", clientSecret: "secret", redirectUri: "https://x.example" }, fields);
  return client.createAuthorizationURL("state", "verifier", []).host;
}

describe("where to sign in", () => {
  test.each([
    [{ environment: "production" }, "login.salesforce.com"],
    [{ environment: "sandbox" }, "test.salesforce.com"],
    [{ environment: "domain", domain: "https://Acme.my.salesforce.com/" }, "acme.my.salesforce.com"],
  ])("%p", async (fields, host) => {
    expect(await signInAt(fields)).toBe(host);
  });

  test("an integration user signs in at its own domain", () => {
    const { tokenUrl } = connector.auth.client_credentials as ClientCredentialsScheme;
    const fields = { domain: "acme--uat.sandbox.my.salesforce.com" };
    expect(resolveUrl(tokenUrl, fields)).toBe("https://acme--uat.sandbox.my.salesforce.com/services/oauth2/token");
  });

  test.each([
    "evil.example",
    "my.salesforce.com.evil.example",
    "evil.example/acme.my.salesforce.com",
    "x@y.my.salesforce.com",
  ])("is never %p: the client's secret is sent there", async (domain) => {
    await expect(signInAt({ environment: "domain", domain })).rejects.toThrow("is no My Domain");
  });
});

test("the token answer has no end of life, and tells the organisation's host", () => {
  const answer = {
    access_token: "00D!x",
    refresh_token: "5Aep",
    scope: "api refresh_token id",
    instance_url: "https://acme.my.salesforce.com",
    id: "https://login.salesforce.com/id/00Dx0000000BV7z/005x00000012Q9P",
    issued_at: "1780000000000",
  };
  expect(oauth.readToken!(answer)).toEqual({
    accessToken: "00D!x",
    refreshToken: "5Aep",
    scopes: ["api", "refresh_token", "id"],
    extra: { instanceUrl: answer.instance_url, identityUrl: answer.id },
  });
  expect(() => oauth.readToken!({ access_token: "x" })).toThrow("instance_url");
});

test("the credential goes to the organisation's host and to no other, whatever the token answer says", () => {
  const hostsOf = (instanceUrl: string) =>
    resolveHosts(connector, { scheme: "oauth", fields: { accessToken: "x", instanceUrl } }, []);
  expect(hostsOf("https://acme.my.salesforce.com")).toEqual(["acme.my.salesforce.com"]);
  expect(hostsOf("https://evil.example")).toEqual([]);
  expect(hostsOf("https://salesforce.com.evil.example")).toEqual([]);
  expect(hostsOf("no address")).toEqual([]);
});

test("the test of a connection says whose it is", async () => {
  const world = createActionWorld();
  const peer = await openMakerPeer(maker);
  peer.answer("*", () => ({ organization_id: "00D1", user_id: "0051", preferred_username: "ada@acme.example" }));
  const context = world.context({ connector, credential, routes: peer.routes });
  expect(await connector.testConnection!(context)).toEqual({ id: "00D1/0051", label: "ada@acme.example" });
  expect(peer.calls[0]?.headers.authorization).toBe("Bearer 00D!x");
  world.close();
  await peer.stop();
});

test("what is left of the day's requests is read from every answer", () => {
  const read = (info: string) =>
    connector.rateLimits![0]!.readHeaders!(
      { status: 200, headers: { "sforce-limit-info": info }, body: new Uint8Array(), url: "https://x" },
      0,
    );
  expect(read("api-usage=18/15000")).toEqual({ limit: 15_000, remaining: 14_982 });
  expect(read("per-app-api-usage=17/250(appName=sample)")).toBeNull();
});

test("the identity endpoints' way to refuse a token is read as such", () => {
  const refusal = (text: string) =>
    connector.classify!(
      { status: 403, headers: { "content-type": "text/html" }, body: Buffer.from(text), url: "https://x" },
      0,
    );
  expect(refusal("Bad_OAuth_Token")).toMatchObject({ kind: "auth" });
  expect(refusal("Missing_OAuth_Token")).toMatchObject({ kind: "auth" });
  expect(refusal("You may not")).toMatchObject({ kind: "final" });
});
