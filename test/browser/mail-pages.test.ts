import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Browser } from "playwright-core";
import { sampleMail } from "../../src/backend/contract/mail-contract.ts";
import { type SmtpPeer, startSmtpPeer } from "../mail/smtp-peer.ts";
import { launchBrowser } from "./launch-browser.ts";
import { type StartedUi, startUi } from "./start-ui.ts";
import { DESK, inspectPage, PHONE, type Visitor, visit } from "./visitor.ts";

/** The pages that look otherwise where mail is set up. */
let smtp: SmtpPeer;
let ui: StartedUi;
let browser: Browser;
beforeAll(async () => {
  smtp = await startSmtpPeer();
  [ui, browser] = await Promise.all([
    startUi({ SMTP_URL: `smtp://127.0.0.1:${smtp.port}`, MAIL_FROM: "IntegrationSync <integrations@example.com>" }),
    launchBrowser(),
  ]);
  const { mails } = ui.backend;
  const now = Date.now();
  const answer = `550 5.1.1 <${"x".repeat(80)}@example.com> no such user here`;
  // Later than now, or the server itself might send them before they are taken here.
  const [createdAt, giveUpAt] = [now + 1e9, now + 2e9];
  await mails.add(ui.tenant.scope, [
    sampleMail({ createdAt, giveUpAt, recipient: `${"very.long.address.".repeat(4)}@example.com` }),
    sampleMail({ createdAt, giveUpAt, subject: "<script>alert(1)</script>" }),
  ]);
  const [failed, waiting] = await mails.claim({ now: createdAt, until: giveUpAt }, 2);
  await mails.fail(failed!, { at: now, problem: answer });
  await mails.postpone(waiting!, { dueAt: now + 1e9, problem: "451 greylisted, try again later" });
}, 60_000);
afterAll(async () => {
  await browser.close();
  await ui.stop();
  await smtp.stop();
});

const LOOKS = [
  { theme: "light", size: DESK },
  { theme: "dark", size: PHONE },
] as const;

test.each(["/settings/mail", "/account", "/members"])(
  "%s has no violation in both themes and on a phone",
  async (path) => {
    for (const look of LOOKS) {
      const visitor = await visit(browser, { url: ui.url, cookies: ui.owner, ...look });
      await visitor.open(path);
      expect(await inspectPage(visitor)).toEqual([]);
      await photograph(visitor, path, look.theme);
      await visitor.close();
    }
  },
  60_000,
);

test("sending a test from the page says that it is on its way", async () => {
  const visitor = await visit(browser, { url: ui.url, cookies: ui.owner });
  await visitor.open("/settings/mail");
  await visitor.page.getByRole("button", { name: "Send a test mail" }).click();
  await visitor.page.getByText("A test mail is on its way").waitFor();
  expect((await smtp.until(1))[0]!.parsed.subject).toBe("Mail from IntegrationSync works");
  await visitor.close();
}, 60_000);

test("whoever forgot the password gets from the sign-in page to the link's mail by keyboard", async () => {
  for (const look of LOOKS) {
    const visitor = await visit(browser, { url: ui.url, ...look });
    await visitor.open("/sign-in");
    expect(await inspectPage(visitor)).toEqual([]);
    await visitor.page.getByRole("link", { name: "Forgot the password?" }).press("Enter");
    await visitor.page.getByRole("heading", { name: "Forgotten password" }).waitFor();
    expect(await inspectPage(visitor)).toEqual([]);
    await photograph(visitor, "/forgotten-password", look.theme);
    await visitor.page.getByLabel("E-mail address").fill("nobody@acme.example");
    await visitor.page.keyboard.press("Enter");
    await visitor.page.getByRole("heading", { name: "Look into your mail" }).waitFor();
    expect(await inspectPage(visitor)).toEqual([]);
    await visitor.close();
  }
}, 60_000);

/** For whoever wants to look: `PICTURES=folder`. */
async function photograph({ page }: Visitor, path: string, theme: string): Promise<void> {
  const folder = process.env.PICTURES;
  if (folder) await page.screenshot({ path: `${folder}/${path.replaceAll("/", "-")}-${theme}.png`, fullPage: true });
}
