import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { Browser } from "../accounts/browser.ts";
import { type StartedApp, startApp, type TestTenant } from "../start-app.ts";
import { until } from "../until.ts";
import { type ReceivedMail, refusal, type SmtpPeer, startSmtpPeer } from "./smtp-peer.ts";

const PUBLIC_URL = "http://integrations.test";
const PASSWORD = "correct horse battery staple";
const NEW_PASSWORD = "orbit lantern seven";

let smtp: SmtpPeer;
let app: StartedApp;
let tenant: TestTenant;
let owner: Browser;
beforeAll(async () => {
  smtp = await startSmtpPeer();
  const mail = { SMTP_URL: `smtp://127.0.0.1:${smtp.port}`, MAIL_FROM: "integrations@example.com" };
  app = await startApp({ PUBLIC_URL, ...mail });
  tenant = await app.createTenant("ours");
  const { createUser } = app.app.services.accounts;
  const common = { password: PASSWORD, name: "Ada" } as const;
  await createUser(tenant.scope, { ...common, email: "owner@ours.example", role: "owner", isOperator: true });
  await createUser(tenant.scope, { ...common, email: "Builder@ours.example", role: "builder" });
  await createUser(tenant.scope, { ...common, email: "gone@ours.example", role: "builder" });
  owner = await signIn("owner@ours.example", PASSWORD);
}, 60_000);
afterAll(async () => {
  await app.stop();
  await smtp.stop();
});
beforeEach(() => {
  smtp.onMail = () => {};
});

async function signIn(email: string, password: string): Promise<Browser> {
  const browser = new Browser(app.url);
  await browser.open("/sign-in");
  await browser.submit("/sign-in", { email, password });
  return browser;
}
const isSignedIn = async (browser: Browser) => (await browser.open("/account")).at === "/account";

async function nextMail(act: () => Promise<unknown>): Promise<ReceivedMail> {
  const before = smtp.mails.length;
  await act();
  return (await smtp.until(before + 1))[before]!;
}

/** The path of the link in the mail, which both its parts hold. */
function linkIn({ parsed }: ReceivedMail, kind: "invitations" | "reset"): string {
  const [address = ""] = new RegExp(`${PUBLIC_URL}/${kind}/[\\w-]+`).exec(parsed.text ?? "") ?? [];
  expect(parsed.html).toContain(`href="${address}"`);
  return new URL(address).pathname;
}

describe("an invitation", () => {
  test("goes to whom it is for and is not shown to whoever made it; looking at its page uses nothing up", async () => {
    let html = "";
    const mail = await nextMail(async () => {
      await owner.open("/members");
      ({ html } = await owner.submit("/members/invitations", { email: "new@ours.example", role: "viewer" }));
    });
    expect(mail.to).toEqual(["new@ours.example"]);
    expect(mail.parsed.subject).toBe("You are invited to IntegrationSync (ours)");
    const link = linkIn(mail, "invitations");
    expect(html).toContain("on its way to new@ours.example");
    expect(html).not.toContain(link);
    const invited = new Browser(app.url);
    for (let looks = 0; looks < 3; looks += 1) expect((await invited.open(link)).html).toContain("new@ours.example");
    await invited.submit(link, { name: "New", password: NEW_PASSWORD });
    expect(await isSignedIn(invited)).toBe(true);
    expect(await app.storage.contents()).not.toContain(link.split("/").at(-1)!);
  });

  test("of a new tenant goes to its owner", async () => {
    const mail = await nextMail(async () => {
      await owner.open("/installation");
      await owner.submit("/installation/tenants", { tenant: "Theirs", email: "boss@theirs.example" });
    });
    expect(mail.to).toEqual(["boss@theirs.example"]);
    expect((await new Browser(app.url).open(linkIn(mail, "invitations"))).html).toContain("theirs");
  });
});

describe("a forgotten password", () => {
  const ask = async (email: string, from?: Browser) => {
    const browser = from ?? new Browser(app.url);
    await browser.open("/forgotten-password");
    return browser.submit("/forgotten-password", { email });
  };

  test("is asked for on the sign-in page; the mailed link sets another one, once", async () => {
    const browser = new Browser(app.url);
    expect((await browser.open("/sign-in")).html).toContain('href="/forgotten-password"');
    const mail = await nextMail(() => ask(" builder@OURS.example", browser));
    expect(mail.to).toEqual(["Builder@ours.example"]);
    const link = linkIn(mail, "reset");
    await browser.open(link);
    expect(await isSignedIn(await signIn("builder@ours.example", PASSWORD))).toBe(true);
    await browser.open(link);
    await browser.submit(link, { password: NEW_PASSWORD });
    expect(await isSignedIn(await signIn("builder@ours.example", PASSWORD))).toBe(false);
    expect(await isSignedIn(await signIn("builder@ours.example", NEW_PASSWORD))).toBe(true);
    expect((await browser.open(link)).status).toBe(404);
  });

  test("is answered the same whether there is such a person, a disabled one, or nobody", async () => {
    const { users } = app.backend;
    const { items } = await users.listMembers(tenant.scope, { limit: 50, cursor: null });
    const gone = items.find(({ user }) => user.email === "gone@ours.example")!.user.id;
    const change = { at: 1, action: "member.disabled", target: gone, details: {} };
    await users.setDisabled(tenant.scope, gone, 1, change);
    const before = smtp.mails.length;
    const answers = [];
    for (const email of ["gone@ours.example", "nobody@ours.example", "not an address", "", "owner@ours.example"])
      answers.push(await ask(email));
    expect(new Set(answers.map(({ status, html }) => `${status} ${html}`)).size).toBe(1);
    await smtp.until(before + 1);
    await Bun.sleep(300);
    expect(smtp.mails.slice(before).flatMap(({ to }) => to)).toEqual(["owner@ours.example"]);
  });

  test("a mailbox is not filled by somebody who asks again and again, and who asks for many is told to wait", async () => {
    const { createUser } = app.app.services.accounts;
    const email = "victim@ours.example";
    await createUser(tenant.scope, { email, name: "V", role: "viewer", password: PASSWORD });
    const before = smtp.mails.length;
    const statuses: number[] = [];
    const asker = new Browser(app.url);
    for (let n = 0; n < 12; n += 1) statuses.push((await ask(email, asker)).status);
    expect(statuses.at(0)).toBe(200);
    expect(statuses.at(-1)).toBe(429);
    await smtp.until(before + 3);
    await Bun.sleep(300);
    expect(smtp.mails).toHaveLength(before + 3);
  });
});

describe("the page about mail", () => {
  test("says how mail goes out, sends a test, and shows what was refused until it is sent again", async () => {
    const { html } = await owner.open("/settings/mail");
    expect(html).toContain(`127.0.0.1:${smtp.port}`);
    expect(html).toContain("integrations@example.com");
    const mail = await nextMail(async () => {
      const { html: told } = await owner.submit("/settings/mail/test", {});
      expect(told).toContain("on its way to owner@ours.example");
    });
    expect(mail.parsed.subject).toBe("Mail from IntegrationSync works");

    smtp.onMail = () => Promise.reject(refusal(550, "5.7.1 <b>spam</b>"));
    expect((await owner.submit("/settings/mail/test", {})).html).toContain("550 5.7.1 &lt;b&gt;spam&lt;/b&gt;");
    await owner.open("/members");
    await owner.submit("/members/invitations", { email: "refused@ours.example", role: "viewer" });
    const listed = await untilPage((page) => page.includes("refused@ours.example") && page.includes("Failed"));
    expect(listed).not.toContain("<b>spam");
    const retry = /\/settings\/mail\/mail_\w+\/retry/.exec(listed)?.[0] ?? "";
    smtp.onMail = () => {};
    const again = await nextMail(() => owner.submit(retry, {}));
    expect(again.to).toEqual(["refused@ours.example"]);
    await untilPage((page) => !page.includes("refused@ours.example"));
  });

  test("is for those who look after the workspace", async () => {
    const builder = await signIn("builder@ours.example", NEW_PASSWORD);
    expect((await builder.open("/settings/mail")).status).toBe(403);
  });

  async function untilPage(holds: (html: string) => boolean): Promise<string> {
    return until("the page says it", async () => {
      const { html } = await owner.open("/settings/mail");
      return holds(html) && html;
    });
  }
});

test("without mail the links are shown, nobody can ask for one, and the page says what to set", async () => {
  const silent = await startApp({ PUBLIC_URL });
  try {
    const { scope } = await silent.createTenant("silent");
    const email = "owner@silent.example";
    await silent.app.services.accounts.createUser(scope, { email, name: "Ada", role: "owner", password: PASSWORD });
    const browser = new Browser(silent.url);
    const { html } = await browser.open("/sign-in");
    expect(html).toContain("Ask an administrator");
    expect(html).not.toContain("/forgotten-password");
    expect((await browser.open("/forgotten-password")).status).toBe(404);
    await browser.open("/sign-in");
    await browser.submit("/sign-in", { email, password: PASSWORD });
    expect((await browser.open("/settings/mail")).html).toContain("SMTP_URL");
    await browser.open("/members");
    const made = await browser.submit("/members/invitations", { email: "new@silent.example", role: "viewer" });
    expect(made.html).toContain(`${PUBLIC_URL}/invitations/`);
  } finally {
    await silent.stop();
  }
});
