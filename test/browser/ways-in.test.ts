import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Browser, Page } from "playwright-core";
import { type StartedApp, startApp } from "../start-app.ts";
import { launchBrowser } from "./launch-browser.ts";
import { DESK, inspectPage, PHONE, type Visitor, visit } from "./visitor.ts";

/*
 * Pages that somebody meets once, on the way in: the first account, the choice between tenants, and the second factor
 * that a tenant requires.
 */

const PASSWORD = "correct horse battery staple";
const EMAIL = "ada@both.example";
const LOOKS = [
  { theme: "light", size: DESK },
  { theme: "dark", size: PHONE },
] as const;

let browser: Browser;
let app: StartedApp;
beforeAll(async () => {
  [browser, app] = await Promise.all([launchBrowser(), startApp()]);
}, 60_000);
afterAll(async () => {
  await browser?.close();
  await app?.stop();
});

async function inEachLook(look: (visitor: Visitor) => Promise<void>): Promise<void> {
  for (const each of LOOKS) {
    const visitor = await visit(browser, { url: app.url, ...each });
    await look(visitor);
    expect(await inspectPage(visitor)).toEqual([]);
    await visitor.close();
  }
}

async function signIn({ open, page }: Visitor): Promise<void> {
  await open("/sign-in");
  await page.getByLabel("E-mail address").fill(EMAIL);
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await leave(page, () => page.getByRole("button", { name: "Sign in" }).click());
}

async function leave(page: Page, act: () => Promise<void>): Promise<void> {
  await Promise.all([page.waitForURL(({ pathname }) => pathname !== "/sign-in"), act()]);
  await page.waitForLoadState();
}

test("the first account, the choice of a tenant and a required second factor are as accessible as the rest", async () => {
  const { accounts } = app.app.services;
  const token = await accounts.setup.issue();
  await inEachLook(async ({ open, page }) => {
    await open(`/setup/${token}`);
    await page.getByRole("button", { name: "Create the account" }).waitFor();
  });

  const tenants = [await app.createTenant("first"), await app.createTenant("second")];
  for (const { scope } of tenants)
    await accounts.createUser(scope, { email: EMAIL, name: "Ada", role: "owner", password: PASSWORD });
  await inEachLook(async (visitor) => {
    await signIn(visitor);
    expect(new URL(visitor.page.url()).pathname).toBe("/sign-in/tenant");
  });

  // As it stands when the one who required it has left: the others have no second factor yet.
  for (const { scope } of tenants) {
    const change = { at: Date.now(), action: "sign_in.two_factor_required", target: scope.tenantId, details: {} };
    await app.backend.signInSettings.save(scope, { twoFactorRequired: true, provider: null }, change);
  }
  await inEachLook(async (visitor) => {
    await signIn(visitor);
    const choose = visitor.page.getByRole("button", { name: "first" });
    await Promise.all([visitor.page.waitForURL("**/sign-in/code**"), choose.click()]);
    await visitor.page.getByRole("button", { name: "Turn on and sign in" }).waitFor();
  });
}, 120_000);
