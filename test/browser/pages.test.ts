import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Browser } from "playwright-core";
import { encodeStepRowId } from "../../src/http/api/step-row-id.ts";
import { makeDemoData } from "./demo-data.ts";
import { launchBrowser } from "./launch-browser.ts";
import { type Cookies, type StartedUi, startUi } from "./start-ui.ts";
import { DESK, inspectPage, PHONE, visit } from "./visitor.ts";

let browser: Browser;
let ui: StartedUi;
/** An owner who is an operator too, and so may open every page. */
let operator: Cookies;
let demo: Awaited<ReturnType<typeof makeDemoData>>;

beforeAll(async () => {
  [browser, ui] = await Promise.all([launchBrowser(), startUi()]);
  operator = await ui.signInAs("owner", "Grace Hopper", true);
  demo = await makeDemoData(ui);
}, 60_000);
afterAll(async () => {
  await browser?.close();
  await ui?.stop();
});

const step = (path: string, iteration: readonly number[] = []) => encodeStepRowId({ path, iteration });
const PAGES: Readonly<Record<string, () => string>> = {
  "the workflows": () => "/workflows",
  "workflows, none of that name": () => "/workflows?search=zzz",
  "API keys": () => "/api-keys",
  variables: () => "/variables",
  "the connections": () => "/connections",
  "a new connection": () => "/connections/new",
  members: () => "/members",
  "how people sign in": () => "/settings",
  mail: () => "/settings/mail",
  "the installation": () => "/installation",
  "the personal page": () => "/account",
  "the audit log": () => "/audit",
  "the audit log, filtered": () => "/audit?area=workflow&since=7d&actor=test",
  "the runs": () => "/runs",
  "runs, filtered": () => "/runs?status=failed&since=24h",
  "runs, none of that kind": () => "/runs?status=cancelled",
  "a run": () => `/runs/${demo.ids.succeeded}`,
  "a failed step": () => `/runs/${demo.ids.failed}?step=${step("region/us")}`,
  "an approval": () => `/runs/${demo.ids.waiting}?step=${step("ask")}`,
  "a loop": () => `/runs/${demo.ids.loop}?at=each:7&step=${step("each/line", [7])}`,
  "a page that is not there": () => "/nothing",
};

describe("every page, in both themes and on a phone, has no violation, no error and does not scroll sideways:", () => {
  test.each(Object.entries(PAGES))(
    "%s",
    async (_, address) => {
      const looks = [
        { theme: "light", size: DESK },
        { theme: "dark", size: PHONE },
      ] as const;
      for (const look of looks) {
        const visitor = await visit(browser, { url: ui.url, cookies: operator, ...look });
        await visitor.open(address());
        const expected = address() === "/nothing" ? /404/ : /^$/;
        const findings = (await inspectPage(visitor)).filter((finding) => !expected.test(finding));
        expect(findings).toEqual([]);
        await visitor.close();
      }
    },
    60_000,
  );
});
