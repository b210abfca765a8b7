import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { TestTenant } from "../start-app.ts";
import { PASSWORD, PeopleWorld } from "./people-world.ts";

let world: PeopleWorld;
let tenant: TestTenant;
beforeAll(async () => {
  world = await PeopleWorld.open({ TRUSTED_PROXIES: "127.0.0.1,::1" });
  tenant = await world.createTenant();
}, 60_000);
afterAll(() => world.app.stop());

let hosts = 0;
const elsewhere = () => {
  hosts += 1;
  return { "x-forwarded-for": `198.51.100.${hosts}` };
};
const linkIn = (html: string) => new URL(/id="new-link"[^>]*>([^<]+)</.exec(html)?.[1] ?? "http://no-link/").pathname;
const membersOf = async () =>
  (await world.app.backend.users.listMembers(tenant.scope, { limit: 99, cursor: null })).items;

describe("the first setup", () => {
  const values = { tenant: "Müller & Söhne GmbH", name: "Ada", email: "ada@example.com", password: PASSWORD };

  test("makes tenant and owner by the link that was printed, signs in, and ends with it", async () => {
    const own = await PeopleWorld.open();
    try {
      const token = await own.accounts.setup.issue();
      const second = await own.accounts.setup.issue();
      const browser = own.browser();
      expect((await browser.open("/sign-in")).html).toContain("Nobody can sign in yet");
      expect((await browser.open(`/setup/${"x".repeat(43)}`)).status).toBe(404);
      const page = await browser.open(`/setup/${token}`);
      expect(page.status).toBe(200);
      // On the machine itself nobody listens in between.
      expect(page.html).not.toContain("plain http");
      const weak = await browser.submit(`/setup/${token}`, { ...values, tenant: "!!!", email: "x", password: "short" });
      expect(weak.status).toBe(422);
      for (const field of ["tenant", "email", "password"]) expect(weak.html).toContain(`id="${field}-error"`);
      expect((await browser.submit(`/setup/${token}`, values)).at).toBe("/workflows");
      expect((await browser.open("/account")).html).toContain("ada@example.com");
      const created = await own.app.backend.tenants.findBySlug("muller-sohne-gmbh");
      expect(created).not.toBeNull();
      for (const link of [token, second]) {
        expect((await own.browser().open(`/setup/${link}`)).status).toBe(404);
        expect((await own.browser().submit(`/setup/${link}`, { ...values, email: "eve@example.com" })).status).toBe(
          404,
        );
      }
      expect(await own.accounts.setup.issue()).toBeNull();
    } finally {
      await own.app.stop();
    }
  }, 60_000);

  test("of several who send it at once makes one owner", async () => {
    const own = await PeopleWorld.open();
    try {
      const token = await own.accounts.setup.issue();
      const pages = await Promise.all(
        Array.from({ length: 5 }, (_, n) =>
          own.browser().submit(`/setup/${token}`, { ...values, tenant: `org ${n}`, email: `p${n}@example.com` }),
        ),
      );
      expect(pages.filter(({ at }) => at === "/workflows")).toHaveLength(1);
      expect(await own.app.backend.tenants.list()).toHaveLength(1);
    } finally {
      await own.app.stop();
    }
  }, 60_000);

  test("gives its owner a tenant that the command line has made", async () => {
    const own = await PeopleWorld.open();
    try {
      const acme = await own.createTenant("acme");
      const token = await own.accounts.setup.issue();
      const browser = own.browser();
      expect((await browser.open(`/setup/${token}`)).html).toContain("acme");
      expect((await browser.submit(`/setup/${token}`, { ...values, tenant: "Acme" })).at).toBe("/workflows");
      const { items } = await own.app.backend.users.listMembers(acme.scope, { limit: 5, cursor: null });
      expect(items.map(({ role, user }) => [role, user.isOperator])).toEqual([["owner", true]]);
    } finally {
      await own.app.stop();
    }
  }, 60_000);
});

describe("an invitation", () => {
  test("is shown once to whoever makes it, and brings in one person with the role", async () => {
    const owner = await world.join(tenant, "owner");
    const [browser] = await world.signIn(owner.email, PASSWORD, elsewhere());
    await browser.open("/members");
    const made = await browser.submit("/members/invitations", { email: "new@example.com", role: "builder" });
    const link = linkIn(made.html);
    expect(link).toMatch(/^\/invitations\/[A-Za-z0-9_-]{43}$/);
    const listed = await browser.open("/members");
    expect(listed.html).toContain("new@example.com");
    expect(listed.html).not.toContain(link.split("/")[2]!);

    const guest = world.browser(elsewhere());
    for (let look = 0; look < 3; look += 1) expect((await guest.open(link)).html).toContain("new@example.com");
    expect((await guest.submit(link, { name: "", password: "123456789012" })).status).toBe(422);
    expect((await guest.submit(link, { name: "New", password: PASSWORD })).at).toBe("/workflows");
    const joined = (await membersOf()).find(({ user }) => user.email === "new@example.com");
    expect(joined).toMatchObject({ role: "builder", user: { name: "New" } });
    for (const used of [
      await world.browser().open(link),
      await world.browser().submit(link, { name: "x", password: PASSWORD }),
    ])
      expect(used.status).toBe(404);
    const actions = await world.audit(tenant);
    expect(actions).toEqual(expect.arrayContaining(["member.invited", "user.created", "session.started"]));
  }, 60_000);

  test("that several people hold brings in one", async () => {
    const link = new URL(
      await world.accounts.members.invite(tenant.scope, { email: "race@example.com", role: "viewer" }),
    );
    const pages = await Promise.all(
      Array.from({ length: 5 }, () =>
        world.browser(elsewhere()).submit(link.pathname, { name: "R", password: PASSWORD }),
      ),
    );
    expect(pages.filter(({ at }) => at === "/workflows")).toHaveLength(1);
    expect((await membersOf()).filter(({ user }) => user.email === "race@example.com")).toHaveLength(1);
  }, 60_000);

  test("ends when it is withdrawn, and after a week", async () => {
    const invite = async (email: string) =>
      new URL(await world.accounts.members.invite(tenant.scope, { email, role: "viewer" })).pathname;
    const withdrawn = await invite("gone@example.com");
    const { items } = await world.accounts.members.invitations(tenant.scope, { limit: 9, cursor: null });
    await world.accounts.members.withdraw(tenant.scope, items.find(({ email }) => email === "gone@example.com")!.id);
    expect((await world.browser().open(withdrawn)).status).toBe(404);
    const old = await invite("late@example.com");
    world.clock.advance(7 * 86_400_000 + 1_000);
    expect((await world.browser().open(old)).status).toBe(404);
  });

  test("is refused for somebody who is a member, in whatever case", async () => {
    const member = await world.join(tenant, "viewer", "Twice@example.com");
    const wanted = { email: "tWICE@example.com ", role: "viewer" } as const;
    await expect(world.accounts.members.invite(tenant.scope, wanted)).rejects.toMatchObject({
      fields: [{ path: "email" }],
    });
    expect(member.email).toBe("Twice@example.com");
  });
});

describe("a link for a new password", () => {
  test("changes it once, ends every session, and asks for the second factor all the same", async () => {
    const user = await world.join(tenant, "builder");
    const [browser] = await world.signIn(user.email, PASSWORD, elsewhere());
    await world.turnOnTwoFactor(browser);
    const link = new URL(await world.accounts.members.resetLink(tenant.scope, user.id)).pathname;
    const guest = world.browser(elsewhere());
    expect((await guest.open(link)).status).toBe(200);
    expect((await guest.submit(link, { password: "aaaaaaaaaaaaaa" })).status).toBe(422);
    const pages = await Promise.all(
      ["first new passphrase", "second new passphrase"].map((password) =>
        world.browser(elsewhere()).submit(link, { password }),
      ),
    );
    expect(pages.map(({ at, status }) => (at === "/sign-in" ? "changed" : status)).toSorted()).toEqual([
      404,
      "changed",
    ]);
    expect((await browser.open("/account")).at).toStartWith("/sign-in");
    expect((await world.signIn(user.email, PASSWORD, elsewhere()))[1].status).toBe(401);
    const winner = pages[0]!.at === "/sign-in" ? "first new passphrase" : "second new passphrase";
    expect((await world.signIn(user.email, winner, elsewhere()))[1].at).toBe("/sign-in/code");
  }, 60_000);

  test("ends after a day, when the user is disabled, and when the password was changed in another way", async () => {
    const link = async (id: string) => new URL(await world.accounts.members.resetLink(tenant.scope, id)).pathname;
    const [late, out, changed] = [
      await world.join(tenant, "viewer"),
      await world.join(tenant, "viewer"),
      await world.join(tenant, "viewer"),
    ];
    const links = [await link(late.id), await link(out.id), await link(changed.id)];
    await world.accounts.members.disable(tenant.scope, out.id);
    const [browser] = await world.signIn(changed.email, PASSWORD, elsewhere());
    await browser.open("/account");
    await browser.submit("/account/password", { currentPassword: PASSWORD, password: "another long phrase" });
    for (const each of links.slice(1)) expect((await world.browser().open(each)).status).toBe(404);
    world.clock.advance(86_400_000 + 1_000);
    expect((await world.browser().open(links[0]!)).status).toBe(404);
  }, 60_000);
});

describe("people's own text", () => {
  test("is shown as text wherever it appears", async () => {
    const hostile = `"><img src=x onerror=alert(1)>&lt;b&gt;'`;
    const user = await world.join(tenant, "owner");
    const [browser] = await world.signIn(user.email, PASSWORD, { ...elsewhere(), "user-agent": hostile });
    await browser.open("/account");
    await browser.submit("/account/name", { name: hostile });
    const pages = [await browser.open("/account"), await browser.open("/members")];
    pages.push(await browser.submit("/members/invitations", { email: hostile, role: "viewer" }));
    pages.push(await world.browser().submit("/sign-in", { email: hostile, password: "x", next: hostile }));
    for (const { html } of pages) {
      expect(html).not.toContain("<img");
      expect(html).not.toContain("onerror=alert(1)>&lt;b");
    }
    expect(pages[0]!.html).toContain("&lt;img");
  }, 60_000);

  test("an address changes with the password, and to nobody else's", async () => {
    const [user, other] = [await world.join(tenant, "viewer"), await world.join(tenant, "viewer")];
    const [browser] = await world.signIn(user.email, PASSWORD, elsewhere());
    await browser.open("/account");
    for (const [fields, problem] of [
      [{ email: "moved@example.com", currentPassword: "wrong" }, "is not right"],
      [{ email: other.email.toUpperCase(), currentPassword: PASSWORD }, "another person"],
      [{ email: "no address", currentPassword: PASSWORD }, "must be an e-mail address"],
    ] as const) {
      const page = await browser.submit("/account/email", fields);
      expect([page.status, page.html.includes(problem)]).toEqual([422, true]);
    }
    await browser.submit("/account/email", { email: "moved@example.com", currentPassword: PASSWORD });
    expect((await world.signIn(user.email, PASSWORD, elsewhere()))[1].status).toBe(401);
    expect((await world.signIn("moved@example.com", PASSWORD, elsewhere()))[1].at).toBe("/workflows");
    expect(await world.audit(tenant)).toContain("user.email_changed");
  }, 60_000);
});
