import { afterAll, beforeAll, expect, test } from "bun:test";
import { grantScope } from "../../src/domain/tenant.ts";
import type { TestTenant } from "../start-app.ts";
import { PASSWORD, PeopleWorld } from "./people-world.ts";

let world: PeopleWorld;
let tenant: TestTenant;
beforeAll(async () => {
  world = await PeopleWorld.open();
  tenant = await world.createTenant("ours");
}, 60_000);
afterAll(() => world.app.stop());

let people = 0;
async function operator() {
  people += 1;
  const email = `operator-${people}@example.com`;
  const wanted = { email, name: "Grace", role: "owner" as const, password: PASSWORD, isOperator: true };
  return world.accounts.createUser(tenant.scope, wanted);
}

test("an operator makes a tenant; its owner comes in by the link and sees nothing but their own", async () => {
  const grace = await operator();
  const [browser] = await world.signIn(grace.email);
  const page = await browser.open("/installation");
  expect(page.html).toContain('href="/installation"');
  const wrong = await browser.submit("/installation/tenants", { tenant: "Ours", email: "x" });
  expect(wrong.status).toBe(422);
  for (const field of ["tenant", "email"]) expect(wrong.html).toContain(`id="${field}-error"`);

  const made = await browser.submit("/installation/tenants", { tenant: "Nördlich & Co", email: "new@example.com" });
  const link = new URL(/id="new-link"[^>]*>([^<]+)</.exec(made.html)?.[1] ?? "http://no-link/").pathname;
  expect(link).toMatch(/^\/invitations\/[A-Za-z0-9_-]{43}$/);
  const again = await browser.open("/installation");
  expect(again.html).toContain("nordlich-co");
  expect(again.html).not.toContain(link.split("/")[2]!);

  const guest = world.browser();
  expect((await guest.open(link)).html).toContain("Join nordlich-co");
  expect((await guest.submit(link, { name: "New", password: PASSWORD })).at).toBe("/workflows");
  expect((await world.browser().open(link)).status).toBe(404);
  const members = await guest.open("/members");
  expect(members.html).toContain("new@example.com");
  expect(members.html).not.toContain(grace.email);
  expect(members.html).not.toContain('href="/installation"');
  expect((await guest.open("/installation")).status).toBe(403);
  expect((await guest.submit("/installation/tenants", { tenant: "mine", email: "e@example.com" })).status).toBe(403);
  expect((await guest.submit(`/members/${grace.id}/unmake-operator`, {})).status).toBe(403);

  // It stands in the new tenant's log, whose own the operator's tenant does not show.
  const { id } = (await world.app.backend.tenants.findBySlug("nordlich-co"))!;
  const scope = grantScope(id, "", tenant.scope.actor, tenant.scope.permissions);
  const { items } = await world.app.backend.audit.list(scope, { limit: 10, cursor: null });
  expect(items.slice(-3).map(({ action, actor }) => [action, actor.id === grace.id])).toEqual([
    ["user.created", false],
    ["member.invited", true],
    ["tenant.created", true],
  ]);
  expect(await world.app.backend.audit.verify(id)).toMatchObject({ ok: true });
  expect((await browser.open("/audit")).html).not.toContain("nordlich-co");
}, 60_000);

test("an owner who is no operator makes no tenant, no operator, and gets into no operator's account", async () => {
  const grace = await operator();
  const owner = await world.join(tenant, "owner");
  const [browser] = await world.signIn(owner.email);
  expect((await browser.open("/members")).html).not.toContain(`member-${grace.id}`);
  expect((await browser.open("/installation")).status).toBe(403);
  await browser.open("/members");
  const { id } = owner;
  for (const path of [
    "/installation/tenants",
    `/members/${id}/make-operator`,
    `/members/${grace.id}/reset-link`,
    `/members/${grace.id}/disable`,
    `/members/${grace.id}/remove`,
    `/members/${grace.id}/two-factor-off`,
  ])
    expect([path, (await browser.submit(path, { tenant: "mine", email: "e@example.com" })).status]).toEqual([
      path,
      403,
    ]);
  expect(await world.app.backend.users.findMember(tenant.scope, id)).toMatchObject({ user: { isOperator: false } });
  expect(await world.app.backend.tenants.findBySlug("mine")).toBeNull();

  const headers = { cookie: [...browser.cookies].map(([name, value]) => `${name}=${value}`).join("; ") };
  const signedIn = await world.app.app.services.sessions.authenticate(new Request(world.origin, { headers }));
  const asOwner = { email: "sneaky@example.com", name: "S", role: "owner" as const, password: PASSWORD };
  await expect(world.accounts.createUser(signedIn!.scope, { ...asOwner, isOperator: true })).rejects.toMatchObject({
    code: "forbidden",
  });
}, 60_000);

test("members are made operators and unmade at once, down to the last one, who stays", async () => {
  const own = await PeopleWorld.open();
  try {
    const token = await own.accounts.setup.issue();
    const browser = own.browser();
    const values = { tenant: "First", name: "Ada", email: "ada@example.com", password: PASSWORD };
    await browser.open(`/setup/${token}`);
    await browser.submit(`/setup/${token}`, values);
    expect((await browser.open("/installation")).status).toBe(200);

    const first = (await own.app.backend.tenants.findBySlug("first"))!;
    const space = (await own.app.backend.tenants.findWorkspace(first.id, "default"))!;
    const scope = grantScope(first.id, space.id, tenant.scope.actor, tenant.scope.permissions);
    const { items } = await own.app.backend.users.listMembers(scope, { limit: 5, cursor: null });
    const ada = items[0]!.user;
    const bob = await own.join({ ...tenant, scope }, "admin");
    const [other] = await own.signIn(bob.email);
    expect((await other.open("/installation")).status).toBe(403);

    await browser.open("/members");
    for (const verb of ["unmake-operator", "remove"])
      expect([verb, (await browser.submit(`/members/${ada.id}/${verb}`, {})).status]).toEqual([verb, 409]);
    expect((await browser.submit(`/members/${bob.id}/make-operator`, {})).at).toBe("/members");
    expect((await other.open("/installation")).status).toBe(200);
    expect((await other.submit(`/members/${ada.id}/unmake-operator`, {})).at).toBe("/members");
    expect((await browser.open("/installation")).status).toBe(403);
    expect((await other.submit(`/members/${bob.id}/unmake-operator`, {})).status).toBe(409);
    const actions = await own.audit({ ...tenant, scope });
    expect(actions.filter((action) => action.startsWith("operator."))).toEqual(["operator.unmade", "operator.made"]);
  } finally {
    await own.app.stop();
  }
}, 60_000);
