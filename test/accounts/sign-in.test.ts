import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { COMMAND_LINE_PERMISSIONS } from "../../src/domain/permission.ts";
import { grantScope } from "../../src/domain/tenant.ts";
import type { User } from "../../src/domain/user.ts";
import type { TestTenant } from "../start-app.ts";
import { PASSWORD, PeopleWorld, recoveryCodesIn } from "./people-world.ts";

let world: PeopleWorld;
let tenant: TestTenant;
let ada: User;

beforeAll(async () => {
  world = await PeopleWorld.open({ TRUSTED_PROXIES: "127.0.0.1,::1" });
  tenant = await world.createTenant();
  ada = await world.join(tenant, "owner", "Ada@Example.com");
}, 60_000);
afterAll(() => world.app.stop());

/** As from somebody else on the internet; the loopback interface counts as a proxy here. */
let hosts = 0;
const elsewhere = () => {
  hosts += 1;
  return { "x-forwarded-for": `203.0.113.${hosts}` };
};

describe("a password", () => {
  test("signs in, whatever the case of the address, and is told to the audit log", async () => {
    const [, page] = await world.signIn("  ADA@example.COM ", PASSWORD, elsewhere());
    expect([page.status, page.at]).toEqual([200, "/workflows"]);
    expect(await world.audit(tenant)).toContain("session.started");
  });

  test("that is wrong looks like an address that there is not, in words and in time", async () => {
    const workMs = { known: 0, unknown: 0 };
    const pages = new Set<string>();
    for (let round = 0; round < 4; round += 1)
      for (const kind of ["known", "unknown"] as const) {
        const email = kind === "known" ? ada.email : "nobody@example.com";
        const browser = world.browser(elsewhere());
        const before = process.cpuUsage();
        const page = await browser.submit("/sign-in", { email, password: "not the password" });
        const { user, system } = process.cpuUsage(before);
        workMs[kind] += (user + system) / 1_000;
        expect(page.status).toBe(401);
        pages.add(page.html.replaceAll(email, ""));
      }
    expect(pages.size).toBe(1);
    // As much work, which a busy machine does not change: nearly all of it is comparing the password.
    expect(workMs.unknown / workMs.known).toBeWithin(0.5, 2);
    expect(await world.audit(tenant)).toContain("sign_in.failed");
  });

  test("of somebody who is disabled signs in nobody, and the session they had is gone at once", async () => {
    const bob = await world.join(tenant, "builder");
    const [browser] = await world.signIn(bob.email, PASSWORD, elsewhere());
    expect((await browser.open("/account")).status).toBe(200);
    await world.accounts.members.disable(tenant.scope, bob.id);
    expect((await browser.open("/account")).at).toStartWith("/sign-in");
    const [, refused] = await world.signIn(bob.email, PASSWORD, elsewhere());
    expect(refused.status).toBe(401);
    await world.accounts.members.enable(tenant.scope, bob.id);
    expect((await browser.open("/account")).at).toStartWith("/sign-in");
  });

  test("that opens several tenants lets the person choose, once, in that browser only", async () => {
    const others = [await world.createTenant(), await world.createTenant()];
    for (const each of others) await world.join(each, "viewer", "many@example.com");
    const [browser, page] = await world.signIn("many@example.com", PASSWORD, elsewhere());
    expect(page.at).toBe("/sign-in/tenant");
    const [first, second] = others.map(({ scope }) => scope.tenantId);
    for (const id of [first, second]) expect(page.html).toContain(id!);
    const stranger = await world.browser().submit("/sign-in/tenant", { tenant: first! });
    expect(stranger.at).toBe("/sign-in");
    expect((await browser.submit("/sign-in/tenant", { tenant: tenant.scope.tenantId })).at).toBe("/sign-in");
    const cookie = browser.cookies.get("sign-in")!;
    expect((await browser.submit("/sign-in/tenant", { tenant: second! })).at).toBe("/workflows");
    const replay = world.browser();
    replay.cookies.set("sign-in", cookie);
    expect((await replay.submit("/sign-in/tenant", { tenant: second! })).at).toBe("/sign-in");
  });
});

describe("guessing", () => {
  test("is slowed down for the one who guesses, and never closes the account to its owner", async () => {
    const victim = await world.join(tenant, "builder");
    const [owner] = await world.signIn(victim.email, PASSWORD, elsewhere());
    const attacker = elsewhere();
    const guess = () => world.browser(attacker).submit("/sign-in", { email: victim.email, password: "guess" });
    const statuses = (await Promise.all(Array.from({ length: 14 }, guess))).map(({ status }) => status);
    expect(statuses.filter((status) => status === 429).length).toBeGreaterThanOrEqual(3);
    // The right password does not help there any more …
    expect((await world.browser(attacker).submit("/sign-in", { email: victim.email, password: PASSWORD })).status).toBe(
      429,
    );
    // … but from anywhere else, and from the owner's own browser even behind the attacker's address.
    expect((await world.signIn(victim.email, PASSWORD, elsewhere()))[1].status).toBe(200);
    const own = world.browser(attacker);
    for (const [name, value] of owner.cookies) if (name.startsWith("device-")) own.cookies.set(name, value);
    expect((await own.submit("/sign-in", { email: victim.email, password: PASSWORD })).at).toBe("/workflows");
  }, 60_000);

  test("another person's proof of a known browser is none", async () => {
    const [victim, other] = [await world.join(tenant, "viewer"), await world.join(tenant, "viewer")];
    const [known] = await world.signIn(other.email, PASSWORD, elsewhere());
    const attacker = elsewhere();
    const stolen = [...known.cookies].find(([name]) => name.startsWith("device-"))![1];
    let refused = 0;
    for (let n = 0; n < 12; n += 1) {
      const browser = world.browser(attacker);
      const { sha256Hex } = await import("../../src/platform/crypto/digest.ts");
      browser.cookies.set(`device-${sha256Hex(victim.id).slice(0, 10)}`, stolen);
      const { status } = await browser.submit("/sign-in", { email: victim.email, password: "guess" });
      if (status === 429) refused += 1;
    }
    expect(refused).toBeGreaterThanOrEqual(1);
  }, 60_000);
});

describe("a session", () => {
  test("is never the one that the browser came with, and the earlier one ends", async () => {
    const fixed = "A".repeat(43);
    const browser = world.browser(elsewhere());
    browser.cookies.set("session", fixed);
    await browser.submit("/sign-in", { email: ada.email, password: PASSWORD });
    const first = browser.cookies.get("session");
    expect(first).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(first).not.toBe(fixed);
    const again = world.browser(elsewhere());
    again.cookies.set("session", first!);
    await again.open("/account");
    await again.submit("/sign-in", { email: ada.email, password: PASSWORD });
    expect(again.cookies.get("session")).not.toBe(first);
    const old = world.browser();
    old.cookies.set("session", first!);
    expect((await old.open("/account")).at).toStartWith("/sign-in");
  });

  test("ends after a week without use, and after a month of use", async () => {
    const own = await PeopleWorld.open();
    try {
      const team = await own.createTenant();
      const user = await own.join(team, "viewer");
      const [browser] = await own.signIn(user.email);
      const [idle] = await own.signIn(user.email);
      for (let day = 0; day < 29; day += 2) {
        own.clock.advance(2 * 86_400_000 - 3_600_000);
        const kept = await browser.open("/account");
        expect([day, kept.status, kept.at]).toEqual([day, 200, "/account"]);
      }
      expect((await idle.open("/account")).at).toStartWith("/sign-in");
      own.clock.advance(3 * 86_400_000);
      expect((await browser.open("/account")).at).toStartWith("/sign-in");
    } finally {
      await own.app.stop();
    }
  }, 60_000);

  test("is seen and ended from another one, and all the others at once", async () => {
    const user = await world.join(tenant, "viewer");
    const browsers = [];
    for (let n = 0; n < 3; n += 1) browsers.push((await world.signIn(user.email, PASSWORD, elsewhere()))[0]);
    const [here, second, third] = browsers as [(typeof browsers)[0], (typeof browsers)[0], (typeof browsers)[0]];
    const page = await here!.open("/account");
    const ends = [...page.html.matchAll(/\/account\/sessions\/(ses_[a-z0-9]+)\/end"/g)].map(([, id]) => id!);
    expect(ends).toHaveLength(2);
    await here!.submit(`/account/sessions/${ends[0]}/end`, {});
    expect((await third!.open("/account")).at).toStartWith("/sign-in");
    expect((await second!.open("/account")).status).toBe(200);
    await here!.open("/account");
    await here!.submit("/account/sessions/end-others", {});
    expect((await second!.open("/account")).at).toStartWith("/sign-in");
    expect((await here!.open("/account")).status).toBe(200);
    await here!.submit("/sign-out", {});
    expect(here!.cookies.has("session")).toBe(false);
  });

  test("of another person cannot be ended", async () => {
    const [one, two] = [await world.join(tenant, "viewer"), await world.join(tenant, "viewer")];
    const [first] = await world.signIn(one.email, PASSWORD, elsewhere());
    const [second] = await world.signIn(two.email, PASSWORD, elsewhere());
    const [session] = await world.app.backend.sessions.list(two.tenantId, two.id, world.clock.now());
    await first.open("/account");
    expect((await first.submit(`/account/sessions/${session!.id}/end`, {})).status).toBe(404);
    expect((await second.open("/account")).status).toBe(200);
  });

  test("other sessions end with a new password, which needs the old one", async () => {
    const user = await world.join(tenant, "viewer");
    const [here] = await world.signIn(user.email, PASSWORD, elsewhere());
    const [there] = await world.signIn(user.email, PASSWORD, elsewhere());
    await here.open("/account");
    const wrong = await here.submit("/account/password", { currentPassword: "x", password: "violet river ninety" });
    expect([wrong.status, wrong.html.includes("is not right")]).toEqual([422, true]);
    const weak = await here.submit("/account/password", { currentPassword: PASSWORD, password: "password1234" });
    expect(weak.status).toBe(422);
    await here.submit("/account/password", { currentPassword: PASSWORD, password: "violet river ninety" });
    expect((await there.open("/account")).at).toStartWith("/sign-in");
    expect((await here.open("/account")).status).toBe(200);
    expect((await world.signIn(user.email, PASSWORD, elsewhere()))[1].status).toBe(401);
    expect((await world.signIn(user.email, "violet river ninety", elsewhere()))[1].status).toBe(200);
  });

  test("nothing of its secret is stored", async () => {
    const [browser] = await world.signIn(ada.email, PASSWORD, elsewhere());
    const token = browser.cookies.get("session")!;
    const sessions = await world.app.backend.sessions.list(ada.tenantId, ada.id, world.clock.now());
    const entries = await world.app.backend.audit.list(tenant.scope, { limit: 100, cursor: null });
    expect(JSON.stringify([sessions, entries])).not.toContain(token);
    expect(await world.app.backend.sessions.find(token)).toBeNull();
  });
});

describe("the second factor", () => {
  test("is asked for after the password, each code once, each recovery code once", async () => {
    const user = await world.join(tenant, "builder");
    const [browser] = await world.signIn(user.email, PASSWORD, elsewhere());
    const { secret, code: used, recoveryCodes } = await world.turnOnTwoFactor(browser);
    expect(recoveryCodes).toHaveLength(10);
    // The code that turned it on counts as used.
    const [replaying, asked] = await world.signIn(user.email, PASSWORD, elsewhere());
    expect(asked.at).toBe("/sign-in/code");
    expect((await replaying.open("/account")).at).toStartWith("/sign-in");
    expect((await replaying.submit("/sign-in/code", { code: used })).status).toBe(422);
    world.clock.advance(30_000);
    const code = world.code(secret);
    expect((await replaying.submit("/sign-in/code", { code })).at).toBe("/workflows");

    const [second] = await world.signIn(user.email, PASSWORD, elsewhere());
    expect((await second.submit("/sign-in/code", { code })).status).toBe(422);
    expect((await second.submit("/sign-in/code", { code: recoveryCodes[0]!.toUpperCase() })).at).toBe("/workflows");
    const [third] = await world.signIn(user.email, PASSWORD, elsewhere());
    expect((await third.submit("/sign-in/code", { code: recoveryCodes[0]! })).status).toBe(422);
    expect(await world.audit(tenant)).toEqual(
      expect.arrayContaining(["two_factor.enabled", "two_factor.recovery_code_used", "sign_in.failed"]),
    );
  }, 60_000);

  test("guesses at it run out, and a recovery code still opens the account", async () => {
    const user = await world.join(tenant, "builder");
    const [own] = await world.signIn(user.email, PASSWORD, elsewhere());
    const { recoveryCodes } = await world.turnOnTwoFactor(own);
    const [attacker] = await world.signIn(user.email, PASSWORD, elsewhere());
    const answers: string[] = [];
    for (let n = 0; n < 8; n += 1)
      answers.push((await attacker.submit("/sign-in/code", { code: String(n).padStart(6, "0") })).html);
    expect(answers.at(-1)).toContain("Too many attempts");
    const [owner] = await world.signIn(user.email, PASSWORD, elsewhere());
    expect((await owner.submit("/sign-in/code", { code: recoveryCodes[1]! })).at).toBe("/workflows");
  }, 60_000);

  test("where the tenant requires it, is set up on the way in, and cannot be turned off", async () => {
    const strict = await world.createTenant();
    const owner = await world.join(strict, "owner");
    const viewer = await world.join(strict, "viewer");
    const [boss] = await world.signIn(owner.email, PASSWORD, elsewhere());
    const [early] = await world.signIn(viewer.email, PASSWORD, elsewhere());
    await boss.open("/settings");
    // Whoever has none would shut themselves out.
    expect((await boss.submit("/settings/two-factor", { required: "on" })).status).toBe(409);
    await world.turnOnTwoFactor(boss);
    await boss.open("/settings");
    expect((await boss.submit("/settings/two-factor", { required: "on" })).at).toBe("/settings");
    expect((await early.open("/account")).at).toStartWith("/sign-in");

    const [browser, page] = await world.signIn(viewer.email, PASSWORD, elsewhere());
    expect(page.at).toBe("/sign-in/code");
    expect(page.html).toContain("<svg");
    expect((await browser.open("/account")).at).toStartWith("/sign-in");
    const secret = /class="break">([A-Z2-7]+)</.exec(page.html)?.[1] ?? "";
    const wrong = await browser.submit("/sign-in/code", { code: "000000" });
    expect([wrong.status, wrong.html.includes(secret)]).toEqual([422, true]);
    const done = await browser.submit("/sign-in/code", { code: world.code(secret) });
    expect(recoveryCodesIn(done.html)).toHaveLength(10);
    await browser.open("/account");
    const off = await browser.submit("/account/two-factor/disable", { currentPassword: PASSWORD });
    expect(off.status).toBe(409);
  }, 60_000);
});

describe("the browser is not tricked", () => {
  test("a form that another site sends is refused, with and without a session", async () => {
    const [browser] = await world.signIn(ada.email, PASSWORD, elsewhere());
    await browser.open("/account");
    const body = new URLSearchParams({ name: "Mallory" });
    for (const headers of [
      { origin: "https://evil.example" },
      { origin: "null" },
      { "sec-fetch-site": "cross-site", origin: world.origin },
      { "sec-fetch-site": "same-site", origin: world.origin },
      {},
    ] as Record<string, string>[])
      expect((await browser.send("/account/name", { method: "POST", body, headers })).status).toBe(403);
    const stranger = world.browser();
    const login = new URLSearchParams({ email: ada.email, password: PASSWORD });
    const forced = await stranger.send("/sign-in", {
      method: "POST",
      body: login,
      headers: { origin: "https://evil.example" },
    });
    expect([forced.status, forced.headers.getSetCookie()]).toEqual([403, []]);
  });

  test("a form without the session's own token is refused, also with another session's", async () => {
    const [browser] = await world.signIn(ada.email, PASSWORD, elsewhere());
    const [other] = await world.signIn(ada.email, PASSWORD, elsewhere());
    const foreign =
      /X-CSRF-Token(?:&#34;|"):(?:&#34;|")([0-9a-f]{64})/.exec((await other.open("/account")).html)?.[1] ?? "none";
    await browser.open("/account");
    for (const token of ["", foreign, browser.cookies.get("session")!])
      expect((await browser.submit("/account/name", { name: "Mallory", _csrf: token })).status).toBe(403);
    expect((await world.app.backend.users.find(ada.tenantId, ada.id))?.user.name).not.toBe("Mallory");
  });

  test("`next` leads nowhere else", async () => {
    for (const next of [
      "https://evil.example/",
      "//evil.example/x",
      "/\\evil.example",
      "\\\\evil.example",
      "/%09/evil.example/../..//evil.example",
      "javascript:alert(1)",
      "http:evil.example",
      " //evil.example",
      "/\t/evil.example",
    ]) {
      const browser = world.browser(elsewhere());
      const response = await browser.send("/sign-in", {
        method: "POST",
        body: new URLSearchParams({ email: ada.email, password: PASSWORD, next }),
        headers: { origin: world.origin },
      });
      const location = new URL(response.headers.get("location") ?? "", world.origin);
      expect([next, response.status, location.origin]).toEqual([next, 303, world.origin]);
    }
    const browser = world.browser(elsewhere());
    const page = await browser.submit("/sign-in", { email: ada.email, password: PASSWORD, next: "/account?x=1" });
    expect(page.at).toBe("/account?x=1");
  }, 60_000);

  test("cookies say what they are: http in a local network, __Host- and Secure over https", async () => {
    const [plain] = await world.signIn(ada.email, PASSWORD, elsewhere());
    const session = plain.setCookies.find((cookie) => cookie.startsWith("session="));
    expect(session).toMatch(/^session=[^;]+; Path=\/; Max-Age=\d+; HttpOnly; SameSite=Lax$/);
    const secure = await PeopleWorld.open({ PUBLIC_URL: "https://integrations.example.com" });
    try {
      const team = await secure.createTenant();
      const user = await secure.join(team, "viewer");
      const browser = secure.browser();
      const response = await browser.send("/sign-in", {
        method: "POST",
        body: new URLSearchParams({ email: user.email, password: PASSWORD }),
        headers: { origin: "https://integrations.example.com" },
      });
      expect(response.status).toBe(303);
      const cookies = browser.setCookies;
      expect(cookies.length).toBeGreaterThanOrEqual(2);
      for (const cookie of cookies)
        expect(cookie).toMatch(/^__Host-[^=;]+=[^;]*; Path=\/; Max-Age=\d+; HttpOnly; SameSite=Lax; Secure$/);
      expect(response.headers.get("strict-transport-security")).toContain("max-age=");
      // A session that came without the prefix, as another host of the domain could plant it, is none.
      const planted = secure.browser();
      planted.cookies.set("session", browser.cookies.get("__Host-session")!);
      expect((await planted.open("/account")).at).toStartWith("/sign-in");
    } finally {
      await secure.app.stop();
    }
  }, 60_000);
});

test("a scope of signing in is never more than its role", async () => {
  const viewer = await world.join(tenant, "viewer");
  const [browser] = await world.signIn(viewer.email, PASSWORD, elsewhere());
  const headers = { cookie: [...browser.cookies].map(([name, value]) => `${name}=${value}`).join("; ") };
  const signedIn = await world.app.app.services.sessions.authenticate(new Request(world.origin, { headers }));
  expect(signedIn?.role).toBe("viewer");
  expect([...signedIn!.scope.permissions].some((permission) => permission.endsWith(".write"))).toBe(false);
  const all = grantScope("t", "w", { kind: "cli", id: "x" }, COMMAND_LINE_PERMISSIONS);
  expect(signedIn!.scope.permissions.isSubsetOf(all.permissions)).toBe(true);
});
