import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Browser } from "playwright-core";
import { encodeStepRowId } from "../../src/http/api/step-row-id.ts";
import { until } from "../until.ts";
import { makeDemoData } from "./demo-data.ts";
import { launchBrowser } from "./launch-browser.ts";
import { type StartedUi, startUi } from "./start-ui.ts";
import { visit } from "./visitor.ts";

let browser: Browser;
let ui: StartedUi;
let demo: Awaited<ReturnType<typeof makeDemoData>>;

beforeAll(async () => {
  [browser, ui] = await Promise.all([launchBrowser(), startUi()]);
  demo = await makeDemoData(ui);
}, 60_000);
afterAll(async () => {
  await browser?.close();
  await ui?.stop();
});

const enter = () => visit(browser, { url: ui.url, cookies: ui.owner });
const refund = (customer: string) =>
  fetch(demo.workflows.refund.webhookUrl, {
    method: "POST",
    body: JSON.stringify({ amount: 1, customer }),
    headers: { "content-type": "application/json" },
  }).then(async (response) => ((await response.json()) as { runId: string }).runId);
const ask = encodeStepRowId({ path: "ask", iteration: [] });

test("a new run appears in the list by itself", async () => {
  const visitor = await enter();
  const connected = visitor.page.waitForResponse("**/runs/live");
  await visitor.open("/runs");
  await connected;
  const id = await refund("New");
  await visitor.page.locator(`#${id}`).waitFor();
  expect(await visitor.page.locator("tbody tr").first().getAttribute("id")).toBe(id);
  expect(visitor.troubles).toEqual([]);
  await visitor.close();
}, 60_000);

test("a run is followed to its end, typed text and open dialogs stay, and the approval is given from the page", async () => {
  const id = await refund("Ada <b>bold</b>");
  const [watcher, manager] = [await enter(), await enter()];
  await watcher.open(`/runs/${id}?step=${ask}`);
  await manager.open(`/runs/${id}?step=${ask}`);
  expect(await manager.page.locator(".decision-question").textContent()).toBe("Refund 1 € to Ada <b>bold</b>?");
  await watcher.page.getByRole("button", { name: "Cancel", exact: true }).first().click();
  expect(await watcher.page.locator("dialog#cancel-run").isVisible()).toBe(true);

  await manager.page.getByLabel("Comment").fill("Agreed on the phone");
  await manager.page.getByRole("button", { name: "Approve" }).click();
  await manager.page.getByText("Approved.").waitFor();

  await watcher.page.locator(".page-title .badge", { hasText: "Succeeded" }).waitFor();
  expect(await watcher.page.locator("dialog#cancel-run").isVisible()).toBe(true);
  await watcher.page.locator(".detail .json", { hasText: "Agreed on the phone" }).waitFor();
  // The stream has ended with the run, and nothing asks for it again.
  await watcher.page.waitForTimeout(800);
  expect(await watcher.page.locator("#live").count()).toBeLessThanOrEqual(1);
  expect([...watcher.troubles, ...manager.troubles]).toEqual([]);
  await Promise.all([watcher.close(), manager.close()]);
}, 60_000);

test("steps are chosen without losing the place, and going back brings the last one back", async () => {
  const visitor = await enter();
  const { page } = visitor;
  await visitor.open(`/runs/${demo.ids.succeeded}`);
  await page.getByRole("link", { name: "Work out the value" }).click();
  await page.locator("#detail h2", { hasText: "Work out the value" }).waitFor();
  await page.getByRole("link", { name: "Assign to the EU team" }).click();
  await page.locator("#detail h2", { hasText: "Assign to the EU team" }).waitFor();
  await page.goBack();
  await page.locator("#detail h2", { hasText: "Work out the value" }).waitFor();
  await page.reload();
  await page.locator("#detail h2", { hasText: "Work out the value" }).waitFor();
  expect(visitor.troubles).toEqual([]);
  await visitor.close();
}, 60_000);

test("a loop is walked item by item, and jumped in by number", async () => {
  const visitor = await enter();
  const { page } = visitor;
  await visitor.open(`/runs/${demo.ids.loop}`);
  await page.getByRole("link", { name: "Next iteration" }).click();
  await page.waitForURL(/at=each%3A1/);
  await until("the second item is shown", async () => (await page.getByLabel("Item").inputValue()) === "2");
  await page.getByLabel("Item").fill("40");
  await page.keyboard.press("Enter");
  await page.waitForURL(/item=40/);
  await page.getByRole("link", { name: "Work out the line" }).click();
  await page.locator("#detail", { hasText: "item 40" }).waitFor();
  expect(await page.locator("#detail .json").last().textContent()).toContain("39");
  expect(visitor.troubles).toEqual([]);
  await visitor.close();
}, 60_000);

test("a masked header stays masked, on the page and in the download", async () => {
  const visitor = await enter();
  const pay = encodeStepRowId({ path: "pay", iteration: [] });
  await visitor.open(`/runs/${demo.ids.posted}?step=${pay}`);
  expect(await visitor.page.content()).not.toContain("secret-token");
  expect(await visitor.page.locator("#detail").textContent()).toContain("••••");
  const file = await visitor.page.request.get(`/runs/${demo.ids.posted}/steps/${pay}/input`);
  expect(file.headers()["content-disposition"]).toBe("attachment");
  expect(await file.text()).not.toContain("secret-token");
  await visitor.close();
}, 60_000);

test("a failed run is replayed from a dialog", async () => {
  const visitor = await enter();
  const { page } = visitor;
  await visitor.open(`/runs/${demo.ids.failed}`);
  await page.getByRole("button", { name: "Replay" }).first().click();
  await page.locator("dialog#replay-run").getByRole("button", { name: "Replay" }).click();
  await page.getByText("This is the replay.").waitFor();
  await page.getByRole("link", { name: demo.ids.failed }).waitFor();
  expect(visitor.troubles).toEqual([]);
  await visitor.close();
}, 60_000);
