import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { ActionError } from "../../src/connector-sdk/action-error.ts";
import type { OAuth2Scheme } from "../../src/connector-sdk/auth-scheme.ts";
import { type ConnectorRegistry, defineConnector } from "../../src/connector-sdk/connector.ts";
import type { Connection } from "../../src/domain/connection.ts";
import { type Makers, openMakers } from "../connectors/open-makers.ts";
import { type FlowWorld, openFlowWorld } from "../flows/flow-world.ts";
import { until } from "../until.ts";
import { createQuirkyProvider, type QuirkyProvider } from "./quirky-provider.ts";
import { QUIRKY_SCHEMES } from "./quirky-schemes.ts";

/*
 * What providers differ in can be declared, each of it: a scheme against a token endpoint that behaves so, through the
 * whole server. The core knows none of these names.
 */

const CLIENT = { id: "the-client", secret: "the-secret" };
const SESSION = "session_1";
const API = "https://api.quirks.example";

let makers: Makers<"everybody">;
let world: FlowWorld;
const providers = new Map<string, QuirkyProvider>();

beforeAll(async () => {
  for (const [name, { quirks }] of Object.entries(QUIRKY_SCHEMES))
    providers.set(name, createQuirkyProvider(quirks, CLIENT));
  const addresses = Object.values(QUIRKY_SCHEMES).flatMap(({ consent, tokens, introspection, revocation }) =>
    [API, consent, tokens, introspection, revocation].filter((address) => address !== undefined),
  );
  const origins = [...new Set(addresses.map((address) => new URL(address).origin))];
  // Nobody's description: the endpoints below say themselves what they refuse.
  makers = await openMakers({ everybody: { description: "nobody", origins } });
  makers.peers.everybody.answer("*", (call) => {
    const url = `https://${call.headers.host}${call.path}`;
    for (const [name, { tokens, introspection, revocation }] of Object.entries(QUIRKY_SCHEMES)) {
      if (url === tokens) return providers.get(name)!.token(call);
      if (url === revocation) return providers.get(name)!.revoke(call);
      if (url === introspection) return providers.get(name)!.introspect(call);
    }
    const token = call.headers.authorization?.replace("Bearer ", "");
    if (providers.get(String(call.query.of))?.takes(token)) return { id: "account-1" };
    return new Response(null, { status: 401 });
  });
  const clients = Object.entries(QUIRKY_SCHEMES).flatMap(([name, { quirks }]): [string, string][] => [
    [`${name.toUpperCase()}_CLIENT_ID`, CLIENT.id],
    ...(quirks.clientAuth === "none"
      ? []
      : [[`${name.toUpperCase()}_CLIENT_SECRET`, CLIENT.secret] as [string, string]]),
  ]);
  const environment = { ...makers.environment, PUBLIC_URL: "https://sync.example", ...Object.fromEntries(clients) };
  world = await openFlowWorld(environment, quirkyConnector());
}, 60_000);
afterAll(async () => {
  await world.close();
  await makers.close();
});

/** One connector with all of the schemes, whose API says whose token it was sent. */
function quirkyConnector(): ConnectorRegistry {
  const auth = Object.entries(QUIRKY_SCHEMES).map(([name, { scheme }]) => {
    const { scopes, ...rest } = scheme;
    const titled = scopes.map((scope) => ({ name: scope, title: `To use ${scope}` }));
    const shared = { kind: "oauth2", title: name, fields: {}, grant: "authorization_code", scopes: titled } as const;
    return [name, { ...rest, ...shared, provider: name.toUpperCase() } as OAuth2Scheme] as const;
  });
  const quirky = defineConnector({
    title: "Quirky",
    description: "Everything that providers differ in.",
    icon: '<svg viewBox="0 0 24 24" xmlns="http://www.w3.org/2000/svg"><circle cx="12" cy="12" r="9" fill="currentColor"/></svg>',
    auth: Object.fromEntries(auth),
    hosts: [new URL(API).host],
    baseUrl: API,
    async testConnection({ api, credential }) {
      const { body } = await api({ path: "/me", query: { of: credential?.scheme ?? "" } });
      if (typeof body !== "object") throw new ActionError("final", "no account", { code: "no_account" });
      return { id: "account-1", label: "Account" };
    },
    actions: {},
    triggers: {},
  });
  return { quirky: async () => quirky };
}

/** The time of the refresh has come. Once: the answer to one under way would be given up if time went on in jumps. */
async function untilRenewed({ id, refreshAt, generation }: Connection): Promise<Connection> {
  world.clock.jump((refreshAt ?? 0) - world.clock.now());
  return until("it is renewed", async () => {
    const found = await world.app.app.services.connections.find(world.scope, id);
    return found.generation === generation + 1 && found;
  });
}

for (const [name, { why, consent, revocation, asks = {}, lifetimeMs, renews }] of Object.entries(QUIRKY_SCHEMES)) {
  describe(`${name}: ${why}`, () => {
    test("is connected, known until when, and renewed as often as it has to be, or not at all", async () => {
      const { oauth, connections } = world.app.app.services;
      const provider = providers.get(name)!;
      const wanted = { connector: "quirky", scheme: name, name, fields: {}, hosts: null };
      const page = await oauth.begin(world.scope, SESSION, wanted);
      expect(page.origin + page.pathname).toBe(consent);
      expect(Object.fromEntries(page.searchParams)).toMatchObject(asks);
      const code = provider.consent(page);
      const state = page.searchParams.get("state") ?? "";
      const back = { state, code, error: null, errorDescription: null, issuer: page.origin };
      const askedAt = world.clock.now();
      const finished = await oauth.finish(world.scope, SESSION, name, back);
      if (finished.kind !== "connected") throw new Error(finished.kind);
      let connection = finished.connection;
      const { id } = connection;
      expect(connection).toMatchObject({ state: "ready", account: { id: "account-1" } });
      expect(connection.refreshAt !== null).toBe(renews);
      if (lifetimeMs === null) expect(connection.expiresAt).toBeNull();
      else {
        const from = askedAt + lifetimeMs - 2_000;
        expect(connection.expiresAt ?? 0).toBeWithin(from, world.clock.now() + lifetimeMs + 2_000);
      }

      // The third needs what the second was given: a rotated token that was not kept would show here.
      for (let renewal = 1; renews && renewal <= 3; renewal += 1) {
        connection = await untilRenewed(connection);
        expect(provider.refreshes()).toBe(renewal);
        expect(await connections.test(world.scope, id)).toMatchObject({ ok: true });
      }
      if (!renews) {
        world.clock.jump(24 * 3_600_000);
        const tested = await connections.test(world.scope, id);
        expect(tested).toMatchObject(
          lifetimeMs === null ? { ok: true } : { ok: false, problem: expect.stringContaining("nothing to renew it") },
        );
      }
      await connections.remove(world.scope, id);
      if (revocation) await until("the class has taken it back", () => provider.isRevoked());
      expect(makers.strangers).toEqual([]);
    });
  });
}
