import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import type { Connection } from "../../src/domain/connection.ts";
import type { JsonObject } from "../../src/domain/json.ts";
import { type FlowWorld, openFlowWorld } from "../flows/flow-world.ts";
import { until } from "../until.ts";
import type { MakerCall } from "./maker/open-maker-peer.ts";
import { type Makers, openMakers } from "./open-makers.ts";

/*
 * How each of our connectors gets tokens, through the whole server and whichever way its scheme declares (Arctic's class,
 * Arctic's client): where people are sent, what is asked, and what every kind of answer comes to. The makers' own
 * descriptions judge the same requests in `connectors/<name>/connecting.test.ts`; here the answers are the point.
 */

interface Provider {
  readonly connector: string;
  readonly fields: JsonObject;
  /** Where people are sent, and with what beside client, callback, state and challenge. */
  readonly consent: string;
  readonly asks: Readonly<Record<string, string>>;
  readonly pkce: boolean;
  readonly tokenUrl: string;
  /** What else may be asked, and the answer. */
  readonly others: Readonly<Record<string, JsonObject>>;
  readonly token: (number: number) => JsonObject;
  /** How it says that a grant is gone, that it knows no such client, and that it cannot now, in its own words. */
  readonly revoked: () => Response;
  readonly unknownClient: () => Response;
  readonly overloaded: () => Response;
}

const refuse = (error: string, status = 400) => Response.json({ error, error_description: "Why." }, { status });
const slackRefuses = (error: string) => Response.json({ ok: false, error });

const PROVIDERS: readonly Provider[] = [
  {
    connector: "google-sheets",
    fields: {},
    consent: "https://accounts.google.com/o/oauth2/v2/auth",
    asks: {
      scope: "https://www.googleapis.com/auth/spreadsheets https://www.googleapis.com/auth/drive.metadata.readonly",
      access_type: "offline",
      prompt: "consent",
    },
    pkce: true,
    tokenUrl: "https://oauth2.googleapis.com/token",
    others: {
      "https://www.googleapis.com/drive/v3/about": { user: { permissionId: "0123", emailAddress: "ada@example.com" } },
      "https://oauth2.googleapis.com/revoke": {},
    },
    token: (number) => ({
      access_token: `ya29.${number}`,
      expires_in: 3_599,
      token_type: "Bearer",
      ...(number === 1 && { refresh_token: "1//refresh" }),
    }),
    revoked: () => refuse("invalid_grant"),
    unknownClient: () => refuse("deleted_client", 401),
    overloaded: () => new Response("backend error", { status: 503 }),
  },
  {
    connector: "salesforce",
    fields: { environment: "sandbox" },
    consent: "https://test.salesforce.com/services/oauth2/authorize",
    asks: { scope: "api refresh_token id" },
    pkce: true,
    tokenUrl: "https://test.salesforce.com/services/oauth2/token",
    others: {
      "https://test.salesforce.com/services/oauth2/introspect": { active: false },
      "https://acme.my.salesforce.com/services/oauth2/userinfo": {
        organization_id: "00D1",
        user_id: "0051",
        preferred_username: "ada@acme.example",
      },
      "https://test.salesforce.com/services/oauth2/revoke": {},
    },
    token: (number) => ({
      access_token: `00D!${number}`,
      instance_url: "https://acme.my.salesforce.com",
      id: "https://test.salesforce.com/id/00D1/0051",
      ...(number === 1 && { refresh_token: "5Aep" }),
    }),
    revoked: () => refuse("inactive_user"),
    unknownClient: () => refuse("invalid_client_id"),
    overloaded: () => refuse("rate_limit_exceeded"),
  },
  {
    connector: "github",
    fields: {},
    consent: "https://github.com/login/oauth/authorize",
    asks: { scope: "repo admin:repo_hook read:user" },
    pkce: true,
    tokenUrl: "https://github.com/login/oauth/access_token",
    others: { "https://api.github.com/user": { id: 583231, login: "octocat" } },
    token: (number) => ({ access_token: `ghu_${number}`, refresh_token: `ghr_${number}`, expires_in: 28_800 }),
    revoked: () => refuse("bad_refresh_token", 200),
    unknownClient: () => refuse("incorrect_client_credentials", 200),
    overloaded: () => new Response("<h1>Unicorn!</h1>", { status: 502, headers: { "content-type": "text/html" } }),
  },
  {
    connector: "slack",
    fields: {},
    consent: "https://slack.com/oauth/v2/authorize",
    asks: {},
    pkce: false,
    tokenUrl: "https://slack.com/api/oauth.v2.access",
    others: { "https://slack.com/api/auth.revoke": { ok: true } },
    token: (number) => ({
      ok: true,
      access_token: `xoxe.xoxb-${number}`,
      refresh_token: `xoxe-1-${number}`,
      expires_in: 43_200,
      team: { id: "T1", name: "Softball" },
    }),
    revoked: () => slackRefuses("invalid_refresh_token"),
    unknownClient: () => slackRefuses("bad_client_secret"),
    overloaded: () => slackRefuses("ratelimited"),
  },
];

const CLIENT = { id: "the-client", secret: "canary:secret +%" };
const BASIC = `Basic ${Buffer.from(`${CLIENT.id}:${CLIENT.secret}`).toString("base64")}`;
const SESSION = "session_1";
const nameOf = ({ connector }: Provider) => (connector === "google-sheets" ? "google" : connector);

let makers: Makers<"everybody">;
let world: FlowWorld;
let provider: Provider;
/** Tokens given out, and what is answered instead of the next ones. */
let given = 0;
let instead: (() => Response | Promise<Response>)[] = [];

beforeAll(async () => {
  const addresses = PROVIDERS.flatMap(({ consent, tokenUrl, others }) => [consent, tokenUrl, ...Object.keys(others)]);
  const origins = [...new Set(addresses.map((address) => new URL(address).origin))];
  // Nobody's description: nothing is judged, everything is answered here.
  makers = await openMakers({ everybody: { description: "nobody", origins } });
  const clients = PROVIDERS.flatMap((each): [string, string][] => [
    [`${nameOf(each).toUpperCase()}_CLIENT_ID`, CLIENT.id],
    [`${nameOf(each).toUpperCase()}_CLIENT_SECRET`, CLIENT.secret],
  ]);
  world = await openFlowWorld({
    ...makers.environment,
    PUBLIC_URL: "https://sync.example",
    ...Object.fromEntries(clients),
  });
  // A refresh that has failed is not tried again before a test says so.
  world.clock.standStill();
}, 60_000);
beforeEach(() => {
  given = 0;
  instead = [];
  makers.peers.everybody.reset();
  makers.peers.everybody.answer("*", (call) => {
    const url = addressOf(call);
    if (url !== provider.tokenUrl) return provider.others[url] ?? new Response("nothing is here", { status: 404 });
    const trouble = instead.shift();
    if (trouble) return trouble();
    given += 1;
    return provider.token(given);
  });
});
afterEach(async () => {
  // Those of other tests would be due as well when the clock jumps.
  const { connections } = world.app.backend;
  const { items } = await connections.list(world.scope, { limit: 200, cursor: null });
  const change = (id: string) => ({ at: 1, action: "connection.deleted", target: id, details: {} });
  for (const { id } of items) await connections.delete(world.scope, id, null, change(id));
  expect(makers.strangers).toEqual([]);
});
afterAll(async () => {
  await world.close();
  await makers.close();
});

const addressOf = ({ headers, path }: MakerCall) => `https://${headers.host}${path}`;
const tokenRequests = () => makers.peers.everybody.calls.filter((call) => addressOf(call) === provider.tokenUrl);

async function begin(): Promise<URL> {
  const { connector, fields } = provider;
  const wanted = { connector, scheme: "oauth", name: "Theirs", fields, hosts: null };
  return world.app.app.services.oauth.begin(world.scope, SESSION, wanted);
}

async function finish(url: URL, issuer: string | null = null) {
  const state = url.searchParams.get("state") ?? "";
  const back = { state, code: "good-code", error: null, errorDescription: null, issuer };
  return world.app.app.services.oauth.finish(world.scope, SESSION, nameOf(provider), back);
}

async function connect(): Promise<Connection> {
  const finished = await finish(await begin());
  if (finished.kind !== "connected") throw new Error(finished.kind);
  return finished.connection;
}

const find = (id: string) => world.app.app.services.connections.find(world.scope, id);

function untilIt(what: string, id: string, holds: (connection: Connection) => boolean): Promise<Connection> {
  return until(what, async () => {
    const found = await find(id);
    return holds(found) && found;
  });
}

async function untilAppIsInTrouble(wanted: boolean): Promise<void> {
  await until(`the app is${wanted ? "" : " not"} in trouble`, async () => {
    const problems = await world.app.app.services.oauth.apps.problems(world.scope);
    return problems.some((found) => found.provider.toLowerCase() === nameOf(provider)) === wanted;
  });
}

/**
 * The time of its next refresh comes. Once: the answer to one under way would be given up if time went on in jumps.
 */
async function untilRenewed(id: string): Promise<Connection> {
  const { refreshAt, generation } = await find(id);
  if (generation === 1) world.clock.jump(Math.max(0, (refreshAt ?? 0) - world.clock.now()));
  return untilIt("it is renewed", id, (found) => found.generation === 2);
}

/** Connected, and the moment of the next refresh has come. */
async function due(...troubles: typeof instead): Promise<Connection> {
  const connection = await connect();
  instead = troubles;
  world.clock.jump((connection.refreshAt ?? 0) - world.clock.now());
  return connection;
}

for (const each of PROVIDERS) {
  describe(each.connector, () => {
    beforeAll(() => {
      provider = each;
    });

    test("people are sent to the provider's own page, asked for what the scheme declares", async () => {
      const url = await begin();
      expect(url.origin + url.pathname).toBe(each.consent);
      const { state, code_challenge, code_challenge_method, ...asked } = Object.fromEntries(url.searchParams);
      expect(state).toMatch(/^[\w-]{43}$/);
      if (each.pkce) expect(code_challenge).toMatch(/^[\w-]{43}$/);
      expect(code_challenge_method).toBe(each.pkce ? "S256" : undefined!);
      expect(asked).toMatchObject({
        response_type: "code",
        client_id: CLIENT.id,
        redirect_uri: `https://sync.example/oauth/callback/${nameOf(each)}`,
        ...each.asks,
      });
      expect(url.href).not.toContain("canary");
      expect((await begin()).searchParams.get("state")).not.toBe(state!);
    });

    test("the code is exchanged and the access renewed, by a client that proves itself by HTTP Basic", async () => {
      const url = await begin();
      const finished = await finish(url);
      if (finished.kind !== "connected") throw new Error(finished.kind);
      const { id, refreshAt, account } = finished.connection;
      expect(account).not.toBeNull();
      world.clock.jump((refreshAt ?? 0) - world.clock.now());
      await untilIt("it is renewed", id, ({ generation }) => generation === 2);
      const [exchange, refresh, ...more] = tokenRequests();
      expect(more).toEqual([]);
      const { code_verifier, ...exchanged } = (exchange?.body ?? {}) as Record<string, string>;
      expect(exchanged).toEqual({
        grant_type: "authorization_code",
        code: "good-code",
        redirect_uri: `https://sync.example/oauth/callback/${nameOf(each)}`,
      });
      if (each.pkce)
        expect(createHash("sha256").update(code_verifier!).digest("base64url")).toBe(
          url.searchParams.get("code_challenge")!,
        );
      else expect(code_verifier).toBeUndefined();
      expect(refresh?.body).toEqual({
        grant_type: "refresh_token",
        refresh_token: String(each.token(1).refresh_token),
      });
      for (const call of [exchange, refresh]) expect(call?.headers.authorization).toBe(BASIC);
    });

    test("an answer that another server has sent gets no code", async () => {
      await expect(finish(await begin(), "https://evil.example")).rejects.toMatchObject({ detailCode: "oauth_state" });
      expect(tokenRequests()).toEqual([]);
      expect(await finish(await begin(), new URL(each.consent).origin)).toMatchObject({ kind: "connected" });
    });

    test("a refused code says so and connects nothing", async () => {
      instead = [each.revoked];
      await expect(connect()).rejects.toMatchObject({ code: "invalid", detailCode: "oauth_refused" });
      instead = [() => refuse("invalid_grant")];
      await expect(connect()).rejects.toMatchObject({ detailCode: "oauth_refused" });
      expect((await world.app.backend.connections.list(world.scope, { limit: 10, cursor: null })).items).toEqual([]);
    });

    test.each([
      ["in its own words", () => each.revoked()],
      ["by the standard", () => refuse("invalid_grant")],
      ["by the standard, with 200", () => refuse("invalid_grant", 200)],
    ])("a grant that is gone, said %s, needs a person", async (_how, answer) => {
      const { id } = await due(answer);
      const broken = await untilIt("it needs a person", id, ({ state }) => state === "needs_reconnect");
      expect(broken.problem).toContain("Reconnect it.");
      expect(tokenRequests()).toHaveLength(2);
    });

    test.each([
      ["in its own words", () => each.unknownClient()],
      ["by the standard", () => refuse("invalid_client", 401)],
    ])("a client that is not known, said %s, is the app's trouble and breaks no connection", async (_how, answer) => {
      const { id } = await due(answer);
      const { state } = await untilIt("it is tried", id, ({ refreshFailures }) => refreshFailures === 1);
      expect(state).toBe("ready");
      await untilAppIsInTrouble(true);
      await untilRenewed(id);
      await untilAppIsInTrouble(false);
    });

    const html = () =>
      new Response("<h1>Sign in to the guest network</h1>", { headers: { "content-type": "text/html" } });
    test.each([
      ["too much to do, in its own words", () => each.overloaded(), ""],
      ["500", () => new Response("oops", { status: 500 }), "answered 500"],
      ["429", () => new Response(null, { status: 429 }), "answered 429"],
      ["trouble, with 200", () => refuse("temporarily_unavailable", 200), "temporarily_unavailable"],
      ["a page instead of JSON", html, "not answer: what came is not JSON"],
      ["half an answer, then nothing", cutOff, "not answer"],
    ])("%s: the connection stays, and the refresh is asked for again by itself", async (_what, answer, problem) => {
      const { id } = await due(answer);
      const failing = await untilIt("it is tried", id, ({ refreshFailures }) => refreshFailures === 1);
      expect(failing).toMatchObject({ state: "ready", generation: 1 });
      expect(failing.problem).toContain(problem);
      expect(failing.refreshAt).toBeGreaterThan(world.clock.now());
      expect(await untilRenewed(id)).toMatchObject({ state: "ready", problem: null });
    });

    test("a provider that says when to come back is not asked before", async () => {
      const busy = () => new Response(null, { status: 429, headers: { "retry-after": "120" } });
      const { id } = await due(busy);
      const dueAt = world.clock.now();
      const { refreshAt } = await untilIt("it is tried", id, ({ refreshFailures }) => refreshFailures === 1);
      expect(refreshAt ?? 0).toBeWithin(dueAt + 120_000, world.clock.now() + 120_001);
      await untilRenewed(id);
    });

    test("no answer at all ends after a while", async () => {
      const { promise: never, resolve } = Promise.withResolvers<Response>();
      const { id } = await due(() => never);
      await until("it is asked", () => tokenRequests().length >= 2);
      world.clock.jump(65_000);
      const failing = await untilIt("it is tried", id, ({ refreshFailures }) => refreshFailures === 1);
      expect(failing).toMatchObject({
        state: "ready",
        problem: expect.stringContaining("no answer within 65 seconds"),
      });
      resolve(new Response());
    });
  });
}

/** The connection ends in the middle, as a proxy's restart does it: the end of what was packed never comes. */
function cutOff(): Response {
  const whole = Bun.gzipSync(JSON.stringify(provider.token(9)));
  const headers = { "content-type": "application/json", "content-encoding": "gzip" };
  return new Response(whole.slice(0, -12), { headers });
}
