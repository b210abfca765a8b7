import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { TestTenant } from "../start-app.ts";
import type { Browser, Visited } from "./browser.ts";
import { CLIENT, type Claims, startOpenidPeer } from "./openid-peer.ts";
import { PASSWORD, PeopleWorld } from "./people-world.ts";

let world: PeopleWorld;
let peer: Awaited<ReturnType<typeof startOpenidPeer>>;
let claims: Record<string, Claims>;
let slugs = 0;

beforeAll(async () => {
  world = await PeopleWorld.open();
  claims = {};
  const redirectUri = `${world.origin}/sign-in/openid/callback`;
  peer = await startOpenidPeer(redirectUri, (login) => claims[login] ?? { email: `${login}@example.com`, name: login });
}, 60_000);
afterAll(async () => {
  await peer.stop();
  await world.app.stop();
});

const FORM = {
  clientId: CLIENT.id,
  clientSecret: CLIENT.secret,
  label: "Sign in with Example",
  domains: "",
  groupsClaim: "groups",
  roleByGroup: "",
  defaultRole: "viewer",
};

async function tenantWith(
  settings: Partial<typeof FORM & { issuer: string }> = {},
): Promise<{ tenant: TestTenant; slug: string; owner: Browser; ownerEmail: string }> {
  slugs += 1;
  const slug = `sso-${slugs}`;
  const tenant = await world.createTenant(slug);
  const { email: ownerEmail } = await world.join(tenant, "owner");
  const [owner] = await world.signIn(ownerEmail);
  await owner.open("/settings");
  const stored = await owner.submit("/settings/provider", { issuer: peer.issuer, ...FORM, ...settings });
  expect([stored.status, stored.at]).toEqual([200, "/settings"]);
  return { tenant, slug, owner, ownerEmail };
}

/** The address at the provider, out of the page that leads there. */
async function begin(browser: Browser, slug: string, next?: string): Promise<string> {
  await browser.open("/sign-in/openid");
  const { html } = await browser.submit("/sign-in/openid", { tenant: slug, ...(next && { next }) });
  const href = /content="0;url=([^"]+)"/.exec(html)?.[1] ?? "";
  return href.replaceAll("&amp;", "&");
}

async function through(browser: Browser, slug: string, login: string, next?: string): Promise<Visited> {
  const back = await peer.visit(await begin(browser, slug, next), login);
  return browser.open(back.pathname + back.search);
}

const memberOf = async ({ scope }: TestTenant, email: string) =>
  (await world.app.backend.users.listMembers(scope, { limit: 50, cursor: null })).items.find(
    ({ user }) => user.email === email,
  );

describe("signing in through the organisation's provider", () => {
  test("lets a new person in with the default role, and the same person again", async () => {
    const { tenant, slug } = await tenantWith();
    const first = await through(world.browser(), slug, "ada", "/account");
    expect([first.status, first.at]).toEqual([200, "/account"]);
    expect(first.html).toContain("ada@example.com");
    expect(await memberOf(tenant, "ada@example.com")).toMatchObject({ role: "viewer", hasPassword: false });
    // Another address by now; still the same (issuer, subject).
    claims.ada = { email: "lovelace@example.com", name: "Ada" };
    expect((await through(world.browser(), slug, "ada")).status).toBe(200);
    expect(await memberOf(tenant, "lovelace@example.com")).toBeUndefined();
    expect(await world.audit(tenant)).toEqual(
      expect.arrayContaining(["sign_in.provider_changed", "user.created", "session.started"]),
    );
  });

  test("never opens an account that is there by its address alone", async () => {
    const { tenant, slug } = await tenantWith();
    const bob = await world.join(tenant, "admin", "bob@example.com");
    const browser = world.browser();
    const refused = await through(browser, slug, "bob");
    expect(refused.at).toBe("/sign-in");
    expect(refused.html).toContain("There is an account with your address already");
    expect((await browser.open("/account")).at).toStartWith("/sign-in");
    expect(await world.app.backend.users.identities(bob.tenantId, bob.id)).toEqual([]);
    expect(await world.audit(tenant)).toContain("sign_in.failed");
  });

  test("opens it once its owner has connected the two, and not after they were parted", async () => {
    const { tenant, slug } = await tenantWith();
    const carol = await world.join(tenant, "builder", "carol@example.com");
    const [browser] = await world.signIn(carol.email);
    await browser.open("/account");
    const leaving = await browser.submit("/account/provider", {});
    const href = /content="0;url=([^"]+)"/.exec(leaving.html)?.[1]?.replaceAll("&amp;", "&") ?? "";
    const back = await peer.visit(href, "someone-at-example");
    const connected = await browser.open(back.pathname + back.search);
    expect(connected.at).toBe("/account");
    expect(connected.html).toContain(peer.issuer);
    const other = world.browser();
    expect((await through(other, slug, "someone-at-example")).status).toBe(200);
    expect((await other.open("/account")).html).toContain("carol@example.com");

    const identity = { issuer: peer.issuer, subject: "someone-at-example" };
    const wrong = await browser.submit("/account/provider/remove", {
      ...identity,
      currentPassword: "not the password",
    });
    expect(wrong.status).toBe(422);
    await browser.submit("/account/provider/remove", { ...identity, currentPassword: PASSWORD });
    expect(await world.app.backend.users.identities(carol.tenantId, carol.id)).toEqual([]);
  });

  test("gives the role of the groups at every sign-in, the strongest first, and never touches an owner", async () => {
    const { tenant, slug } = await tenantWith({
      roleByGroup: "makers = builder\nbosses = admin",
      defaultRole: "",
    });
    claims.dan = { email: "dan@example.com", groups: ["makers", "bosses"] };
    await through(world.browser(), slug, "dan");
    expect(await memberOf(tenant, "dan@example.com")).toMatchObject({ role: "admin" });
    claims.dan = { email: "dan@example.com", groups: ["makers"] };
    await through(world.browser(), slug, "dan");
    expect(await memberOf(tenant, "dan@example.com")).toMatchObject({ role: "builder" });
    claims.dan = { email: "dan@example.com", groups: ["others"] };
    expect((await through(world.browser(), slug, "dan")).html).toContain("in no group");
    const dan = await memberOf(tenant, "dan@example.com");
    await world.accounts.members.setRole(tenant.scope, dan!.user.id, "owner");
    expect((await through(world.browser(), slug, "dan")).at).toBe("/workflows");
    expect(await memberOf(tenant, "dan@example.com")).toMatchObject({ role: "owner" });
  });

  test("lets nobody in whose address is of another domain, or not confirmed", async () => {
    const { slug } = await tenantWith({ domains: "example.com, example.org" });
    for (const [login, email, verified] of [
      ["eve", "eve@evil.example", true],
      ["fay", "fay@example.com", false],
      ["gus", "gus@example.com.evil.example", true],
    ] as const) {
      claims[login] = { email, email_verified: verified };
      expect((await through(world.browser(), slug, login)).html).toContain("not of a domain");
    }
    claims.hal = { email: "hal@example.org", email_verified: true };
    expect((await through(world.browser(), slug, "hal")).at).toBe("/workflows");
  });

  test("refuses somebody who is disabled, also with a good answer of the provider", async () => {
    const { tenant, slug } = await tenantWith();
    const browser = world.browser();
    await through(browser, slug, "ida");
    const ida = await memberOf(tenant, "ida@example.com");
    await world.accounts.members.disable(tenant.scope, ida!.user.id);
    expect((await browser.open("/account")).at).toStartWith("/sign-in");
    expect((await through(world.browser(), slug, "ida")).html).toContain("disabled");
  });
});

describe("what did not begin in this browser is refused", () => {
  test("an answer that somebody else's browser is made to deliver", async () => {
    const { slug } = await tenantWith();
    const attacker = world.browser();
    const back = await peer.visit(await begin(attacker, slug), "mallory");
    const victim = world.browser();
    const landed = await victim.open(back.pathname + back.search);
    expect(landed.at).toBe("/sign-in");
    expect(landed.html).toContain("begun in another browser");
    // Nor into a flow that the victim has begun: the state is another.
    await begin(victim, slug);
    const mixed = await victim.open(back.pathname + back.search);
    expect(mixed.html).toContain("refused");
    expect((await victim.open("/account")).at).toStartWith("/sign-in");
  });

  test("an answer a second time", async () => {
    const { slug } = await tenantWith();
    const browser = world.browser();
    const back = await peer.visit(await begin(browser, slug), "jo");
    const cookie = browser.cookies.get("openid")!;
    expect((await browser.open(back.pathname + back.search)).at).toBe("/workflows");
    const again = world.browser();
    again.cookies.set("openid", cookie);
    expect((await again.open(back.pathname + back.search)).at).toBe("/sign-in");
  });

  test("an answer with another issuer's name, or none of an error", async () => {
    const { slug } = await tenantWith();
    for (const change of [
      (url: URL) => url.searchParams.set("iss", "https://evil.example"),
      (url: URL) => url.searchParams.delete("iss"),
      (url: URL) => url.searchParams.set("state", "another"),
    ]) {
      const browser = world.browser();
      const back = await peer.visit(await begin(browser, slug), "kim");
      change(back);
      expect((await browser.open(back.pathname + back.search)).at).toBe("/sign-in");
    }
    const denied = world.browser();
    const url = new URL(await begin(denied, slug));
    const state = url.searchParams.get("state");
    const answer = await denied.open(`/sign-in/openid/callback?error=access_denied&state=${state}&iss=${peer.issuer}`);
    expect(answer.at).toBe("/sign-in");
  });

  test("a flow that took longer than ten minutes", async () => {
    const { slug } = await tenantWith();
    const browser = world.browser();
    const back = await peer.visit(await begin(browser, slug), "lee");
    world.clock.advance(11 * 60_000);
    expect((await browser.open(back.pathname + back.search)).html).toContain("took too long");
  });

  test("a `next` of another site", async () => {
    const { slug } = await tenantWith();
    for (const next of ["https://evil.example/", "//evil.example", "/\\evil.example"])
      expect((await through(world.browser(), slug, "ned", next)).at).toBe("/workflows");
  });
});

describe("the request to the provider", () => {
  test("carries PKCE, state and nonce, and no secret", async () => {
    const { slug } = await tenantWith();
    const url = new URL(await begin(world.browser(), slug));
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      response_type: "code",
      code_challenge_method: "S256",
      code_challenge: expect.stringMatching(/^[A-Za-z0-9_-]{43}$/),
      state: expect.stringMatching(/^.{43}$/),
      nonce: expect.stringMatching(/^.{43}$/),
      client_id: CLIENT.id,
    });
    expect(url.href).not.toContain(CLIENT.secret.replaceAll(" ", "+"));
  });

  test("says the same for an organisation without a provider as for one that there is not", async () => {
    await world.createTenant("without-provider");
    const pages = await Promise.all(
      ["without-provider", "nobody-has-this"].map(async (tenant) => {
        const browser = world.browser();
        await browser.open("/sign-in/openid");
        return browser.submit("/sign-in/openid", { tenant });
      }),
    );
    expect(pages[0]!.status).toBe(422);
    expect(pages[0]!.html).toBe(pages[1]!.html);
  });
});

describe("the settings", () => {
  test("never show the secret, and ask for it again before it goes elsewhere", async () => {
    const { owner, tenant } = await tenantWith();
    const shown = await owner.open("/settings");
    expect(shown.html).not.toContain(CLIENT.secret);
    const kept = { issuer: peer.issuer, ...FORM, clientSecret: "" };
    expect((await owner.submit("/settings/provider", kept)).status).toBe(200);
    const elsewhere = await owner.submit("/settings/provider", { ...kept, clientId: "another" });
    expect(elsewhere.status).toBe(422);
    expect(elsewhere.html).toContain("is needed again");
    const { provider } = await world.app.backend.signInSettings.find(tenant.scope.tenantId);
    expect(provider?.sealedSecret).toStartWith("v1.");
  });

  test("say what is wrong with an issuer that cannot be reached, or that the egress guard refuses", async () => {
    const { owner } = await tenantWith();
    for (const [issuer, reason] of [
      ["http://127.0.0.1:9/", "cannot be used"],
      ["http://10.255.255.1/", "EGRESS_ALLOW"],
      ["ftp://example.com", "must be an address"],
    ] as const) {
      const page = await owner.submit("/settings/provider", { issuer, ...FORM });
      expect([issuer, page.status]).toEqual([issuer, 422]);
      expect(page.html).toContain(reason);
    }
  });
});
