import { afterAll, beforeAll, expect, test } from "bun:test";
import { createHmac } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { CLIENT, startOpenidPeer } from "../accounts/openid-peer.ts";
import { findBinary } from "../crash/find-binary.ts";
import { freePort, untilReady } from "../free-server.ts";
import { launchBrowser } from "./launch-browser.ts";
import { inspectPage, type Visitor, visit } from "./visitor.ts";

/** A first day with the release build: nothing is prepared, everything is done in the browser and with curl. */
const folder = mkdtempSync(join(tmpdir(), "story-"));
const port = freePort();
const url = `http://127.0.0.1:${port}`;
let browser: Browser;
let server: Bun.Subprocess<"ignore", "pipe", "ignore">;
let setupLink = "";
/** Signed in from the first test on, like a browser that is left open. */
let ada: Visitor;

beforeAll(async () => {
  const env = { PATH: process.env.PATH, PORT: String(port), PUBLIC_URL: url, EGRESS_ALLOW: "127.0.0.0/8" };
  server = Bun.spawn([findBinary(), "serve"], { cwd: folder, env, stdin: "ignore", stdout: "pipe", stderr: "ignore" });
  [browser] = await Promise.all([launchBrowser(), untilReady(url)]);
  setupLink = await readSetupLink(server.stdout);
}, 120_000);
afterAll(async () => {
  await browser?.close();
  server?.kill();
  await server?.exited;
  rmSync(folder, { recursive: true, force: true });
});

async function readSetupLink(output: ReadableStream<Uint8Array>): Promise<string> {
  let text = "";
  for await (const chunk of output) {
    text += new TextDecoder().decode(chunk);
    const link = /https?:\/\/\S+\/setup\/\S+/.exec(text)?.[0];
    if (link) return link;
  }
  throw new Error(`No setup link was printed:\n${text}`);
}

/** The page as it stands has nothing to be ashamed of. */
const inspect = async (visitor: Visitor) =>
  expect([visitor.page.url(), await inspectPage(visitor)]).toEqual([visitor.page.url(), []]);

test("from the setup link to a run that appears live, and all of it in the audit log", async () => {
  const hits: unknown[] = [];
  using sink = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    async fetch(request) {
      hits.push(await request.json());
      return Response.json({ taken: true });
    },
  });
  ada = await visit(browser, { url });
  const { page } = ada;

  // The owner's account, by the link that the server has printed.
  await ada.open(setupLink.slice(url.length));
  await inspect(ada);
  await page.getByLabel("Name of your organisation").fill("acme");
  await page.getByLabel("Your name").fill("Ada Lovelace");
  await page.getByLabel("Your e-mail address").fill("ada@acme.example");
  await page.getByLabel("Password").fill("correct horse battery staple");
  await page.getByRole("button", { name: "Create the account" }).click();

  // The starter workflow, with another address in its form.
  await page.getByRole("button", { name: "Begin with the starter" }).waitFor();
  await inspect(ada);
  await page.getByRole("button", { name: "Begin with the starter" }).click();
  await page.waitForURL(/\/workflows\/wf_[^?]+\?step=send/);
  await inspect(ada);
  await page.locator("[name='input.url']").fill(`http://127.0.0.1:${sink.port}/orders`);
  await page.getByRole("button", { name: "Publish" }).click();
  await page.waitForURL(/\?trigger=/);
  const curl = (await page.locator("#webhook-curl").textContent()) ?? "";

  // The list of runs is open while the webhook is called.
  const watching = await ada.context.newPage();
  await watching.goto("/runs");
  await watching.getByText("Nothing has run yet").waitFor();
  const hook = /'(http[^']+)'/.exec(curl)?.[1] ?? "";
  const called = Bun.spawnSync([
    "curl",
    "-sS",
    hook,
    "-H",
    "Content-Type: application/json",
    "-d",
    '{"amount":250,"email":"bob@example.com"}',
  ]);
  const { runId } = JSON.parse(called.stdout.toString()) as { runId: string };
  await watching.locator(`#${runId} .badge`, { hasText: "Succeeded" }).waitFor();
  expect(hits).toEqual([{ amount: 250, email: "bob@example.com" }]);

  // Step by step.
  await watching.locator(`#${runId} a`).first().click();
  await watching.getByRole("link", { name: "Send it on" }).click();
  await watching.locator("#detail", { hasText: "taken" }).waitFor();
  expect(await watching.locator("#detail").textContent()).toContain("Idempotency key");
  await watching.close();

  // Who did what.
  await ada.open("/audit");
  for (const what of ["Workflow published", "Workflow created"]) await page.getByText(what).first().waitFor();
  expect(await page.locator("tbody .actor", { hasText: "Ada Lovelace" }).count()).toBeGreaterThan(1);
  await page.getByRole("button", { name: "Check the chain" }).click();
  await page.getByText("The chain is whole").waitFor();
  await inspect(ada);

  // The link has been used up.
  const late = await visit(browser, { url });
  await late.open(setupLink.slice(url.length));
  expect(await late.page.getByLabel("Your name").count()).toBe(0);
  await late.close();
}, 120_000);

test("a colleague looks on, a phone becomes the second factor, the company's provider signs in, and the log has it all", async () => {
  const { page } = ada;

  // Grace is invited as a viewer; without a mail server the link is shown to hand over.
  await ada.open("/members");
  await page.getByRole("button", { name: "Invite" }).click();
  await page.getByLabel("E-mail address").fill("grace@acme.example");
  await page.getByLabel("Role", { exact: true }).last().selectOption("viewer");
  await page.getByRole("button", { name: "Make the link" }).click();
  const link = (await page.locator("#new-link").textContent()) ?? "";
  await inspect(ada);
  const grace = await visit(browser, { url });
  await grace.open(new URL(link.trim()).pathname);
  await inspect(grace);
  await grace.page.getByLabel("Your name").fill("Grace Hopper");
  await grace.page.getByLabel("New password").fill("a nanosecond is this long");
  await grace.page.getByRole("button", { name: "Join" }).click();
  await grace.page
    .getByRole("link", { name: "My first workflow" })
    .or(grace.page.getByText("Starter workflow"))
    .first()
    .waitFor();
  expect(await grace.page.getByRole("button", { name: "New workflow" }).count()).toBe(0);
  expect(await grace.page.getByRole("link", { name: "Audit log" }).count()).toBe(0);
  await inspect(grace);

  // She turns on two-factor, and it is asked for.
  await grace.open("/account/two-factor");
  await grace.page.getByLabel("Your current password").fill("a nanosecond is this long");
  await grace.page.getByRole("main").getByRole("button").last().click();
  const secret = (await grace.page.locator("code.break").textContent()) ?? "";
  await inspect(grace);
  await grace.page.getByLabel("Code that the app shows now").fill(codeOf(secret));
  await grace.page.getByRole("button", { name: "Turn it on" }).click();
  const recovery = ((await grace.page.locator("#recovery-codes").textContent()) ?? "").split("\n")[0] ?? "";
  await inspect(grace);
  await grace.open("/account");
  await inspect(grace);
  await grace.page.getByRole("button", { name: "Sign out", exact: true }).first().click();
  await grace.page.getByLabel("E-mail address").fill("grace@acme.example");
  await grace.page.getByLabel("Password").fill("a nanosecond is this long");
  await grace.page.getByRole("button", { name: "Sign in", exact: true }).click();
  await grace.page.getByLabel("Code").fill(recovery);
  await inspect(grace);
  await grace.page.getByRole("button", { name: "Sign in", exact: true }).click();
  await grace.page.getByRole("link", { name: "Workflows" }).waitFor();

  // The company's provider: set up by the owner, used by somebody who has never been here.
  const provider = await startOpenidPeer(`${url}/sign-in/openid/callback`, (login) => ({
    email: `${login}@acme.example`,
    email_verified: true,
    name: "Alan Turing",
  }));
  await ada.open("/settings");
  await inspect(ada);
  await page.getByLabel("Issuer").fill(provider.issuer);
  await page.getByLabel("Client id").fill(CLIENT.id);
  await page.getByLabel("Client secret").fill(CLIENT.secret);
  await page.getByLabel("Role of everybody else").selectOption("viewer");
  await page.getByRole("button", { name: "Check and store" }).click();
  await page.locator(".toast").waitFor();
  const alan = await visit(browser, { url });
  await alan.open("/sign-in/openid");
  await alan.page.getByLabel("Name of your organisation").fill("acme");
  await alan.page.getByRole("button", { name: "Go on" }).click();
  await alan.page.waitForURL(new RegExp(`^${provider.issuer}`));
  await alan.page.locator("[name=login]").fill("alan");
  await alan.page.locator("[name=password]").fill("anything");
  await alan.page.locator("[type=submit]").click();
  await alan.page.getByRole("button", { name: "Continue" }).click();
  await alan.page.waitForURL(/\/workflows/);
  await alan.page.getByText("Alan Turing").waitFor();
  await provider.stop();

  // Everything of it, by name.
  await ada.open("/audit");
  for (const who of ["Grace Hopper", "Alan Turing", "Ada Lovelace"])
    await page.locator("tbody .actor", { hasText: who }).first().waitFor();
  const actions = await page.locator("tbody .audit-action .badge").allTextContents();
  expect(actions.filter((action) => /two_factor/.test(action)).length).toBeGreaterThan(0);
  await page.getByRole("button", { name: "Check the chain" }).click();
  await page.getByText("The chain is whole").waitFor();
  await inspect(ada);
  await Promise.all([grace.close(), alan.close(), ada.close()]);
}, 120_000);

/** What an authenticator app shows now (RFC 6238). */
function codeOf(secret: string): string {
  const bits = [...secret.replace(/[^A-Z2-7]/g, "")]
    .map((letter) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter).toString(2).padStart(5, "0"))
    .join("");
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)));
  const digest = createHmac("sha1", key).update(counter).digest();
  const value = digest.readUInt32BE((digest.at(-1) ?? 0) & 15) & 0x7fffffff;
  return String(value % 1_000_000).padStart(6, "0");
}
