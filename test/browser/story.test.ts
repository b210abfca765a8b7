import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
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
  const ada = await visit(browser, { url });
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
  await watching.locator(`#${runId} .badge`, { hasText: "Succeeded" }).waitFor({ timeout: 10_000 });
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
  await Promise.all([late.close(), ada.close()]);
}, 120_000);
