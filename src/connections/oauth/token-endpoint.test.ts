import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { VirtualClock } from "../../../test/simulation/virtual-clock.ts";
import type { OAuth2Scheme } from "../../connector-sdk/auth-scheme.ts";
import { systemClock } from "../../platform/clock.ts";
import { createEgress } from "../../platform/egress/create-egress.ts";
import { createGuardedFetch } from "../../platform/egress/guarded-fetch.ts";
import { openTokenEndpoint } from "./token-endpoint.ts";

const SECRET = "canary-client-secret/+==";
const REFRESH_TOKEN = "canary-refresh-token-1//0gXyZ";
const CODE = "canary-code-4/0AX4";

const egress = createEgress({ allow: ["127.0.0.0/8"] });
const guarded = createGuardedFetch(egress);
const original = globalThis.fetch;
let answer: (request: Request) => Response | Promise<Response> = () => new Response();
let strangers: string[] = [];
const provider = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: (request) => answer(request) });
const stranger = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  async fetch(request) {
    strangers.push(`${request.method} ${await request.text()}`);
    return Response.json({ access_token: "evil", expires_in: 60 });
  },
});
beforeAll(() => {
  // As `main.ts` does: Arctic calls the global one.
  globalThis.fetch = guarded;
});
afterAll(async () => {
  globalThis.fetch = original;
  await Promise.all([provider.stop(true), stranger.stop(true)]);
  egress.close();
});
afterEach(() => {
  strangers = [];
});

function endpoint(clientAuth: "basic" | "body", fetch = guarded, clock = systemClock) {
  const scheme: OAuth2Scheme = {
    kind: "oauth2",
    title: "Account",
    fields: {},
    grant: "authorization_code",
    provider: "ACME",
    authorizeUrl: `${provider.url}authorize`,
    tokenUrl: `${provider.url}token`,
    revokeUrl: `${provider.url}revoke`,
    introspectUrl: `${provider.url}introspect`,
    scopes: [],
    pkce: true,
    clientAuth,
    refresh: "rotating",
  };
  const app = { id: "client", secret: SECRET };
  return openTokenEndpoint(scheme, { app, fields: {}, redirectUri: "https://here.example/cb", fetch, clock });
}

async function failureOf(asked: ReturnType<ReturnType<typeof endpoint>["refresh"]>) {
  const result = await asked;
  if (result.ok) throw new Error("succeeded");
  return result.failure;
}

describe.each(["basic", "body"] as const)("with the client's secret in %s", (clientAuth) => {
  test("a refusal that echoes what was sent shows none of it, however long it is", async () => {
    const description = `${"x".repeat(270)} token ${REFRESH_TOKEN} code ${CODE} of ${encodeURIComponent(SECRET)} and ${SECRET}`;
    answer = () => Response.json({ error: "invalid_grant", error_description: description }, { status: 400 });
    for (const asked of [endpoint(clientAuth).refresh(REFRESH_TOKEN), endpoint(clientAuth).exchangeCode(CODE, "v")]) {
      const { kind, message } = await failureOf(asked);
      expect(kind).toBe("revoked");
      expect(message).toContain("••••");
    }
    const refused = await failureOf(endpoint(clientAuth).refresh(REFRESH_TOKEN));
    for (let from = 0; from + 8 <= REFRESH_TOKEN.length; from += 1)
      expect(refused.message).not.toContain(REFRESH_TOKEN.slice(from, from + 8));
    expect(refused.message).not.toContain("client-secret");
  });

  test.each([307, 308])("a redirect (%i) to another origin gets nothing of it", async (status) => {
    answer = () => new Response(null, { status, headers: { location: `${stranger.url}token` } });
    expect(await failureOf(endpoint(clientAuth).refresh(REFRESH_TOKEN))).toMatchObject({ kind: "later" });
    expect(await failureOf(endpoint(clientAuth).exchangeCode(CODE, "verifier"))).toMatchObject({ kind: "later" });
    const revoked = await endpoint(clientAuth).revoke({ accessToken: "a", refreshToken: REFRESH_TOKEN });
    expect(revoked.kind).not.toBe("done");
    expect(JSON.stringify(revoked)).not.toContain(REFRESH_TOKEN);
    expect(strangers).toEqual([]);
  });

  test.each([
    ["", 200, "done"],
    // It has gone already.
    ["invalid_token", 400, "done"],
    ["unsupported_token_type", 400, "refused"],
    ["invalid_client", 401, "refused"],
    ["", 503, "later"],
  ])(
    "taking a token back that is answered %s %i is %s, and shows nothing of the token",
    async (error, status, kind) => {
      answer = () => Response.json({ error, error_description: `of ${REFRESH_TOKEN} by ${SECRET}` }, { status });
      const revoked = await endpoint(clientAuth).revoke({ accessToken: "a", refreshToken: REFRESH_TOKEN });
      expect(revoked.kind).toBe(kind as typeof revoked.kind);
      expect(JSON.stringify(revoked)).not.toContain(REFRESH_TOKEN);
      expect(JSON.stringify(revoked)).not.toContain(SECRET);
    },
  );

  test.each([
    ["invalid_grant", "revoked"],
    ["interaction_required", "revoked"],
    ["invalid_client", "app"],
    ["temporarily_unavailable", "later"],
    // What nobody has heard of may pass by itself.
    ["rate_limit_exceeded", "unclear"],
    ["unknown_error", "unclear"],
    ["toString", "unclear"],
  ])("%s means %s", async (error, kind) => {
    answer = () => Response.json({ error }, { status: 400 });
    expect(await failureOf(endpoint(clientAuth).refresh(REFRESH_TOKEN))).toMatchObject({ kind });
  });

  test.each([
    [
      "a page with 200",
      new Response("<html>Sign in to the Wi-Fi</html>", { headers: { "content-type": "text/html" } }),
    ],
    ["nothing with 200", new Response("")],
    ["a list", Response.json([])],
    ["a page with 502", new Response("<html>", { status: 502 })],
  ] as const)("%s gives no connection up", async (_, response) => {
    answer = () => response.clone() as Response;
    expect(await failureOf(endpoint(clientAuth).refresh(REFRESH_TOKEN))).toMatchObject({ kind: "later" });
  });
});

test("a token that is there is not kept from being stored by a provider that does not say how long it lasts", async () => {
  const time = new VirtualClock(0);
  const never = Object.assign(() => new Promise<Response>(() => {}), { preconnect: () => {} });
  const asked = endpoint(
    "body",
    never,
    time.forProcess(() => false),
  ).introspect("token");
  while (time.advance(12_000));
  expect(await Promise.race([asked, Bun.sleep(10_000).then(() => "still waiting")])).toBeNull();
});
