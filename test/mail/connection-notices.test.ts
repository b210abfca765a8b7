import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import type { Role } from "../../src/domain/permission.ts";
import { type OAuthWorld, openOAuthWorld, PUBLIC_URL } from "../oauth/oauth-world.ts";
import { vendorRegistry } from "../oauth/vendor-connector.ts";
import { type StartedApp, startApp } from "../start-app.ts";
import { BACKEND } from "../test-storage.ts";
import { until } from "../until.ts";
import { refusal, type SmtpPeer, startSmtpPeer } from "./smtp-peer.ts";
import { untilNothingIsHeld } from "./until-nothing-is-held.ts";

/*
 * The whole server, an authorization server and a mail server that nobody here wrote; on Postgres two servers, either of
 * which may be the one that notices, stores or sends.
 */

const HOUR = 3_600_000;
const PASSWORD = "correct horse battery staple";

let smtp: SmtpPeer;
let world: OAuthWorld;
let second: StartedApp | null = null;
beforeAll(async () => {
  smtp = await startSmtpPeer();
  const mail = { SMTP_URL: `smtp://127.0.0.1:${smtp.port}`, MAIL_FROM: "integrations@example.com" };
  world = await openOAuthWorld({}, {}, { environment: mail });
  if (BACKEND === "postgres") {
    const client = { VENDOR_CLIENT_ID: world.vendor.clientId, VENDOR_CLIENT_SECRET: world.vendor.clientSecret };
    const registry = vendorRegistry(() => world.vendor.issuer);
    second = await startApp({ PUBLIC_URL, ...client, ...mail }, world.clock, world.app.storage, registry);
  }
  for (const role of ["owner", "admin", "builder", "viewer"] as const) await addPerson(role);
  const gone = await addPerson("admin", "gone");
  const now = Date.now();
  const change = { at: now, action: "member.disabled", target: gone, details: {} };
  await world.app.backend.users.setDisabled(world.scope, gone, now, change);
}, 60_000);
afterAll(async () => {
  await second?.stop();
  await world.close();
  await smtp.stop();
});

// Revoking ends everything that the provider has granted, and every connection that is there would break.
beforeEach(() => world.forgetConnections());
// What one test does to the mail server is not for the next.
afterEach(() => Object.assign(smtp, { refuse: null, onMail: () => {} }));

async function addPerson(role: Role, name: string = role): Promise<string> {
  const { createUser } = world.app.app.services.accounts;
  const { id } = await createUser(world.scope, { email: `${name}@ours.example`, name, role, password: PASSWORD });
  return id;
}

const NEEDED = ["admin@ours.example", "owner@ours.example"];

/** Mails that came since then, once nothing more does, and the server knows what became of each. */
async function mailsSince(before: number, expected: number) {
  await smtp.until(before + expected);
  await untilNothingIsHeld(world.app);
  // Whoever would send a second one looks at least this often, on each replica.
  await Bun.sleep(2_500);
  return smtp.mails.slice(before);
}

async function breakConnection(id: string): Promise<void> {
  await world.vendor.revokeAll();
  await jump(2 * HOUR);
  await world.untilConnection(id, ({ state }) => state === "needs_reconnect");
}

async function jump(byMs: number): Promise<void> {
  await untilNothingIsHeld(world.app);
  world.clock.jump(byMs);
}

describe("a connection that its provider has revoked", () => {
  test("owners and admins get one mail each; runs wait, and go on after reconnecting; the next break is another mail", async () => {
    const { id } = await world.connect("alice");
    const workflow = await world.publish({ name: "Route new leads", steps: [world.ask(id)] });
    const before = smtp.mails.length;
    await breakConnection(id);
    const mails = await mailsSince(before, 2);
    expect(mails.flatMap(({ to }) => to).sort()).toEqual(NEEDED);
    for (const { parsed } of mails) {
      expect(parsed.subject).toBe("Vendor (Vendor) has to be reconnected");
      for (const said of [parsed.text, parsed.html])
        for (const part of [
          "Route new leads",
          `${PUBLIC_URL}/connections/${id}`,
          `${PUBLIC_URL}/workflows/${workflow.id}`,
        ])
          expect(said).toContain(part);
      expect(parsed.text).toContain("Account: alice");
      expect(parsed.text).toMatch(/^> .+ Reconnect it\./m);
    }

    // Everything that finds it broken again tells nobody a second time.
    const runs = await Promise.all([1, 2, 3].map(() => workflow.start()));
    for (const run of runs) await world.until(run, ({ waitingFor }) => waitingFor === "connection");
    await jump(2 * HOUR);
    expect(await mailsSince(before + 2, 0)).toEqual([]);

    expect(await world.consent("alice", id)).toMatchObject({ kind: "connected" });
    for (const run of runs) expect(await world.settled(run)).toMatchObject({ status: "succeeded" });
    await breakConnection(id);
    const again = await mailsSince(before + 2, 2);
    expect(again.flatMap(({ to }) => to).sort()).toEqual(NEEDED);
    expect(new Set([...mails, ...again].map(({ parsed }) => parsed.messageId)).size).toBe(4);
  }, 60_000);

  test("a mail says how many runs wait, when they noticed first", async () => {
    const { id } = await world.connect("bob");
    const workflow = await world.publish({ name: "Waiting", steps: [world.ask(id)] });
    const before = smtp.mails.length;
    // The mail server is away: what is stored meanwhile goes out afterwards.
    smtp.refuse = { command: "MAIL FROM", code: 451, message: "greylisted" };
    await world.vendor.revokeAll();
    await world.vendor.endAccessTokens();
    const run = await workflow.start();
    await world.until(run, ({ waitingFor }) => waitingFor === "connection");
    const { mails } = world.app.backend;
    const waiting = async () => (await mails.undelivered(world.scope, { limit: 10, cursor: null })).items;
    await until("both mails are put off", async () => {
      const problems = (await waiting()).map(({ problem }) => problem);
      return problems.length === 2 && !problems.includes(null);
    });
    expect(await waiting()).toMatchObject([
      { state: "queued", problem: "127.0.0.1: 451 greylisted", attempts: 1 },
      { state: "queued", problem: "127.0.0.1: 451 greylisted", attempts: 1 },
    ]);
    smtp.refuse = null;
    await jump(HOUR);
    const sent = await mailsSince(before, 2);
    expect(sent.flatMap(({ to }) => to).sort()).toEqual(NEEDED);
    expect(sent[0]!.parsed.text).toMatch(/Runs waiting now: [01]$/m);
    await until("nothing waits to be sent", async () => (await waiting()).length === 0);
    // Without its connection it would fail, and that would be a mail of its own.
    expect((await world.api("POST", `/runs/${run}/cancel`)).status).toBeLessThan(300);
    await world.until(run, "cancelled");
  }, 60_000);

  test("its name means nothing in a header or in HTML, and no secret stands in a mail", async () => {
    const { id } = await world.connect("eve");
    const name = 'Vendor</h1><img src=x onerror=alert(1)>\r\nBcc: eve@example.com\r\nX-Injected: "yes"';
    const change = { at: 1, action: "connection.updated", target: id, details: {} };
    await world.app.backend.connections.update(world.scope, id, { name }, change);
    const before = smtp.mails.length;
    await breakConnection(id);
    const mails = await mailsSince(before, 2);
    const canaries = [world.vendor.clientSecret, ...world.vendor.handedOut()];
    expect(canaries.length).toBeGreaterThan(3);
    for (const { parsed, raw, to } of mails) {
      expect(to).toHaveLength(1);
      expect([...parsed.headers.keys()].filter((header) => /bcc|x-injected/.test(header))).toEqual([]);
      expect(parsed.html).not.toContain("<img");
      const all = [raw, parsed.text, parsed.html, parsed.subject].join("\n");
      expect(canaries.filter((canary) => all.includes(canary))).toEqual([]);
    }
  }, 60_000);

  test("one whose address the mail server refuses is kept, with what the server said", async () => {
    const { id } = await world.connect("dave");
    const before = smtp.mails.length;
    smtp.onMail = ({ to }) => {
      if (to.includes("admin@ours.example")) throw refusal(550, "no such user here");
    };
    await breakConnection(id);
    const mails = await mailsSince(before, 1);
    expect(mails.flatMap(({ to }) => to)).toEqual(["owner@ours.example"]);
    const { items } = await world.app.backend.mails.undelivered(world.scope, { limit: 10, cursor: null });
    expect(items).toMatchObject([
      { recipient: "admin@ours.example", state: "failed", attempts: 1, problem: "127.0.0.1: 550 no such user here" },
    ]);
    const told = await until("it is told of", () => {
      const messages = [...world.app.errors, ...(second?.errors ?? [])].map(({ message }) => message);
      return messages.includes("A mail was not delivered: 127.0.0.1: 550 no such user here") && messages;
    });
    expect(JSON.stringify(told)).not.toContain("ours.example");
  }, 60_000);
});

test("an app that its provider refuses is one mail for the app, however many connections it has", async () => {
  await world.connect("app-1");
  await world.connect("app-2");
  const before = smtp.mails.length;
  world.vendor.disturb("refuses_app", "refuses_app", "refuses_app", "refuses_app");
  await jump(2 * HOUR);
  const mails = await mailsSince(before, 2);
  expect(mails.flatMap(({ to }) => to).sort()).toEqual(NEEDED);
  expect(mails[0]!.parsed.subject).toBe("The OAuth app of VENDOR is refused");
}, 60_000);
