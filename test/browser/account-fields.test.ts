import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Browser } from "playwright-core";
import { registry } from "../../connectors/registry.generated.ts";
import { createConnectorFormReader } from "../../src/connections/connector-forms.ts";
import { createChoicesResolver } from "../../src/connections/resolve-choices.ts";
import { defineAction } from "../../src/connector-sdk/action.ts";
import { ActionError } from "../../src/connector-sdk/action-error.ts";
import { defineConnector } from "../../src/connector-sdk/connector.ts";
import { findStep } from "../../src/domain/walk-steps.ts";
import { workflowTemplate } from "../../src/domain/workflow-templates.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { until } from "../until.ts";
import { launchBrowser } from "./launch-browser.ts";
import { type StartedUi, startUi } from "./start-ui.ts";
import { inspectPage, visit } from "./visitor.ts";

const LISTS = Array.from({ length: 30 }, (_, at) => ({ value: `L${at}`, title: `List <${at}>` }));
let asked = 0;

/** Knows what an account would: which lists there are, and what the entries of each have. */
const shop = defineConnector({
  title: "Shop",
  description: "A shop of the tests.",
  icon: "<svg></svg>",
  auth: {},
  hosts: [],
  triggers: {},
  actions: {
    add: async () =>
      defineAction({
        title: "Add an entry",
        description: "",
        effect: "unsafe",
        outputSample: null,
        input: {
          list: {
            kind: "select",
            title: "List",
            required: true,
            choices: {
              load: async ({ search }) => ({
                options: LISTS.filter(({ title }) => title.includes(search)).slice(0, 10),
                nextCursor: search === "" ? "more" : null,
              }),
            },
          },
          entry: {
            kind: "object",
            title: "Entry",
            fields: {},
            dynamicFields: {
              needs: ["list"],
              load: async ({ input }) => {
                asked += 1;
                if (input.list === undefined)
                  throw new ActionError("final", "Choose a list first.", { code: "no_list" });
                return {
                  "First name": { kind: "text", title: "First name" },
                  [`Only in ${String(input.list)}`]: { kind: "number", title: "Amount" },
                };
              },
            },
          },
        },
        run: async () => null,
      }),
  },
});

let browser: Browser;
let ui: StartedUi;

beforeAll(async () => {
  [browser, ui] = await Promise.all([launchBrowser(), startUi()]);
  const connectors = { ...registry, shop: async () => shop };
  Object.assign(ui.app.services, {
    connectorForms: createConnectorFormReader(connectors),
    choices: createChoicesResolver({
      connectors,
      clock: systemClock,
      useConnection: () => Promise.reject(new Error("needs no connection")),
      limit: () => ({ request: () => Promise.reject(new Error("asks nobody")), refused: () => null }),
    }),
  });
}, 60_000);
afterAll(async () => {
  await browser?.close();
  await ui?.stop();
});

test("what the account offers is searched and taken, and the fields that follow from it are asked for once", async () => {
  const { services } = ui.app;
  const { id } = await services.workflows.create(ui.tenant.scope, workflowTemplate("blank", ""));
  await services.drafts.edit(ui.tenant.scope, id, (draft) => {
    const steps = [{ id: "add", kind: "action", connector: "shop", action: "add", input: {} }] as const;
    return { kind: "change", draft: { ...draft, definition: { ...draft.definition, steps } }, what: "prepared" };
  });
  const input = async () => {
    const { draft } = await services.drafts.open(ui.tenant.scope, id);
    return (findStep(draft.definition, "add") as { input?: unknown } | null)?.input;
  };
  const person = await visit(browser, { url: ui.url, cookies: ui.owner });
  const { page } = person;
  await person.open(`/workflows/${id}?step=add`);
  await page.getByText("Once List is filled in, the account's own fields stand here.").waitFor();

  await page.getByLabel("Choose List").click();
  await page.getByRole("button", { name: "Show more" }).waitFor();
  await page.getByLabel("Search List").fill("<27>");
  await page.getByRole("button", { name: "List <27>" }).click();
  await page.getByLabel("First name").waitFor();
  expect(await page.locator("[name='input.list']").inputValue()).toBe("L27");
  const askedBefore = asked;
  await page.getByLabel("First name").fill("Ada");
  await page.getByLabel("First name").press("Tab");
  await page.getByLabel("Amount", { exact: true }).fill("5");
  await page.getByLabel("Amount", { exact: true }).press("Tab");
  await until("both are stored", async () => JSON.stringify(await input())?.includes("Only in L27"));
  expect(await input()).toEqual({ list: "L27", entry: { "First name": "Ada", "Only in L27": 5 } });
  expect(asked).toBe(askedBefore);
  expect(await inspectPage(person)).toEqual([]);

  // Another list has other fields; what was entered for the first is not thrown away.
  await page.locator("[name='input.list']").fill("L3");
  await page.locator("[name='input.list']").press("Tab");
  await page.locator("[name='input.entry.Only in L3']").waitFor();
  expect(await input()).toEqual({ list: "L3", entry: { "First name": "Ada", "Only in L27": 5 } });
  await person.close();
}, 60_000);
