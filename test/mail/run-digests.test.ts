import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Role } from "../../src/domain/permission.ts";
import { Browser } from "../accounts/browser.ts";
import { type FlowWorld, openFlowWorld } from "../flows/flow-world.ts";
import { type StartedApp, startApp } from "../start-app.ts";
import { BACKEND } from "../test-storage.ts";
import { type ReceivedMail, type SmtpPeer, startSmtpPeer } from "./smtp-peer.ts";
import { untilNothingIsHeld } from "./until-nothing-is-held.ts";

/** The whole server and a mail server; on Postgres two servers, each of which would tell people. */

const MINUTE = 60_000;
const PUBLIC_URL = "http://integrations.test";
const PASSWORD = "correct horse battery staple";
const FAILING = [{ id: "fail", kind: "stop", outcome: "failed", message: "<b>the order</b> has no number" }];

let smtp: SmtpPeer;
let world: FlowWorld;
let second: StartedApp | null = null;
beforeAll(async () => {
  smtp = await startSmtpPeer();
  const mail = { PUBLIC_URL, SMTP_URL: `smtp://127.0.0.1:${smtp.port}`, MAIL_FROM: "integrations@example.com" };
  world = await openFlowWorld(mail);
  if (BACKEND === "postgres") second = await startApp(mail, world.clock, world.app.storage);
  for (const role of ["owner", "admin", "builder", "viewer"] as const) await addPerson(role);
  // What fails within seconds is one mail; on a busy machine thirty runs take their time.
  world.clock.standStill();
}, 60_000);
afterAll(async () => {
  await second?.stop();
  await world.close();
  await smtp.stop();
});

async function addPerson(role: Role): Promise<void> {
  const request = { email: `${role}@ours.example`, name: role, role, password: PASSWORD };
  await world.app.app.services.accounts.createUser(world.scope, request);
}

/** What comes, at least so many, until nothing more does when every replica has looked several times. */
async function mailsAfter(jumpMs: number, expected: number): Promise<readonly ReceivedMail[]> {
  const before = smtp.mails.length;
  await untilNothingIsHeld(world.app);
  world.clock.jump(jumpMs);
  // The alerts, the digests, the mails: each is looked for by itself.
  for (let looks = 0, quiet = 0; quiet < 4; looks += 1) {
    if (looks > 40) throw new Error(`${smtp.mails.length - before} mails instead of ${expected}`);
    await Bun.sleep(600);
    await untilNothingIsHeld(world.app);
    world.clock.jump(5_000);
    if (smtp.mails.length >= before + expected) quiet += 1;
  }
  return smtp.mails.slice(before);
}
const recipients = (mails: readonly ReceivedMail[]) => mails.flatMap(({ to }) => to).sort();

async function signIn(role: Role): Promise<Browser> {
  const browser = new Browser(world.app.url);
  await browser.open("/sign-in");
  await browser.submit("/sign-in", { email: `${role}@ours.example`, password: PASSWORD });
  return browser;
}

/** Switches the mails on or off on the person's page. */
async function wantMails(role: Role, wanted: boolean): Promise<void> {
  const browser = await signIn(role);
  await browser.open("/account");
  const { html } = await browser.submit("/account/mail", wanted ? { wanted: "on" } : {});
  expect(/<input[^>]*name="wanted"[^>]*checked/.test(html)).toBe(wanted);
}

test("a workflow that fails thirty times is one mail, and the next at most every 15 minutes", async () => {
  const workflow = await world.publish({ name: "Orders <b>", steps: FAILING });
  const other = await world.publish({ name: "Invoices", steps: FAILING });
  const runs = await Promise.all(Array.from({ length: 30 }, () => workflow.start()));
  for (const run of runs) await world.until(run, "failed");
  await world.until(await other.start(), "failed");
  const mails = await mailsAfter(20_000, 4);
  const ofOrders = mails.filter(({ parsed }) => parsed.subject?.startsWith("Orders"));
  expect(recipients(ofOrders)).toEqual(["admin@ours.example", "owner@ours.example"]);
  expect(mails).toHaveLength(4);
  const { parsed } = ofOrders[0]!;
  expect(parsed.subject).toBe("Orders <b>: 30 runs failed or need a decision");
  expect(parsed.text).toContain("and 25 more");
  expect(parsed.text).toContain(`${PUBLIC_URL}/runs?workflow=${workflow.id}`);
  expect([...(parsed.text ?? "").matchAll(/\/runs\/(run_\w+)/g)].map(([, id]) => runs.includes(id!))).toEqual(
    Array(5).fill(true),
  );
  expect(parsed.html).not.toContain("<b>");

  for (const run of await Promise.all([1, 2, 3].map(() => workflow.start()))) await world.until(run, "failed");
  expect(await mailsAfter(5 * MINUTE, 0)).toEqual([]);
  const next = await mailsAfter(10 * MINUTE, 2);
  expect(recipients(next)).toEqual(["admin@ours.example", "owner@ours.example"]);
  expect(next[0]!.parsed.subject).toBe("Orders <b>: 3 runs failed or need a decision");
  expect(await mailsAfter(60 * MINUTE, 0)).toEqual([]);
}, 60_000);

test("each failure stands in the log once, whichever replica sees it", async () => {
  const lines = [...world.app.warnings, ...(second?.warnings ?? [])].filter(({ message }) =>
    message.includes("the order"),
  );
  const runIds = lines.map(({ fields }) => fields.runId);
  expect(runIds.length).toBe(34);
  expect(new Set(runIds).size).toBe(34);
});

test("who wants such mails is up to each person who may act", async () => {
  await wantMails("admin", false);
  await wantMails("builder", true);
  const workflow = await world.publish({ name: "Payments", steps: FAILING });
  await world.until(await workflow.start(), "failed");
  const mails = await mailsAfter(20_000, 2);
  expect(recipients(mails)).toEqual(["builder@ours.example", "owner@ours.example"]);
  expect(mails[0]!.parsed.subject).toBe("Payments: a run failed or needs a decision");
  const { html } = await (await signIn("viewer")).open("/account");
  expect(html).toContain("Your account");
  expect(html).not.toContain("Mail me about");
  const audit = await world.api("GET", "/audit?limit=10");
  expect(audit.body.data.map(({ action }: { action: string }) => action)).toContain("user.mails_changed");
}, 60_000);
