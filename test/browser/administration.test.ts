import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Browser, Page } from "playwright-core";
import { launchBrowser } from "./launch-browser.ts";
import { type StartedUi, startUi } from "./start-ui.ts";
import { inspectPage, PHONE, type Visitor, visit } from "./visitor.ts";

let browser: Browser;
let ui: StartedUi;

beforeAll(async () => {
  [browser, ui] = await Promise.all([launchBrowser(), startUi()]);
}, 60_000);
afterAll(async () => {
  await browser?.close();
  await ui?.stop();
});

async function picture(page: Page, name: string): Promise<void> {
  const folder = process.env.SCREENSHOTS;
  if (folder) await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
}

async function withVisitor(body: (page: Page, visitor: Visitor) => Promise<void>, size?: typeof PHONE) {
  const visitor = await visit(browser, { url: ui.url, cookies: ui.owner, ...(size && { size }) });
  await body(visitor.page, visitor);
  expect(visitor.troubles).toEqual([]);
  await visitor.close();
}

describe("API keys", () => {
  test(
    "a key is made, shown once, works, and stops working when it is deleted",
    () =>
      withVisitor(async (page, visitor) => {
        await visitor.open("/api-keys");
        await page.getByRole("button", { name: "New key" }).first().click();
        await page.getByLabel("Name").fill("Billing <script>alert(1)</script>");
        await page.getByRole("button", { name: "Make the key" }).click();
        const key = (await page.locator("#new-key-text").textContent()) ?? "";
        expect(key).toStartWith("isk_");
        expect(page.url()).not.toContain("isk_");
        const call = () => fetch(`${ui.url}/api/v1/workflows`, { headers: { authorization: `Bearer ${key}` } });
        expect((await call()).status).toBe(200);
        expect(await inspectPage(visitor)).toEqual([]);
        await visitor.open("/api-keys");
        expect(await page.content()).not.toContain(key);
        await page.getByRole("button", { name: /^Delete Billing/ }).click();
        expect(await page.locator("dialog#delete-key [data-subject]").textContent()).toContain("<script>");
        await page.locator("dialog#delete-key").getByRole("button", { name: "Delete the key" }).click();
        await page.getByText("The key is deleted.").waitFor();
        expect((await call()).status).toBe(401);
      }),
    60_000,
  );

  test(
    "what is wrong with the form is said in the dialog, beside the field",
    () =>
      withVisitor(async (page, visitor) => {
        await visitor.open("/api-keys");
        await page.getByRole("button", { name: "New key" }).first().click();
        await page.getByLabel("Name").fill("  ");
        await page.getByLabel("Read").uncheck();
        await page.getByRole("button", { name: "Make the key" }).click();
        await page.locator("dialog#new-key").getByText("Choose at least one.").waitFor();
        expect(await page.locator("#name-error").isVisible()).toBe(true);
        visitor.troubles.length = 0;
        expect(await inspectPage(visitor)).toEqual([]);
      }),
    60_000,
  );
});

describe("variables", () => {
  const HOSTILE = `<img src=x onerror=alert(1)>"'&lt;&amp; \u202Eevil ${"long".repeat(600)}`;

  test(
    "whatever text a value is, it comes back as it was typed, and nothing of it runs",
    () =>
      withVisitor(async (page, visitor) => {
        await visitor.open("/variables");
        await page.getByRole("button", { name: "New variable" }).first().click();
        await page.getByLabel("Name").fill("hostile");
        await page.getByLabel("Value").fill(HOSTILE);
        await page.getByRole("button", { name: "Save" }).click();
        await page.getByText("The variable hostile is saved.").waitFor();
        expect(await inspectPage(visitor)).toEqual([]);
        await page.getByRole("button", { name: "Change hostile" }).click();
        expect(await page.getByLabel("Value").inputValue()).toBe(HOSTILE);
        await page.getByRole("button", { name: "Save" }).click();
        await page.getByText("The variable hostile is saved.").waitFor();
        expect((await ui.app.services.variables.list(ui.tenant.scope)).map(({ value }) => value)).toEqual([HOSTILE]);
      }),
    60_000,
  );

  test(
    "JSON that is none is refused, with what was typed still there; then deleted",
    () =>
      withVisitor(async (page, visitor) => {
        await visitor.open("/variables");
        await page.getByRole("button", { name: "New variable" }).first().click();
        await page.getByLabel("Name").fill("limit");
        await page.getByLabel("Kind").selectOption("json");
        await page.getByLabel("Value").fill("{ not json");
        await page.getByRole("button", { name: "Save" }).click();
        await page.locator("#value-error", { hasText: "is not JSON" }).waitFor();
        expect(await page.getByLabel("Value").inputValue()).toBe("{ not json");
        await page.getByLabel("Value").fill("[1, 2]");
        await page.getByRole("button", { name: "Save" }).click();
        await page.getByText("The variable limit is saved.").waitFor();
        await page.getByRole("button", { name: "Delete limit" }).click();
        await page.getByRole("button", { name: "Delete the variable" }).click();
        await page.getByText("The variable limit is deleted.").waitFor();
        // The browser itself logs the 422.
        visitor.troubles.length = 0;
      }),
    60_000,
  );
});

describe("the audit log", () => {
  test(
    "shows what was done, by whom, is filtered, checked and exported",
    () =>
      withVisitor(async (page, visitor) => {
        await ui.app.services.variables.set(ui.tenant.scope, { name: "audited", value: 1 });
        await visitor.open("/audit");
        await page.getByText("Variable set").first().waitFor();
        await page.getByLabel("About").selectOption("tenant");
        await page.waitForURL(/area=tenant/);
        expect(await page.locator("tbody tr").count()).toBe(1);
        await page.getByRole("button", { name: "Check the chain" }).click();
        await page.getByText("The chain is whole").waitFor();
        expect(await inspectPage(visitor)).toEqual([]);
        const file = await page.request.get("/audit/export");
        expect(file.headers()["content-disposition"]).toMatch(/attachment; filename="audit-acme-.*\.jsonl"/);
        const lines = (await file.text())
          .trim()
          .split("\n")
          .map((line) => JSON.parse(line));
        expect(lines.at(-1)).toMatchObject({ seq: 1, action: "tenant.created" });
      }),
    60_000,
  );
});

describe("what a publication changed", () => {
  test(
    "is read in the audit log line by line, by the names of steps, with what is written down behind a click",
    () =>
      withVisitor(async (page, visitor) => {
        const { services } = ui.app;
        const { scope } = ui.tenant;
        const post = { id: "post", kind: "action", connector: "slack", action: "post_message" };
        const wait = { id: "wait", kind: "delay", for: "PT5M" };
        const manual = { connector: "manual", trigger: "run", input: {} };
        const make = { connector: "slack", scheme: "bot_token", hosts: null, credential: { token: "canary-audit" } };
        const connection = (await services.connections.create(scope, { ...make, name: "Team <b>Slack</b>" })).id;
        const first = {
          name: "Tell <i>them</i>",
          trigger: manual,
          steps: [wait, { id: "sum", kind: "set", values: { a: 1 } }],
        };
        const { id } = await services.workflows.create(scope, first);
        await services.workflows.publish(scope, id);
        const input = { channel: "C1", text: "canary-text" };
        const named = { ...post, name: "Say <b>it</b>", connection, input };
        await services.workflows.save(scope, id, { ...first, steps: [{ ...wait, for: "PT6M" }, named] }, null);
        await services.workflows.publish(scope, id);
        const webhook = { connector: "webhook", trigger: "request", input: {} };
        const moved = [
          { ...named, input: { ...input, text: "other" } },
          { ...wait, for: "PT6M" },
        ];
        await services.workflows.save(scope, id, { name: "Renamed", trigger: webhook, steps: moved }, null);
        await services.workflows.publish(scope, id);
        await services.workflows.publishVersion(scope, id, 2);
        await visitor.open(`/audit?target=${id}&area=workflow`);
        const rows = page.locator("tbody tr", { hasText: "Workflow published" });
        const linesOf = async (row: number) => rows.nth(row).locator(".audit-lines li").allTextContents();
        expect(await linesOf(3)).toEqual([
          "The first version",
          "Started by Manual · Started by hand",
          "Added 2 steps: “Delay” (wait), “Set values” (sum)",
        ]);
        expect(await linesOf(2)).toEqual([
          "Added “Say <b>it</b>” (post)",
          "Removed “Set values” (sum)",
          "Changed “Delay” (wait): for",
        ]);
        expect(await linesOf(1)).toEqual([
          "Renamed from “Tell <i>them</i>” to “Renamed”",
          "Started by Webhook · Request to the workflow's URL, before by Manual · Started by hand",
          "Changed “Say <b>it</b>” (post): text",
          "Steps stand in another order",
        ]);
        expect((await linesOf(0))[0]).toBe("Version 2 once more");
        // Every entry says what it is about, by its name, and leads there.
        expect(await rows.nth(3).getByRole("link", { name: "Renamed" }).getAttribute("href")).toBe(`/workflows/${id}`);
        const written = rows.nth(2).locator(".audit-written");
        expect(await written.locator("pre").isVisible()).toBe(false);
        await written.locator("summary").press("Enter");
        expect(await written.locator("pre").textContent()).toContain('"removed": [');
        expect(await page.content()).not.toContain("canary-");
        expect(await inspectPage(visitor)).toEqual([]);
        await picture(page, "audit-publications");
        await page.getByRole("link", { name: "About “Renamed”" }).click();
        await page.waitForURL((url) => !url.searchParams.has("target"));
        for (const [theme, size] of [
          ["dark", undefined],
          ["light", PHONE],
        ] as const) {
          const other = await visit(browser, { url: ui.url, cookies: ui.owner, theme, ...(size && { size }) });
          await other.open(`/audit?target=${id}`);
          await other.page.locator(".audit-written summary").first().click();
          expect(await inspectPage(other)).toEqual([]);
          await picture(other.page, `audit-publications-${theme}`);
          await other.close();
        }
        // Written by an older version, which named ids alone, or by nobody knows whom.
        const append = (details: object) =>
          ui.backend.audit.append(scope, {
            at: Date.now(),
            action: "workflow.published",
            target: id,
            details: details as never,
          });
        await append({
          revision: 3,
          changes: { trigger: true, settings: true, added: ["a"], removed: [], changed: ["b", "c"], moved: false },
        });
        await append({ changes: { added: "x", titles: 5, parts: [], name: "?", startedBy: 7, changed: [1] } });
        await visitor.open(`/audit?target=${id}`);
        expect(await linesOf(0)).toEqual(["Nothing is different from the version before"]);
        expect(await linesOf(1)).toEqual([
          "Trigger changed",
          "Settings changed",
          "Added “a”",
          "Changed “b”",
          "Changed “c”",
        ]);
        await services.workflows.remove(scope, id);
        await services.connections.remove(scope, connection);
      }),
    60_000,
  );
});

describe("workflows", () => {
  test(
    "a newcomer is led to the starter; hostile names are only text; copied, found and deleted",
    () =>
      withVisitor(async (page, visitor) => {
        await visitor.open("/");
        await page.getByRole("button", { name: "Begin with the starter" }).waitFor();
        expect(await inspectPage(visitor)).toEqual([]);
        const name = `<img src=x onerror=alert(1)> "quoted" \u202Ertl ${"w".repeat(120)}`;
        const trigger = { connector: "webhook", trigger: "request", input: {} };
        const { id } = await ui.app.services.workflows.create(ui.tenant.scope, { name, trigger, steps: [] });
        await visitor.open("/workflows");
        expect(await page.locator(`#${id} .cell-title`).textContent()).toBe(name);
        expect(await inspectPage(visitor)).toEqual([]);
        await page.getByLabel("Search by name").fill("onerror");
        await page.keyboard.press("Enter");
        await page.waitForURL(/search=onerror/);
        expect(await page.getByLabel("Search by name").inputValue()).toBe("onerror");
        expect(await page.locator("tbody tr").count()).toBe(1);
      }),
    60_000,
  );

  test(
    "nothing scrolls sideways on a phone, and its menu opens and closes by touch and key",
    () =>
      withVisitor(async (page, visitor) => {
        await visitor.open("/workflows");
        expect(await page.getByRole("link", { name: "Audit log" }).isVisible()).toBe(false);
        await page.getByRole("button", { name: "Menu" }).click();
        await page.getByRole("link", { name: "Audit log" }).waitFor();
        expect(await inspectPage(visitor)).toEqual([]);
        await page.keyboard.press("Escape");
        await page.getByRole("link", { name: "Audit log" }).waitFor({ state: "hidden" });
      }, PHONE),
    60_000,
  );
});

test(
  "from the keyboard alone: skip to the content, open a dialog, close it, and be where one was",
  () =>
    withVisitor(async (page, visitor) => {
      await visitor.open("/variables");
      await page.keyboard.press("Tab");
      expect(await page.evaluate("document.activeElement.textContent.trim()")).toBe("Skip to content");
      await page.keyboard.press("Enter");
      await page.keyboard.press("Tab");
      expect(await page.evaluate("document.activeElement.textContent.trim()")).toBe("New variable");
      await page.keyboard.press("Enter");
      await page.getByRole("dialog").waitFor();
      await page.keyboard.press("Escape");
      await page.getByRole("dialog").waitFor({ state: "hidden" });
      expect(await page.evaluate("document.activeElement.textContent.trim()")).toBe("New variable");
    }),
  60_000,
);
