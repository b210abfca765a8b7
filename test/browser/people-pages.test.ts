import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Browser, Page } from "playwright-core";
import { launchBrowser } from "./launch-browser.ts";
import { type StartedUi, startUi } from "./start-ui.ts";
import { DESK, inspectPage, PHONE, type Visitor, visit } from "./visitor.ts";

const PASSWORD = "correct horse battery staple";
let browser: Browser;
let ui: StartedUi;
let links: Record<"setup" | "invitation" | "reset", string>;
let fresh: StartedUi["app"]["services"]["accounts"];

beforeAll(async () => {
  [browser, ui] = await Promise.all([launchBrowser(), startUi()]);
  const { accounts } = ui.app.services;
  fresh = accounts;
  for (const role of ["admin", "builder", "viewer"] as const) await ui.signInAs(role);
  const { scope } = ui.tenant;
  const member = await accounts.createUser(scope, {
    email: "gone@acme.example",
    name: "Gone",
    role: "viewer",
    password: PASSWORD,
  });
  const reset = await accounts.members.resetLink(scope, member.id);
  const other = await accounts.createUser(scope, {
    email: "out@acme.example",
    name: "Out",
    role: "viewer",
    password: PASSWORD,
  });
  await accounts.members.disable(scope, other.id);
  const invitation = await accounts.members.invite(scope, { email: "new@acme.example", role: "builder" });
  links = { setup: "", invitation: new URL(invitation).pathname, reset: new URL(reset).pathname };
}, 60_000);
afterAll(async () => {
  await browser?.close();
  await ui?.stop();
});

const LOOKS = [
  { theme: "light", size: DESK },
  { theme: "dark", size: DESK },
  { theme: "light", size: PHONE },
] as const;

interface Stop {
  readonly path: () => string;
  readonly signedIn?: true;
  /** What is done on the page before it is looked at. */
  readonly act?: (page: Page) => Promise<void>;
  /** What the browser's console says about an answer that is meant to be one. */
  readonly expected?: RegExp;
}

const PAGES: Readonly<Record<string, Stop>> = {
  "sign in": { path: () => "/sign-in?next=/account" },
  "sign in, refused": {
    path: () => "/sign-in",
    expected: /401/,
    async act(page) {
      await page.fill("#email", "nobody@acme.example");
      await page.fill("#password", "not the password");
      await page.click("main button");
      await page.waitForSelector(".notice");
    },
  },
  "sign in through the organisation": { path: () => "/sign-in/openid" },
  "an invitation": { path: () => links.invitation },
  "an invitation, with mistakes": {
    path: () => links.invitation,
    expected: /422/,
    async act(page) {
      await page.fill("#name", "New");
      await page.fill("#password", "short");
      await page.click("main button");
      await page.waitForSelector("#password-error");
    },
  },
  "a link for a new password": { path: () => links.reset },
  "a link that has ended": { path: () => `/reset/${"x".repeat(43)}`, expected: /404/ },
  members: { path: () => "/members", signedIn: true },
  "members, inviting": {
    path: () => "/members",
    signedIn: true,
    act: (page) => page.click("text=Invite"),
  },
  "members, one of them": {
    path: () => "/members",
    signedIn: true,
    act: (page) => page.locator("tr button[title^=Change]").first().click(),
  },
  "the personal page": { path: () => "/account", signedIn: true },
  "the personal page, with a mistake": {
    path: () => "/account",
    signedIn: true,
    expected: /422/,
    async act(page) {
      await page.fill("#email", "else@acme.example");
      await page.fill("#email-current", "wrong password");
      await page.click("text=Change the address");
      await page.waitForSelector("#email-current-error");
    },
  },
  "two-factor, first the password": { path: () => "/account/two-factor", signedIn: true },
  "two-factor, the picture to scan": {
    path: () => "/account/two-factor",
    signedIn: true,
    async act(page) {
      await page.fill("#currentPassword", PASSWORD);
      await page.click("main form .button[data-kind=primary]");
      await page.waitForSelector(".qr-code");
    },
  },
  "how people sign in": { path: () => "/settings", signedIn: true },
};

describe("every page about people, in both themes and on a phone, has no violation and no error:", () => {
  test.each(Object.entries(PAGES))(
    "%s",
    async (name, { path, signedIn, act, expected }) => {
      for (const look of LOOKS) {
        const visitor = await visit(browser, { url: ui.url, ...(signedIn && { cookies: ui.owner }), ...look });
        await visitor.open(path());
        await act?.(visitor.page);
        await keepPicture(visitor, `${name} ${look.theme} ${look.size.width}`);
        const findings = (await inspectPage(visitor)).filter((finding) => !expected?.test(finding));
        expect(findings).toEqual([]);
        await visitor.close();
      }
    },
    60_000,
  );
});

test("somebody sets up a second factor and signs in with it, without a mouse", async () => {
  const email = "keyboard@acme.example";
  const { scope } = ui.tenant;
  await fresh.createUser(scope, { email, name: "Keyboard", role: "builder", password: PASSWORD });
  const visitor = await visit(browser, { url: ui.url });
  const { page } = visitor;
  await signInByKeyboard(visitor, email);
  await page.waitForURL(/\/workflows/);
  await visitor.open("/account/two-factor");
  await page.focus("#currentPassword");
  await page.keyboard.type(PASSWORD);
  await page.keyboard.press("Enter");
  await page.waitForSelector(".qr-code");
  const secret = (await page.textContent("code.break")) ?? "";
  const { generateTOTP } = await import("@oslojs/otp");
  const bits = [...secret].map((each) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(each).toString(2).padStart(5, "0"));
  const key = Uint8Array.from(bits.join("").match(/.{8}/g) ?? [], (byte) => Number.parseInt(byte, 2));
  await page.focus("#code");
  await page.keyboard.type(generateTOTP(key, 30, 6));
  await page.keyboard.press("Enter");
  await page.waitForSelector("#recovery-codes");
  const [recoveryCode = ""] = ((await page.textContent("#recovery-codes")) ?? "").trim().split("\n");
  await keepPicture(visitor, "recovery codes");
  expect((await inspectPage(visitor)).length).toBe(0);
  await visitor.close();

  const again = await visit(browser, { url: ui.url });
  await signInByKeyboard(again, email);
  await again.page.waitForURL(/\/sign-in\/code/);
  await keepPicture(again, "code");
  expect(await inspectPage(again)).toEqual([]);
  await again.page.focus("#code");
  await again.page.keyboard.type(recoveryCode);
  await again.page.keyboard.press("Enter");
  await again.page.waitForURL(/\/workflows/);
  await again.close();
}, 60_000);

async function signInByKeyboard({ open, page }: Visitor, email: string): Promise<void> {
  await open("/sign-in");
  await page.focus("#email");
  await page.keyboard.type(email);
  await page.keyboard.press("Tab");
  await page.keyboard.type(PASSWORD);
  await page.keyboard.press("Enter");
}

/** Pictures for whoever wants to look: `PICTURES=<folder>`. */
async function keepPicture({ page }: Visitor, name: string): Promise<void> {
  const folder = process.env.PICTURES;
  if (folder) await page.screenshot({ path: `${folder}/${name.replace(/[^a-z0-9]+/gi, "-")}.png`, fullPage: true });
}
