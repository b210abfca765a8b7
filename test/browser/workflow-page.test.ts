import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Browser, Page } from "playwright-core";
import { newStep } from "../../src/domain/new-step.ts";
import { findStep } from "../../src/domain/walk-steps.ts";
import type { Step, WorkflowDefinition } from "../../src/domain/workflow.ts";
import { workflowTemplate } from "../../src/domain/workflow-templates.ts";
import { launchBrowser } from "./launch-browser.ts";
import { type StartedUi, startUi } from "./start-ui.ts";
import { DESK, inspectPage, PHONE, type Visitor, visit } from "./visitor.ts";

let browser: Browser;
let ui: StartedUi;

beforeAll(async () => {
  [browser, ui] = await Promise.all([launchBrowser(), startUi()]);
}, 60_000);
afterAll(async () => {
  await browser?.close();
  await ui?.stop();
});

const HOSTILE = `<img src=x onerror=alert(1)>"'&amp;{{</script>`;

async function createWorkflow(patch: Partial<WorkflowDefinition> = {}): Promise<string> {
  const definition = { ...workflowTemplate("starter", ""), ...patch };
  return (await ui.app.services.workflows.create(ui.tenant.scope, definition)).id;
}
/** With what a definition may not hold yet. */
async function createDraft(patch: Partial<WorkflowDefinition>): Promise<string> {
  const id = await createWorkflow();
  await ui.app.services.drafts.edit(ui.tenant.scope, id, (draft) => ({
    kind: "change",
    draft: { ...draft, definition: { ...draft.definition, ...patch } },
    what: "prepared",
  }));
  return id;
}
const open = (id: string) => ui.app.services.drafts.open(ui.tenant.scope, id);
const stored = async (id: string, stepId: string) => findStep((await open(id)).draft.definition, stepId);
const visitor = (options: Partial<Parameters<typeof visit>[1]> = {}) =>
  visit(browser, { url: ui.url, cookies: ui.owner, ...options });

/** Waits until the server has what was typed; gives what it has when it never does, so that the test shows it. */
async function until<T>(read: () => Promise<T>, holds: (value: T) => boolean): Promise<T> {
  const end = performance.now() + 20_000;
  for (;;) {
    const value = await read();
    if (holds(value) || performance.now() > end) return value;
    await Bun.sleep(20);
  }
}
/** Until nothing that the page has asked for is still to be shown. */
const settled = (page: Page) => page.locator(".htmx-request").first().waitFor({ state: "detached" });

const everyKind: readonly Step[] = [
  {
    id: "web",
    kind: "action",
    name: HOSTILE,
    connector: "http",
    action: "request",
    input: { url: "https://example.com/", headers: { "X-A": HOSTILE }, body: { text: HOSTILE } },
  },
  newStep("parallel", "both"),
  { ...newStep("loop", "each"), steps: [newStep("code", "calc"), newStep("set", "shape")] } as Step,
  newStep("delay", "pause"),
  newStep("approval", "ask"),
  newStep("respond", "answer"),
  newStep("stop", "end"),
];

describe("the workflow page, in both themes and on a phone, has no violation, no error and does not scroll sideways:", () => {
  const places: Readonly<Record<string, string>> = {
    overview: "",
    trigger: "?trigger=",
    "choosing a trigger": "?choose-trigger=",
    "adding a step": "?add=each/steps&after=calc",
    "an app's actions": "?add=&after=&connector=github",
    "moving a step": "?step=pause&move=pause",
    ...Object.fromEntries(
      ["web", "both", "each", "calc", "shape", "pause", "ask", "answer", "end"].map((id) => [id, `?step=${id}`]),
    ),
  };
  test.each(Object.entries(places))(
    "%s",
    async (_, query) => {
      const id = await createDraft({ name: HOSTILE, steps: everyKind });
      for (const look of [
        { theme: "light", size: DESK },
        { theme: "dark", size: PHONE },
      ] as const) {
        const person = await visitor(look);
        await person.open(`/workflows/${id}${query}`);
        expect([look, await inspectPage(person)]).toEqual([look, []]);
        await person.close();
      }
    },
    60_000,
  );

  test("versions, one version and JSON", async () => {
    const id = await createWorkflow({ name: HOSTILE });
    await ui.app.services.workflows.publish(ui.tenant.scope, id);
    await ui.app.services.workflows.save(ui.tenant.scope, id, { ...workflowTemplate("blank", HOSTILE) }, null);
    for (const theme of ["light", "dark"] as const) {
      const person = await visitor({ theme, size: PHONE });
      for (const path of ["versions", "versions/1?with=draft", "json"]) {
        await person.open(`/workflows/${id}/${path}`);
        expect([path, await inspectPage(person)]).toEqual([path, []]);
      }
      await person.close();
    }
  }, 60_000);
});

describe("a newcomer", () => {
  test("makes the starter workflow, changes its URL, publishes it, and calls it with the command on the page", async () => {
    const fresh = await startUi();
    const person = await visit(browser, { url: fresh.url, cookies: fresh.owner });
    const { page } = person;
    await person.open("/workflows");
    await page.getByRole("button", { name: "Begin with the starter" }).click();
    await page.waitForURL(/\/workflows\/wf_[^?]+\?step=send/);
    const id = /wf_[A-Za-z0-9_-]+/.exec(page.url())![0];
    const hits: unknown[] = [];
    const sink = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch: async (request) => {
        hits.push(await request.json());
        return new Response("ok");
      },
    });
    await page.locator("[name='input.url']").fill(`http://127.0.0.1:${sink.port}/leads`);
    // Straight on: what was typed is saved before what comes next.
    await page.getByRole("button", { name: "Publish" }).click();
    await page.waitForURL(/\?trigger=/);
    const curl = (await page.locator("#webhook-curl").textContent())!;
    const url = /'(http[^']+)'/.exec(curl)![1]!;
    const { definition } = (await fresh.app.services.drafts.open(fresh.tenant.scope, id)).draft;
    expect(findStep(definition, "send")).toMatchObject({ input: { url: `http://127.0.0.1:${sink.port}/leads` } });
    const body = /-d '([^']+)'/.exec(curl)![1]!;
    const response = await fetch(url, { method: "POST", body, headers: { "content-type": "application/json" } });
    expect(response.status).toBe(202);
    expect(
      await until(
        async () => hits,
        (all) => all.length > 0,
      ),
    ).toEqual([{ email: "ada@example.com", amount: 101 }]);
    expect(person.troubles).toEqual([]);
    await sink.stop(true);
    await person.close();
    await fresh.stop();
  }, 60_000);
});

describe("the form of a step", () => {
  async function editing(stepId: string, patch: Partial<WorkflowDefinition> = {}): Promise<Visitor & { id: string }> {
    const id = await createWorkflow(patch);
    const person = await visitor();
    await person.open(`/workflows/${id}?step=${stepId}`);
    return { ...person, id };
  }

  test("saves a field when it is left, keeps what is being typed in the next, and says what is wrong beside it", async () => {
    const { page, id, troubles, close } = await editing("send");
    await page.locator("[name='input.url']").fill("not a url");
    await page.locator("[name='input.headers.0.name']").focus();
    await page.keyboard.type("X-Typed");
    const error = page.locator(".field", { has: page.locator("[name='input.url']") }).locator(".error-list");
    await error.waitFor();
    expect(await error.textContent()).toContain("must be a full URL");
    expect(await page.locator(":focus").inputValue()).toBe("X-Typed");
    await page.getByText("1 problem").first().waitFor();
    // Half filled in, it is there for the next one who looks.
    expect(await stored(id, "send")).toMatchObject({ input: { url: "not a url" } });
    await page.locator("[name='input.url']").fill("https://example.org/");
    await page.locator("[name='input.url']").press("Tab");
    await error.waitFor({ state: "detached" });
    await until(
      () => open(id),
      ({ problems }) => problems.length === 0,
    );
    expect((await ui.app.services.workflows.find(ui.tenant.scope, id)).definition.steps).toEqual(
      (await open(id)).draft.definition.steps as Step[],
    );
    expect(troubles).toEqual([]);
    await close();
  }, 60_000);

  test("keeps JSON with a bracket missing, and an expression's mistake names its place", async () => {
    const { page, id, close } = await editing("send");
    const body = page.locator("#send-input-body");
    await body.fill('{"a": ');
    await body.press("Tab");
    await page.getByText("is not JSON: the text ends where value is expected").waitFor();
    await page.reload();
    expect(await page.locator("#send-input-body").inputValue()).toBe('{"a": ');
    await page.locator("#send-input-body").fill('"{{ tigger.body }}"');
    await page.locator("#send-input-body").press("Tab");
    await page.getByText("(at character 1, near `tigger`)").waitFor();
    expect((await open(id)).problems).toHaveLength(1);
    await close();
  }, 60_000);

  test("takes an expression where a choice stands, and shows it as one again", async () => {
    const { page, id, close } = await editing("send");
    await page.getByLabel("Use an expression for Method").check();
    await page.getByRole("textbox", { name: "Expression for Method" }).fill("{{ trigger.body.method }}");
    await page.getByRole("textbox", { name: "Expression for Method" }).press("Tab");
    await until(
      () => stored(id, "send"),
      (step) => JSON.stringify(step).includes("trigger.body.method"),
    );
    await page.reload();
    expect(await page.getByLabel("Use an expression for Method").isChecked()).toBe(true);
    expect(await page.getByRole("textbox", { name: "Expression for Method" }).inputValue()).toBe(
      "{{ trigger.body.method }}",
    );
    await close();
  }, 60_000);

  test("puts data of an earlier step at the caret, into an expression without further braces", async () => {
    const { page, id, close } = await editing("send");
    const url = page.locator("[name='input.url']");
    await url.fill("https://example.com/?id=&x=1");
    await url.press("End");
    for (let back = 0; back < "&x=1".length; back += 1) await page.keyboard.press("ArrowLeft");
    await page.getByText("Insert data").click();
    await page.getByRole("button", { name: /^trigger\.body\.id / }).click();
    expect(await url.inputValue()).toBe("https://example.com/?id={{ trigger.body.id }}&x=1");
    await until(
      () => stored(id, "send"),
      (step) => JSON.stringify(step).includes("{{ trigger.body.id }}"),
    );
    await settled(page);
    // The caret stands behind what was put in; four to the left it is inside of the braces.
    for (let back = 0; back < " }}".length; back += 1) await page.keyboard.press("ArrowLeft");
    await page.getByRole("button", { name: /^trigger\.body\.email / }).click();
    expect(await url.inputValue()).toContain("{{ trigger.body.idtrigger.body.email }}");
    await close();
  }, 60_000);

  test("builds conditions of groups and rules", async () => {
    const { page, id, close } = await editing("check");
    await page.getByRole("button", { name: "+ And" }).click();
    await page.getByLabel("Branch 1, rule 1.2: value").fill("{{ trigger.body.region }}");
    await page.getByLabel("Branch 1, rule 1.2: operator").selectOption("in");
    await page.getByLabel("Branch 1, rule 1.2: compared with").fill('["EU","UK"]');
    await page.getByRole("button", { name: "+ Or" }).click();
    await page.getByLabel("Branch 1, rule 2.1: value").fill("{{ trigger.body.vip }}");
    await page.getByLabel("Branch 1, rule 2.1: operator").selectOption("is_not_empty");
    await page.getByLabel("Branch 1, rule 2.1: compared with").waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Add branch" }).click();
    await page.getByLabel("Name of branch 2").waitFor();
    expect(await stored(id, "check")).toMatchObject({
      branches: [
        {
          name: "Large",
          when: {
            any: [
              {
                all: [
                  { left: "{{ trigger.body.amount }}", operator: "greater", right: 100 },
                  { left: "{{ trigger.body.region }}", operator: "in", right: ["EU", "UK"] },
                ],
              },
              { all: [{ left: "{{ trigger.body.vip }}", operator: "is_not_empty" }] },
            ],
          },
          steps: [{ id: "send" }],
        },
        { name: "Branch 2", steps: [] },
      ],
    });
    await close();
  }, 60_000);

  test("shows hostile text as text and stores it as it was", async () => {
    const { page, id, troubles, close } = await editing("send");
    await page.locator(".advanced > summary").click();
    await page.getByLabel("Name", { exact: true }).fill(HOSTILE);
    await page.getByLabel("Name", { exact: true }).press("Tab");
    await page.locator("#card-send .card-title", { hasText: HOSTILE }).waitFor();
    await page.locator("#send-input-headers, [name='input.headers.0.name']").first().fill("X-A");
    await page.locator("[name='input.headers.0.value']").fill(HOSTILE.replace("{{", ""));
    await page.locator("[name='input.headers.0.value']").press("Tab");
    await until(
      () => stored(id, "send"),
      (step) => JSON.stringify(step).includes("X-A"),
    );
    await page.reload();
    expect(await page.locator("[name='input.headers.0.value']").inputValue()).toBe(HOSTILE.replace("{{", ""));
    expect(await stored(id, "send")).toMatchObject({
      name: HOSTILE,
      input: { headers: { "X-A": HOSTILE.replace("{{", "") } },
    });
    expect(troubles).toEqual([]);
    await close();
  }, 60_000);
});

describe("the keyboard alone", () => {
  test("adds a step by searching, moves it, deletes it and takes that back", async () => {
    const id = await createWorkflow();
    const person = await visitor();
    const { page } = person;
    await person.open(`/workflows/${id}`);
    const order = async () => (await open(id)).draft.definition.steps.map((step) => step.id);
    await page.getByLabel("Add a step after check").focus();
    await page.keyboard.press("Enter");
    await page.locator(":focus[data-filter]").waitFor();
    await page.keyboard.type("delay");
    await page.keyboard.press("Enter");
    await page.locator("#card-delay").waitFor();
    expect(await order()).toEqual(["check", "delay"]);
    await settled(page);

    await page.locator("#card-check").focus();
    await page.keyboard.press("ArrowDown");
    expect(await page.locator(":focus").getAttribute("id")).toBe("card-send");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Alt+ArrowUp");
    await until(order, (ids) => ids[0] === "delay");
    expect(await order()).toEqual(["delay", "check"]);
    await settled(page);

    await page.locator("#card-delay").focus();
    await page.keyboard.press("Delete");
    await page.getByText("Deleted “delay”").waitFor();
    expect(await order()).toEqual(["check"]);
    await page.locator("#card-delay").waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Undo" }).focus();
    await page.keyboard.press("Enter");
    await page.locator("#card-delay").waitFor();
    expect(await order()).toEqual(["delay", "check"]);
    expect(person.troubles).toEqual([]);
    await person.close();
  }, 60_000);

  test("moves a step into a branch, and renames it with everything that names it", async () => {
    const id = await createWorkflow({
      steps: [
        newStep("set", "shape"),
        ...workflowTemplate("starter", "").steps,
        { id: "end", kind: "set", values: { x: "{{ steps.shape.output }}" } },
      ],
    });
    const person = await visitor();
    const { page } = person;
    await person.open(`/workflows/${id}?step=shape`);
    await page.getByRole("link", { name: "Move to…" }).press("Enter");
    await page.getByRole("button", { name: "Move here, to the beginning" }).nth(1).press("Enter");
    await until(
      () => open(id),
      ({ draft }) => draft.definition.steps[0]?.id === "check",
    );
    expect((await open(id)).draft.definition.steps[0]).toMatchObject({
      branches: [{ steps: [{ id: "shape" }, { id: "send" }] }],
    });
    await page.getByLabel("Step id").fill("totals");
    await page.getByLabel("Step id").press("Enter");
    await page.locator("#card-totals").waitFor();
    expect(await stored(id, "end")).toMatchObject({ values: { x: "{{ steps.totals.output }}" } });
    expect(person.troubles).toEqual([]);
    await person.close();
  }, 60_000);
});

test("a definition is imported from the list", async () => {
  const person = await visitor();
  const { page } = person;
  await person.open("/workflows");
  await page.getByRole("button", { name: "Import" }).first().click();
  await page.getByLabel("Definition (JSON)").fill(JSON.stringify(workflowTemplate("starter", HOSTILE)));
  expect(await inspectPage(person)).toEqual([]);
  await page.locator("#import-workflow").getByRole("button", { name: "Import" }).click();
  await page.getByRole("heading", { name: HOSTILE }).waitFor();
  await page.locator("#card-send").waitFor();
  expect(person.troubles).toEqual([]);
  await person.close();
}, 60_000);

test("going back and forth shows what was open, and an address opens the same panel", async () => {
  const id = await createWorkflow();
  const person = await visitor();
  const { page } = person;
  await person.open(`/workflows/${id}`);
  await page.locator("#card-send").click();
  await page.locator("#panel-step-send").waitFor();
  await page.locator("#card-trigger").click();
  await page.locator("#panel-trigger").waitFor();
  expect(new URL(page.url()).search).toBe("?trigger=");
  await page.goBack();
  await page.locator("#panel-step-send").waitFor();
  await page.goBack();
  await page.locator("#panel-overview").waitFor();
  await page.goForward();
  await page.locator("#panel-step-send").waitFor();
  await page.keyboard.press("Escape");
  await page.locator("#card-send").focus();
  await page.keyboard.press("Escape");
  await page.locator("#panel-overview").waitFor();
  expect(person.troubles).toEqual([]);
  await person.close();
}, 60_000);

test("a card is dragged into a branch", async () => {
  const id = await createWorkflow({ steps: [newStep("delay", "pause"), ...workflowTemplate("starter", "").steps] });
  const person = await visitor();
  const { page } = person;
  await person.open(`/workflows/${id}`);
  await page.locator("#card-pause").dragTo(page.locator(".spot[data-lane='check/0'][data-after='send']"));
  const draft = () => open(id).then((opened) => opened.draft.definition.steps);
  const after = await until(draft, (steps) => steps.length === 1);
  expect(after).toMatchObject([{ id: "check", branches: [{ steps: [{ id: "send" }, { id: "pause" }] }] }]);
  await page.locator("#panel-step-pause").waitFor();
  expect(person.troubles).toEqual([]);
  await person.close();
}, 60_000);

describe("two people at once", () => {
  test("who edit different steps do not disturb each other; on the same step nobody's text is lost", async () => {
    const id = await createWorkflow();
    const [ada, bob] = await Promise.all([visitor(), visitor()]);
    await Promise.all([ada.open(`/workflows/${id}?step=send`), bob.open(`/workflows/${id}?step=check`)]);
    await ada.page.locator("[name='input.url']").fill("https://ada.example/");
    await ada.page.locator("[name='input.url']").press("Tab");
    await bob.page.getByLabel("Name of branch 1").fill("Huge");
    await bob.page.getByLabel("Name of branch 1").press("Tab");
    await until(
      () => stored(id, "check"),
      (step) => JSON.stringify(step).includes("Huge"),
    );
    const ofAda = await until(
      () => stored(id, "send"),
      (step) => JSON.stringify(step).includes("ada.example"),
    );
    expect(ofAda).toMatchObject({ input: { url: "https://ada.example/" } });

    await bob.open(`/workflows/${id}?step=send`);
    await ada.open(`/workflows/${id}?step=send`);
    await bob.page.locator("[name='input.url']").fill("https://bob.example/");
    await bob.page.locator("[name='input.url']").press("Tab");
    await until(
      () => stored(id, "send"),
      (step) => JSON.stringify(step).includes("bob.example"),
    );
    await ada.page.locator("[name='input.url']").fill("https://ada-again.example/");
    await ada.page.locator("[name='input.url']").press("Tab");
    await ada.page.getByText("Somebody else has changed this step meanwhile").waitFor();
    expect(await ada.page.locator("[name='input.url']").inputValue()).toBe("https://ada-again.example/");
    expect(await stored(id, "send")).toMatchObject({ input: { url: "https://bob.example/" } });
    await ada.page.getByRole("button", { name: "Store mine" }).click();
    await until(
      () => stored(id, "send"),
      (step) => JSON.stringify(step).includes("ada-again"),
    );
    await ada.page.getByText("Somebody else has changed this step meanwhile").waitFor({ state: "detached" });

    await bob.page.locator("[name='input.url']").fill("https://bob-again.example/");
    await bob.page.locator("[name='input.url']").press("Tab");
    await bob.page.getByRole("button", { name: "Take theirs" }).click();
    await bob.page.getByText("Somebody else has changed this step meanwhile").waitFor({ state: "detached" });
    expect(await bob.page.locator("[name='input.url']").inputValue()).toBe("https://ada-again.example/");
    expect([ada.troubles, bob.troubles].map((all) => all.filter((text) => !text.includes("409")))).toEqual([[], []]);
    await Promise.all([ada.close(), bob.close()]);
  }, 60_000);
});

test("a schedule shows its next five times and what is wrong with it", async () => {
  const id = await createWorkflow({
    trigger: { connector: "schedule", trigger: "cron", input: { cron: "0 9 * * 1-5", timezone: "Europe/Berlin" } },
  });
  const person = await visitor();
  await person.open(`/workflows/${id}?trigger=`);
  await person.page.locator(".next-times li").nth(4).waitFor();
  expect(await person.page.locator(".next-times li").count()).toBe(5);
  expect(await person.page.locator(".next-times li").first().textContent()).toContain("09:00");
  await person.page.getByLabel("Cron expression").fill("61 9 * * *");
  await person.page.getByLabel("Cron expression").press("Tab");
  await person.page.getByText("is not a cron expression").waitFor();
  await person.close();
}, 60_000);

test("two hundred steps stay usable: a page takes under 100 ms of the server's time, and an edit comes through", async () => {
  const steps = Array.from(
    { length: 200 },
    (_, at): Step => ({
      id: `call_${at}`,
      kind: "action",
      connector: "http",
      action: "request",
      input: {
        url: `https://example.com/${at}`,
        body: { before: at === 0 ? "{{ trigger.body }}" : `{{ steps.call_${at - 1}.output.body }}` },
      },
    }),
  );
  const id = await createWorkflow({ steps });
  const cookie = Object.entries(ui.owner)
    .map(([name, value]) => `${name}=${value}`)
    .join("; ");
  const headers = { cookie, accept: "text/html" };
  const load = () => ui.app.fetch(new Request(`http://localhost/workflows/${id}?step=call_100`, { headers }));
  for (let warm = 0; warm < 3; warm += 1) await (await load()).text();
  const before = process.cpuUsage();
  for (let round = 0; round < 10; round += 1) expect((await (await load()).text()).length).toBeGreaterThan(100_000);
  const { user, system } = process.cpuUsage(before);
  const perPageMs = (user + system) / 10 / 1_000;
  expect(perPageMs).toBeLessThan(100);

  const person = await visitor();
  await person.open(`/workflows/${id}?step=call_100`);
  await person.page.locator("[name='input.url']").fill("https://example.org/");
  await person.page.locator("[name='input.url']").press("Tab");
  await until(
    () => stored(id, "call_100"),
    (step) => JSON.stringify(step).includes("example.org"),
  );
  await person.page.locator("#card-call_150").click();
  await person.page.locator("#panel-step-call_150").waitFor();
  expect(person.troubles).toEqual([]);
  await person.close();
}, 60_000);
