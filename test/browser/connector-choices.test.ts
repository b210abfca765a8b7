import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Browser, Page } from "playwright-core";
import { maker as github } from "../../connectors/github/testing/maker.ts";
import { maker as slack } from "../../connectors/slack/testing/maker.ts";
import { findStep } from "../../src/domain/walk-steps.ts";
import type { Step } from "../../src/domain/workflow.ts";
import { workflowTemplate } from "../../src/domain/workflow-templates.ts";
import { type Makers, openMakers } from "../connectors/open-makers.ts";
import { until } from "../until.ts";
import { launchBrowser } from "./launch-browser.ts";
import { type StartedUi, startUi } from "./start-ui.ts";
import { inspectPage, visit } from "./visitor.ts";

/*
 * A builder fills in steps of Slack and GitHub with what is in their own account: from the form through our server and
 * the connection to the provider's list.
 */

let browser: Browser;
let ui: StartedUi;
let makers: Makers<"slack" | "github">;

beforeAll(async () => {
  makers = await openMakers({ slack, github });
  [browser, ui] = await Promise.all([launchBrowser(), startUi(makers.environment)]);
}, 60_000);
afterAll(async () => {
  await browser?.close();
  await ui?.stop();
  await makers?.close();
});

async function connect(connector: string, scheme: string): Promise<string> {
  const wanted = { name: connector, connector, scheme, credential: { token: "canary-token-9f2c" }, hosts: null };
  return (await ui.app.services.connections.create(ui.tenant.scope, wanted)).id;
}

async function picture(page: Page, name: string): Promise<void> {
  const folder = process.env.SCREENSHOTS;
  if (folder) await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
}

/** A workflow of this step, its page open in a browser. */
async function openStep(step: Step) {
  const { services } = ui.app;
  const { id } = await services.workflows.create(ui.tenant.scope, workflowTemplate("blank", ""));
  await services.drafts.edit(ui.tenant.scope, id, (draft) => {
    return {
      kind: "change",
      draft: { ...draft, definition: { ...draft.definition, steps: [step] } },
      what: "prepared",
    };
  });
  const person = await visit(browser, { url: ui.url, cookies: ui.owner });
  await person.open(`/workflows/${id}?step=${step.id}`);
  /** The stored input, once the step holds the text: the page stores what is entered a moment later. */
  const input = async (text: string) => {
    return until(`${text} is stored`, async () => {
      const { draft } = await services.drafts.open(ui.tenant.scope, id);
      const stored = findStep(draft.definition, step.id) as { input?: unknown } | null;
      return JSON.stringify(stored)?.includes(text) && stored?.input;
    });
  };
  return { person, input };
}

test("a channel of Slack is found by its name and stands in the step by its id", async () => {
  const names = Array.from({ length: 900 }, (_, n) => ({ id: `C${n}`, name: n === 777 ? "deliveries" : `room-${n}` }));
  makers.peers.slack.answer("*", ({ query }) => {
    const from = Number(query.cursor ?? 0);
    const to = from + Number(query.limit);
    const next_cursor = to < names.length ? String(to) : "";
    return { ok: true, channels: names.slice(from, to), response_metadata: { next_cursor } };
  });
  const connection = await connect("slack", "bot_token");
  const step = {
    id: "post",
    kind: "action",
    connector: "slack",
    action: "post_message",
    connection,
    input: {},
  } as const;
  const { person, input } = await openStep(step);
  const { page } = person;
  await page.getByLabel("Choose Channel").click();
  await page.getByRole("button", { name: "#room-0 C0" }).waitFor();
  await page.getByLabel("Search Channel").fill("deliver");
  await page.getByRole("button", { name: "#deliveries" }).click();
  expect(await page.locator("[name='input.channel']").inputValue()).toBe("C777");
  await page.locator("[name='input.text']").fill("It has left");
  await page.locator("[name='input.text']").press("Tab");
  expect(await input("It has left")).toMatchObject({ channel: "C777", text: "It has left" });

  // Who comes back reads its name, and the provider is not asked for it.
  const asked = makers.peers.slack.calls.length;
  await page.reload();
  const chosen = page.locator("[data-chosen]");
  expect(await chosen.textContent()).toMatch(/^#deliveries\s*C777$/);
  await page.locator(".card-step").getByText("Slack · #deliveries").waitFor();
  expect(await page.getByLabel("Channel", { exact: false }).first().inputValue()).toBe("C777");
  expect(makers.peers.slack.calls).toHaveLength(asked);
  expect(await inspectPage(person)).toEqual([]);
  expect(makers.problems()).toEqual([]);
  expect(await inspectPage(person)).toEqual([]);
  expect(await page.content()).not.toContain("canary-token-9f2c");

  // What is typed over it is another value, which nobody has named.
  await page.locator("[name='input.channel']").fill("C1");
  expect(await chosen.locator(".chosen-label").count()).toBe(0);
  await page.locator("[name='input.channel']").press("Tab");
  expect(await input("C1")).toMatchObject({ channel: "C1" });
  await page.reload();
  expect(await chosen.count()).toBe(0);
  await person.close();
}, 60_000);

test("a long list is read on by the keyboard, page by page, also within a search, and says what is wrong", async () => {
  const rooms = Array.from({ length: 450 }, (_, n) => ({
    id: `C${n}`,
    name: n % 50 === 0 ? `deliveries-${n}` : `room-${n}`,
  }));
  let refuses = false;
  makers.peers.slack.answer("*", ({ query }) => {
    if (refuses) return { ok: false, error: "missing_scope", needed: "channels:read" };
    const [from, size] = [Number(query.cursor ?? 0), query.limit === "999" ? 80 : Number(query.limit)];
    const next_cursor = from + size < rooms.length ? String(from + size) : "";
    return { ok: true, channels: rooms.slice(from, from + size), response_metadata: { next_cursor } };
  });
  const step = { id: "post", kind: "action", connector: "slack", action: "post_message", input: {} } as const;
  const { person, input } = await openStep(step);
  const { page } = person;
  await page.getByLabel("Choose Channel").click();
  await page.getByText("Choose a connection first").waitFor();
  const connection = await connect("slack", "bot_token");
  await page.reload();
  await page.getByLabel("Connection").selectOption(connection);
  await input(connection);
  await page.getByLabel("Choose Channel").click();
  const items = page.locator(".choices-list [data-choose]");
  const haveCome = (count: number) => until(`${count} choices are there`, async () => (await items.count()) === count);
  const untilFocused = (text: string) => page.locator(":focus", { hasText: text }).waitFor();
  const untilTold = (text: string) => page.getByText(text, { exact: true }).waitFor({ state: "attached" });
  const more = page.getByRole("button", { name: "Show more" });
  await haveCome(200);
  await untilTold("200 to choose from, and there are more");
  expect(await inspectPage(person)).toEqual([]);
  await picture(page, "choices-more");
  await more.press("Enter");
  await haveCome(400);
  await untilFocused("#deliveries-200");
  await more.press("Enter");
  await haveCome(450);
  expect(await more.count()).toBe(0);
  await untilTold("450 to choose from");

  // A search looks through some pages at a time, and goes on where it stopped.
  await page.getByLabel("Search Channel").fill("deliv");
  await haveCome(8);
  await more.press("Enter");
  await haveCome(9);
  expect(await more.count()).toBe(0);
  await untilFocused("-400");
  await page.getByLabel("Search Channel").fill("nothing-like-it");
  await page.getByText("Nothing found yet").waitFor();
  await page.getByRole("button", { name: "Look further" }).press("Enter");
  await page.getByText("That was all.").waitFor();

  refuses = true;
  await page.getByLabel("Search Channel").fill("");
  await page.locator(".choices-problem").waitFor();
  await picture(page, "choices-problem");
  expect(await inspectPage(person)).toEqual([]);
  refuses = false;
  await page.getByRole("button", { name: "Try again" }).press("Enter");
  await page.getByRole("button", { name: "#deliveries-0" }).waitFor();
  await untilFocused("#deliveries-0");
  await page.locator(":focus").press("Enter");
  expect(await input("C0")).toMatchObject({ channel: "C0" });
  await person.close();
}, 60_000);

test("a repository of GitHub, and then what is in it", async () => {
  makers.peers.github.answer("*", ({ path, headers }) => {
    if (headers.authorization !== "Bearer canary-token-9f2c") return Response.json({ message: "no" }, { status: 401 });
    if (path === "/user/repos") return Response.json([{ full_name: "octo-org/shop" }, { full_name: "octo-org/site" }]);
    return Response.json(path === "/repos/octo-org/shop/milestones" ? [{ number: 3, title: "Spring" }] : []);
  });
  const connection = await connect("github", "personal_token");
  const step = {
    id: "open",
    kind: "action",
    connector: "github",
    action: "create_issue",
    connection,
    input: {},
  } as const;
  const { person, input } = await openStep(step);
  const { page } = person;
  await page.getByLabel("Choose Repository").click();
  await page.getByRole("button", { name: "octo-org/shop" }).click();
  expect(await input("octo-org/shop")).toMatchObject({ repository: "octo-org/shop" });
  await page.getByLabel("Choose Milestone").click();
  await page.getByRole("button", { name: "Spring" }).click();
  expect(await input("milestone")).toMatchObject({ repository: "octo-org/shop", milestone: "3" });
  expect(makers.problems()).toEqual([]);
  expect(await inspectPage(person)).toEqual([]);
  await person.close();
}, 60_000);
