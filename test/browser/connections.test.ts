import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Browser, Page } from "playwright-core";
import { findStep } from "../../src/domain/walk-steps.ts";
import { type AuthorizationServer, startAuthorizationServer } from "../oauth/authorization-server.ts";
import { vendorRegistry } from "../oauth/vendor-connector.ts";
import { until } from "../until.ts";
import { launchBrowser } from "./launch-browser.ts";
import { type StartedUi, startUi } from "./start-ui.ts";
import { inspectPage, PHONE, type Visitor, type VisitorOptions, visit } from "./visitor.ts";

let browser: Browser;
let ui: StartedUi;
let vendor: AuthorizationServer;
let url: string;
beforeAll(async () => {
  browser = await launchBrowser();
  ui = await startUi(
    {},
    vendorRegistry(() => vendor.issuer),
  );
  // The public address, under which a browser comes back.
  url = ui.url.replace("127.0.0.1", "localhost");
  vendor = await startAuthorizationServer({ redirectUris: [`${url}/oauth/callback/vendor`] });
}, 60_000);
afterAll(async () => {
  await browser.close();
  await ui.stop();
  await vendor.stop();
});

async function withVisitor(body: (visitor: Visitor) => Promise<void>, options: Partial<VisitorOptions> = {}) {
  const visitor = await visit(browser, { url, cookies: ui.owner, ...options });
  visitor.page.setDefaultTimeout(20_000);
  try {
    await body(visitor);
  } finally {
    await visitor.close();
  }
}

async function picture(page: Page, name: string): Promise<void> {
  const folder = process.env.SCREENSHOTS;
  if (folder) await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
}

/** What a person does on the provider's own pages. */
async function consentAs({ page, troubles }: Visitor, login: string): Promise<void> {
  await page.waitForURL(`${vendor.issuer}/**`);
  await page.locator('input[name="login"]').fill(login);
  await page.locator('input[name="password"]').fill("x");
  await page.locator('button[type="submit"]').click();
  await page.locator('input[name="prompt"][value="consent"]').waitFor({ state: "attached" });
  await page.locator('button[type="submit"]').click();
  await page.waitForURL(`${url}/**`);
  // The provider's pages ask for fonts of other hosts, which is none of ours.
  troubles.splice(0);
}

describe("an administrator", () => {
  test("connects a system: sees callback and scopes, enters the app, consents, and is back with a green connection", async () => {
    await withVisitor(async (visitor) => {
      const { page } = visitor;
      await visitor.open("/connections");
      await page.getByRole("link", { name: "New connection" }).first().click();
      await page.getByPlaceholder("Search connectors").fill("vendor");
      await page.getByRole("button", { name: "Search" }).click();
      expect(await page.locator(".connector-card").count()).toBe(1);
      await page.getByRole("link", { name: "Vendor" }).click();
      await page.getByText(`${url}/oauth/callback/vendor`).waitFor();
      await page.getByText("To show the account by its address.").waitFor();
      expect(await page.getByRole("button", { name: "Connect with Vendor" }).isDisabled()).toBe(true);
      expect(await inspectPage(visitor)).toEqual([]);

      await page.getByLabel("Client id").fill(vendor.clientId);
      await page.getByLabel("Client secret").fill(vendor.clientSecret);
      await page.getByRole("button", { name: "Store the app" }).click();
      await page.getByText("Entered for your organisation").waitFor();
      expect(await page.content()).not.toContain(vendor.clientSecret);
      await page.getByLabel("Name").fill("Sales account");
      await page.getByRole("button", { name: "Connect with Vendor" }).click();
      await consentAs(visitor, "alice");

      await page.getByRole("heading", { name: "Sales account" }).waitFor();
      await page.locator(".badge", { hasText: "Connected" }).first().waitFor();
      expect(await page.locator(".facts").textContent()).toMatch(
        /alice@example\.test[\s\S]*openid[\s\S]*email[\s\S]*Next refresh/,
      );
      expect(page.url()).not.toContain("code=");
      expect(await inspectPage(visitor)).toEqual([]);
      await page.getByRole("button", { name: "Test" }).click();
      await page.getByText("It works as alice@example.test.").waitFor();
      // Who did what with it stands on its page, and one click leads to all of it.
      const history = page.getByRole("region", { name: "Who did what" });
      const told = await history.locator(".history-what").allTextContents();
      expect(told.map((text) => text.replace(/\s+/g, " ").trim())).toEqual([
        "Tested, and it worksAccount: alice@example.test",
        "Connected",
      ]);
      expect(await history.locator(".history-who").allTextContents()).toEqual(["Ada Lovelace", "Ada Lovelace"]);
      await history.getByRole("link", { name: "All of it in the audit log" }).click();
      await page.getByRole("link", { name: "About “Sales account”" }).waitFor();
      expect(await page.locator("tbody .audit-action .badge").allTextContents()).toEqual([
        "connection.tested",
        "connection.created",
      ]);
      expect(await inspectPage(visitor)).toEqual([]);

      await visitor.open("/connections");
      await page.getByText("Vendor · alice@example.test").waitFor();
      expect(await inspectPage(visitor)).toEqual([]);
    });
  }, 60_000);

  test("connects from a step that needs it, and is back at the step, which uses the new connection; that can be undone", async () => {
    await withVisitor(async (visitor) => {
      const { page } = visitor;
      const { scope } = ui.tenant;
      const { services } = ui.app;
      const { id } = await services.workflows.create(scope, {
        name: "From the step",
        trigger: { connector: "manual", trigger: "run", input: {} },
        steps: [{ id: "wait", kind: "set", values: { n: 1 } }],
      });
      const steps = [
        { id: "who", kind: "action", connector: "vendor", action: "who_am_i", input: {} },
        { id: "call", kind: "action", connector: "http", action: "request", input: { method: "GET" } },
      ];
      await services.drafts.edit(scope, id, (draft) => ({
        kind: "change",
        draft: { ...draft, definition: { ...draft.definition, steps: steps as never } },
        what: "test",
      }));
      const stored = async (stepId: string) => {
        const step = findStep((await services.drafts.open(scope, id)).draft.definition, stepId);
        return (step as { connection?: string }).connection;
      };
      const made = async () => (await ui.backend.connections.list(scope, { limit: 10, cursor: null })).items[0]!;
      const selected = () => page.getByLabel("Connection").locator("option:checked").textContent();

      await visitor.open(`/workflows/${id}?step=who`);
      await page.getByRole("link", { name: "New connection" }).click();
      await page.getByLabel("Name").fill("For the step");
      await page.getByRole("button", { name: "Connect with Vendor" }).click();
      await consentAs(visitor, "carol");
      await page.getByText("It uses “For the step” now.").waitFor();
      expect(new URL(page.url()).searchParams.get("step")).toBe("who");
      const first = await made();
      expect([await selected(), await stored("who")]).toEqual(["For the step", first.id]);
      expect(await inspectPage(visitor)).toEqual([]);
      await picture(page, "connected-for-step");
      await page.getByRole("button", { name: "Undo" }).click();
      await page.getByText("It uses “For the step” now.").waitFor({ state: "detached" });
      expect(await stored("who")).toBeUndefined();
      expect(new URL(page.url()).search).toBe("?step=who");

      // A credential that is typed in, in place of another connection, which the undo brings back.
      const another = { connector: "http", scheme: "bearer", hosts: ["a.example"], credential: { token: "x" } };
      const before = await services.connections.create(scope, { ...another, name: "Until now" });
      await visitor.open(`/workflows/${id}?step=call`);
      await page.getByLabel("Connection").selectOption({ label: "Until now" });
      await until("the choice is stored", async () => (await stored("call")) === before.id);
      await page.getByRole("link", { name: "New connection" }).click();
      await page.getByRole("link", { name: "Bearer" }).click();
      await page.getByLabel("Name").fill("From now on");
      await page.getByLabel("Token").fill("canary-browser-token");
      await page.getByLabel("Hosts").fill("api.example.com");
      await page.getByRole("button", { name: "Connect" }).click();
      await page.getByText("It uses “From now on” now instead of “Until now”.").waitFor();
      const second = await made();
      expect([await selected(), await stored("call")]).toEqual(["From now on", second.id]);
      const address = page.url();
      await page.getByRole("button", { name: "Undo" }).click();
      await page.getByText("It uses “From now on” now").waitFor({ state: "detached" });
      expect([await selected(), await stored("call")]).toEqual(["Until now", before.id]);
      // Whoever opens the address again is not told what does not hold any more.
      await page.goto(address);
      expect(await page.getByText("It uses “").count()).toBe(0);

      // Not there for the tests that follow.
      await services.workflows.remove(scope, id);
      for (const connection of [first.id, second.id, before.id]) await services.connections.remove(scope, connection);
    });
  }, 60_000);

  test("reconnects what the provider has revoked, and says yes to another account first", async () => {
    await withVisitor(async (visitor) => {
      const { page } = visitor;
      const { scope } = ui.tenant;
      const { items } = await ui.backend.connections.list(scope, { limit: 10, cursor: null });
      const { id, generation } = items[0]!;
      const change = { at: Date.now(), action: "connection.broken", target: id, details: {} };
      await ui.backend.connections.markBroken(scope, id, { owner: null, generation }, "invalid_grant", change);
      await visitor.open(`/connections/${id}`);
      await page.getByText("Somebody has to reconnect it").waitFor();
      expect(await inspectPage(visitor)).toEqual([]);
      await page.getByRole("button", { name: "Reconnect" }).click();
      await consentAs(visitor, "bob");
      await page.getByRole("heading", { name: "That is another account" }).waitFor();
      expect(await page.locator(".facts").textContent()).toMatch(/alice@example\.test[\s\S]*bob@example\.test/);
      expect(await inspectPage(visitor)).toEqual([]);
      expect(await ui.backend.connections.find(scope, id)).toMatchObject({ state: "needs_reconnect" });
      await page.getByRole("button", { name: "Use the other account" }).click();
      await page.getByText("Runs that waited go on.").waitFor();
      expect(await ui.backend.connections.find(scope, id)).toMatchObject({ state: "ready", account: { id: "bob" } });
    });
  }, 60_000);

  test("renames and deletes it, and types another credential into one that has none of a provider", async () => {
    await withVisitor(async (visitor) => {
      const { page } = visitor;
      await visitor.open("/connections/new/http?scheme=bearer");
      await page.getByLabel("Name").fill("Own API");
      await page.getByLabel("Token").fill("canary-browser-token");
      await page.getByLabel("Hosts").fill("https://api.example.com");
      await page.getByRole("button", { name: "Connect" }).click();
      await page.getByText("must be a host such as").waitFor();
      expect(await page.content()).not.toContain("canary-browser");
      await page.getByLabel("Token").fill("canary-browser-token");
      await page.getByLabel("Hosts").fill("api.example.com");
      await page.getByRole("button", { name: "Connect" }).click();
      await page.getByRole("heading", { name: "Own API" }).waitFor();
      await page.getByRole("link", { name: "New credential" }).click();
      await page.getByLabel("Token").fill("canary-browser-token-2");
      await page.getByRole("button", { name: "Store the credential" }).click();
      await page.getByText("The new credential is stored").waitFor();
      expect(await page.content()).not.toContain("canary-browser");
      await page.getByRole("button", { name: "Rename" }).click();
      await page.getByRole("textbox", { name: "Name" }).fill("Renamed API");
      await page.getByRole("dialog").getByRole("button", { name: "Rename" }).click();
      await page.getByRole("heading", { name: "Renamed API" }).waitFor();
      await page.getByRole("button", { name: "Delete" }).click();
      await page.getByRole("button", { name: "Delete the connection" }).click();
      await page.getByText("The connection is deleted.").waitFor();
    });
  }, 60_000);
});

test("a viewer sees a connection and can change nothing", async () => {
  const cookies = await ui.signInAs("viewer");
  await withVisitor(
    async (visitor) => {
      const { page } = visitor;
      await visitor.open("/connections");
      await page.getByRole("link", { name: "Sales account" }).click();
      await page.getByRole("heading", { name: "Sales account" }).waitFor();
      expect(await page.getByRole("region", { name: "Who did what" }).count()).toBe(0);
      for (const name of ["Reconnect", "Test", "Rename", "Delete"])
        expect(await page.getByRole("button", { name }).count()).toBe(0);
      const { id } = (await ui.backend.connections.list(ui.tenant.scope, { limit: 10, cursor: null })).items[0]!;
      for (const path of [`/connections/${id}/reconnect`, `/connections/${id}/delete`]) {
        const response = await page.request.post(`${url}${path}`, { headers: { origin: url } });
        expect(response.status()).toBe(403);
      }
      expect((await page.goto("/connections/new"))?.status()).toBe(403);
    },
    { cookies },
  );
}, 60_000);

describe("every page of connections", () => {
  for (const [theme, size] of [
    ["dark", undefined],
    ["light", PHONE],
  ] as const)
    test(`is in order in ${theme}${size ? " on a phone" : ""}`, async () => {
      const { id } = (await ui.backend.connections.list(ui.tenant.scope, { limit: 10, cursor: null })).items[0]!;
      const paths = [
        "/connections",
        "/connections/new",
        "/connections/new/slack",
        "/connections/new/slack?scheme=bot_token",
        "/connections/new/github",
        "/connections/new/vendor",
        `/connections/${id}`,
      ];
      await withVisitor(
        async (visitor) => {
          for (const path of paths) {
            await visitor.open(path);
            expect([path, await inspectPage(visitor)]).toEqual([path, []]);
            if (process.env.SCREENSHOTS)
              await visitor.page.screenshot({
                path: `${process.env.SCREENSHOTS}/${theme}-${size ? "phone" : "desk"}${path.replaceAll("/", "_").replace(id, "one")}.png`,
                fullPage: true,
              });
          }
        },
        { theme, ...(size && { size }) },
      );
    }, 60_000);
});
