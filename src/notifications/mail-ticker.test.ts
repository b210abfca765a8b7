import { afterAll, afterEach, beforeEach, describe, expect, test } from "bun:test";
import { jumpingClock } from "../../test/flows/jumping-clock.ts";
import { refusal, type SmtpPeer, startSmtpPeer } from "../../test/mail/smtp-peer.ts";
import { openTestStorage, type TestStorage } from "../../test/test-storage.ts";
import { createTenant } from "../backend/contract/backend-under-test.ts";
import { openBackend } from "../backend/open.ts";
import type { Backend } from "../domain/backend.ts";
import type { Scope } from "../domain/tenant.ts";
import { newId } from "../platform/ids.ts";
import { openMailSender } from "../platform/mail/open-mail-sender.ts";
import { backoffMs, HELD_MS, MailTicker } from "./mail-ticker.ts";
import { createOutbox } from "./outbox.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const CONTENT = { subject: "Subject", heading: "Heading", blocks: [], footer: "Footer" };
const ADA = { id: "usr_ada", email: "ada@example.com" };
const sealing = {
  seal: async (_tenant: string, _id: string, text: string) => text,
  open: async (_tenant: string, _id: string, sealed: string) => sealed,
};

let storage: TestStorage;
let backend: Backend;
let scope: Scope;
let smtp: SmtpPeer;
let clock: ReturnType<typeof jumpingClock>;
let tickers: MailTicker[];
let troubles: string[];
beforeEach(async () => {
  storage = await openTestStorage();
  backend = await openBackend({ ...storage.place, owner: "owner_1", lock: true, maxUnfinishedPerTenant: 10 });
  scope = await createTenant(backend);
  smtp = await startSmtpPeer();
  clock = jumpingClock();
  tickers = [];
  troubles = [];
}, 60_000);
afterEach(async () => {
  for (const ticker of tickers) await ticker.stop(1_000);
  await backend.close();
  await smtp.stop();
  await storage.remove();
});
afterAll(() => Bun.gc(true));

function startTicker(mails: Backend["mails"] = backend.mails): MailTicker {
  const settings = { smtpUrl: `smtp://127.0.0.1:${smtp.port}`, mailFrom: "us@example.com" };
  const egress = { request: () => Promise.reject(new Error("not by HTTP")) };
  const sender = openMailSender({ ...settings, resendApiKey: null, extraCaCerts: null }, egress)!;
  const trouble = (problem: string) => void troubles.push(problem);
  const ticker = new MailTicker({ backend: { mails }, clock, random: () => 1, sealing, sender, trouble });
  tickers.push(ticker);
  ticker.start();
  return ticker;
}

const post = (key: string, to = [ADA], giveUpAfterMs = HOUR) =>
  createOutbox({ backend, clock, newId, sealing, added: () => {} }).post(scope, {
    key,
    to,
    content: CONTENT,
    giveUpAfterMs,
  });
const undelivered = async () => (await backend.mails.undelivered(scope, { limit: 200, cursor: null })).items;

async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let waitedMs = 0; !(await holds()); waitedMs += 20) {
    if (waitedMs > 10_000) throw new Error(`not ${what}`);
    await Bun.sleep(20);
  }
}

describe("a process that dies after the mail server took the mail", () => {
  test("before the commit: the mail comes a second time, with the same Message-ID, and not a third", async () => {
    // What is written afterwards does not happen, as if nobody were there any more.
    const dying = { ...backend.mails, sent: () => new Promise<boolean>(() => {}) };
    startTicker(dying);
    await post("connection/conn_1/1");
    await smtp.until(1);
    tickers = [];
    startTicker();
    await Bun.sleep(300);
    expect(smtp.mails).toHaveLength(1);
    clock.jump(HELD_MS);
    const mails = await smtp.until(2);
    expect(new Set(mails.map(({ parsed }) => parsed.messageId)).size).toBe(1);
    await until("sent", async () => (await undelivered()).length === 0);
    clock.jump(24 * HOUR);
    await Bun.sleep(300);
    expect(mails).toHaveLength(2);
    expect(troubles).toEqual([]);
  }, 30_000);
});

test("several senders on the same mails send each once", async () => {
  for (const _ of [1, 2, 3]) startTicker();
  const people = Array.from({ length: 30 }, (_, n) => ({ id: `usr_${n}`, email: `n${n}@example.com` }));
  await post("connection/conn_1/1", people);
  await post("connection/conn_1/1", people);
  for (const ticker of tickers) ticker.wake();
  await smtp.until(30);
  await until("all are settled", async () => (await undelivered()).length === 0);
  for (const ticker of tickers) ticker.wake();
  await Bun.sleep(200);
  expect(smtp.mails.flatMap(({ to }) => to).sort()).toEqual(people.map(({ email }) => email).sort());
}, 30_000);

test("a mail server that does not take it is asked again, ever more rarely, and in the end no more", async () => {
  let asked = 0;
  smtp.onMail = () => {
    asked += 1;
    throw refusal(451, "try later");
  };
  startTicker();
  await post("connection/conn_1/1", [ADA], 20 * MINUTE);
  await until("asked once", () => asked === 1);
  const startedAt = clock.now();
  while ((await undelivered())[0]!.state === "queued") {
    const before = asked;
    await until("put off", async () => (await undelivered())[0]!.problem !== null);
    const [mail] = await undelivered();
    if (mail!.state !== "queued" || mail!.attempts !== before) continue;
    clock.jump((mail!.dueAt ?? 0) - clock.now() + 1);
    await until("asked again", async () => asked > before);
    await until("settled", async () => {
      const [now] = await undelivered();
      return now!.state === "failed" || (now!.dueAt ?? 0) > clock.now() + 15_000;
    });
  }
  // After 0, ½, 1½, 3½, 7½ and 15½ minutes; the next would be after the twenty.
  expect(asked).toBe(6);
  expect(clock.now() - startedAt).toBeLessThan(20 * MINUTE);
  expect(troubles).toEqual(["A mail was not delivered: 127.0.0.1: 451 try later"]);
  expect(await undelivered()).toMatchObject([{ state: "failed", problem: "127.0.0.1: 451 try later" }]);
}, 60_000);

test("the pauses double to an hour", () => {
  expect([1, 2, 3, 7, 8, 50].map((attempts) => backoffMs(attempts, 1) / 1_000)).toEqual([
    30, 60, 120, 1_920, 3_600, 3_600,
  ]);
  expect(backoffMs(3, 0)).toBe(60_000);
});
