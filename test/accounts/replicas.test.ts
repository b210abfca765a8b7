import { afterAll, beforeAll, expect, test } from "bun:test";
import { jumpingClock } from "../flows/jumping-clock.ts";
import { type StartedApp, startApp, type TestTenant } from "../start-app.ts";
import { openTestStorage, type TestStorage } from "../test-storage.ts";
import { Browser } from "./browser.ts";
import { PASSWORD } from "./people-world.ts";

/* Two replicas on one Postgres: what one of them ends, the other must not go on believing. */

/** For so long at most. */
const BELIEVED_MS = 3_000;
const clock = jumpingClock();
let storage: TestStorage;
let one: StartedApp;
let two: StartedApp;
let tenant: TestTenant;

beforeAll(async () => {
  storage = await openTestStorage("postgres");
  one = await startApp({}, clock, storage);
  two = await startApp({}, clock, storage);
  tenant = await one.createTenant("acme");
}, 90_000);
afterAll(async () => {
  await two.stop();
  await one.stop();
  await storage.remove();
});

async function signedInOnBoth(email: string) {
  const { accounts } = one.app.services;
  const user = await accounts.createUser(tenant.scope, { email, name: "A", role: "builder", password: PASSWORD });
  const first = new Browser(one.url);
  await first.submit("/sign-in", { email, password: PASSWORD });
  const second = new Browser(two.url);
  for (const [name, value] of first.cookies) second.cookies.set(name, value);
  expect((await second.open("/account")).status).toBe(200);
  return { user, second };
}

test("somebody who is disabled on one replica is signed out on the other within seconds", async () => {
  const { user, second } = await signedInOnBoth("disabled@example.com");
  await one.app.services.accounts.members.disable(tenant.scope, user.id);
  clock.jump(BELIEVED_MS);
  expect((await second.open("/account")).at).toStartWith("/sign-in");
}, 60_000);

test("so is somebody who changed their password, and a role counts there as it is now", async () => {
  const { user, second } = await signedInOnBoth("changed@example.com");
  expect((await second.open("/api-keys")).status).toBe(403);
  await one.app.services.accounts.members.setRole(tenant.scope, user.id, "admin");
  clock.jump(BELIEVED_MS);
  expect((await second.open("/api-keys")).status).toBe(200);
  const link = new URL(await one.app.services.accounts.members.resetLink(tenant.scope, user.id));
  await new Browser(one.url).submit(link.pathname, { password: "another long passphrase" });
  clock.jump(BELIEVED_MS);
  expect((await second.open("/account")).at).toStartWith("/sign-in");
}, 60_000);

test("a setup link, an invitation and a half-done sign-in that one has made count on the other", async () => {
  const email = "invited@example.com";
  const link = new URL(await one.app.services.accounts.members.invite(tenant.scope, { email, role: "viewer" }));
  const browser = new Browser(two.url);
  expect((await browser.submit(link.pathname, { name: "I", password: PASSWORD })).at).toBe("/workflows");
  expect((await new Browser(one.url).open(link.pathname)).status).toBe(404);
}, 60_000);
