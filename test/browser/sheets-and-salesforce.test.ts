import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Browser, Page, Route } from "playwright-core";
import { type Google, googleMakers, playGoogle } from "../../connectors/google-sheets/testing/google.ts";
import { playSalesforce, type Salesforce, salesforceMaker } from "../../connectors/salesforce/testing/salesforce.ts";
import { findStep } from "../../src/domain/walk-steps.ts";
import { workflowTemplate } from "../../src/domain/workflow-templates.ts";
import { type Makers, openMakers } from "../connectors/open-makers.ts";
import { until } from "../until.ts";
import { launchBrowser } from "./launch-browser.ts";
import { type StartedUi, startUi } from "./start-ui.ts";
import { inspectPage, PHONE, type Visitor, visit } from "./visitor.ts";

/*
 * Somebody connects Google Sheets and Salesforce, consenting at the makers' own addresses, and builds a workflow of them
 * from what is in both accounts, without typing an id.
 */

let browser: Browser;
let makers: Makers<keyof typeof googleMakers | "salesforce">;
let google: Google;
let salesforce: Salesforce;
let ui: StartedUi;
let url: string;

beforeAll(async () => {
  makers = await openMakers({ ...googleMakers, salesforce: salesforceMaker });
  google = playGoogle(makers.peers);
  salesforce = playSalesforce(makers.peers.salesforce);
  const environment = { ...makers.environment, ...google.environment, ...salesforce.environment };
  [browser, ui] = await Promise.all([launchBrowser(), startUi(environment)]);
  // The public address, under which a browser comes back.
  url = ui.url.replace("127.0.0.1", "localhost");
}, 60_000);
afterAll(async () => {
  await browser?.close();
  await ui?.stop();
  await makers?.close();
});

const visitor = (more: Partial<Parameters<typeof visit>[1]> = {}) =>
  visit(browser, { url, cookies: ui.owner, proxy: makers.environment.EGRESS_PROXY, ...more });

async function picture(page: Page, name: string): Promise<void> {
  const folder = process.env.SCREENSHOTS;
  if (folder) await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
}

async function connect({ page, open }: Visitor, connector: string, title: string): Promise<void> {
  await open(`/connections/new/${connector}`);
  await picture(page, `connect-${connector}`);
  await page.getByRole("button", { name: `Connect with ${title}` }).click();
  await page.getByText("Connected.").first().waitFor();
  await picture(page, `connection-${connector}`);
}

/** Opens what a field offers and takes one. */
async function choose(page: Page, field: string, name: string): Promise<void> {
  await page.getByLabel(`Choose ${field}`, { exact: true }).click();
  await page.getByRole("button", { name }).first().click();
}

/** Lets a request leave only after whoever is quick has done the next thing. */
async function hold(route: Route): Promise<void> {
  await Bun.sleep(700);
  await route.continue();
}

test("both are connected, and a row and a record are described by choosing", async () => {
  const person = await visitor();
  const { page } = person;
  page.setDefaultTimeout(20_000);
  await connect(person, "google-sheets", "Google Sheets");
  expect(await inspectPage(person)).toEqual([]);
  await connect(person, "salesforce", "Salesforce");
  expect(await inspectPage(person)).toEqual([]);

  const { services } = ui.app;
  const { id } = await services.workflows.create(ui.tenant.scope, workflowTemplate("blank", "Orders to Salesforce"));
  const input = async (stepId: string, text: string) => {
    return until(`${text} is stored`, async () => {
      const step = findStep((await services.drafts.open(ui.tenant.scope, id)).draft.definition, stepId);
      return JSON.stringify(step)?.includes(text) && step;
    });
  };
  const add = async (app: string, action: string) => {
    await person.open(`/workflows/${id}`);
    await page.getByRole("link", { name: "Add a step" }).last().click();
    await page.getByRole("link", { name: app }).click();
    await page.getByPlaceholder("Search").fill(action);
    await page.getByRole("button", { name: action }).first().click();
    await page.getByRole("heading", { name: action }).first().waitFor();
    await picture(page, `empty ${app}`);
  };

  await add("Google Sheets", "Add a row");
  await page.getByLabel("Choose Sheet", { exact: true }).click();
  await page.getByText("Fill in Spreadsheet first.").waitFor();
  // What it was told before does not stay in the list, however slowly the spreadsheet is saved.
  await page.route("**/steps/*", hold);
  await choose(page, "Spreadsheet", "Orders 2026");
  await choose(page, "Sheet", "Orders");
  await page.unrouteAll({ behavior: "wait" });
  await page.getByLabel("Status").fill("{{ trigger.body.status }}");
  await page.getByLabel("Status").press("Tab");
  const row = await input("google_sheets_append_row", "trigger.body.status");
  expect(row).toMatchObject({
    input: { spreadsheet: "sheet-1", sheet: "Orders", values: { Status: "{{ trigger.body.status }}" } },
    labels: { "sheet-1": "Orders 2026" },
  });
  expect(await inspectPage(person)).toEqual([]);

  await add("Salesforce", "Create or change a record");
  await choose(page, "Object", "Account");
  await choose(page, "External id field", "Order");
  await page.getByLabel("External id", { exact: false }).last().fill("{{ trigger.body.order }}");
  await page.getByLabel("Record Type", { exact: true }).selectOption("Partner");
  const record = await input("salesforce_upsert_record", "012D0000000QVjRIAW");
  expect(record).toMatchObject({ input: { object: "Account", externalIdField: "Order__c" } });
  expect(await inspectPage(person)).toEqual([]);
  expect(makers.problems()).toEqual([]);

  await person.open(`/workflows/${id}?trigger=`);
  await page.getByRole("link", { name: "Change trigger" }).click();
  await page.locator(".picker-item", { hasText: "Google Sheets" }).click();
  await page.getByRole("button", { name: "New row" }).click();
  await choose(page, "Spreadsheet", "Customers");
  await page.locator("#editor").getByText("Google Sheets · Customers").waitFor();
  expect(await inspectPage(person)).toEqual([]);

  for (const step of ["google_sheets_append_row", "salesforce_upsert_record"])
    for (const [name, theme, size] of [
      ["light", "light", undefined],
      ["dark", "dark", undefined],
      ["phone", "light", PHONE],
    ] as const) {
      const other = await visitor({ theme, ...(size && { size }) });
      await other.open(`/workflows/${id}?step=${step}`);
      await other.page.getByText("Asking the account").waitFor({ state: "detached" });
      expect(await inspectPage(other)).toEqual([]);
      await picture(other.page, `${step}-${name}`);
      await other.close();
    }
  await person.close();
}, 180_000);
