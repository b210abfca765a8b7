import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Browser } from "playwright-core";
import { maker as slack } from "../../connectors/slack/testing/maker.ts";
import type { Connection } from "../../src/domain/connection.ts";
import { type Makers, openMakers } from "../connectors/open-makers.ts";
import { until } from "../until.ts";
import { launchBrowser } from "./launch-browser.ts";
import { type StartedUi, startUi } from "./start-ui.ts";
import { DESK, inspectPage, PHONE, visit } from "./visitor.ts";

/* The page of a connection in every state it can be in, and what stands there to be done about it. */

const MINUTE = 60_000;
const ids = new Map<string, string>();
let browser: Browser;
let ui: StartedUi;
let makers: Makers<"slack">;

beforeAll(async () => {
  makers = await openMakers({ slack });
  const app = { SLACK_CLIENT_ID: "123.456", SLACK_CLIENT_SECRET: "app-canary-secret" };
  [browser, ui] = await Promise.all([launchBrowser(), startUi({ ...makers.environment, ...app })]);
  await makeStates();
}, 90_000);
afterAll(async () => {
  await browser?.close();
  await ui?.stop();
  await makers?.close();
});

async function makeStates(): Promise<void> {
  const { services } = ui.app;
  const { scope } = ui.tenant;
  const { connections } = ui.backend;
  let isLimited = false;
  makers.peers.slack.answer("*", ({ path }) => {
    if (path.endsWith("auth.test"))
      return {
        ok: true,
        url: "https://acme.slack.com/",
        team: "Acme",
        user: "sync",
        team_id: "T1",
        user_id: "U1",
        bot_id: "B1",
      };
    if (isLimited)
      return new Response('{"ok":false,"error":"ratelimited"}', { status: 429, headers: { "retry-after": "600" } });
    return { ok: true, channel: { id: "C1" }, ts: "1503435956.000247", message: {}, team: "Acme", team_id: "T1" };
  });
  const typed = async (name: string) => {
    const wanted = { name, connector: "slack", scheme: "bot_token", hosts: null, credential: { token: "canary-9f2c" } };
    return (await services.connections.create(scope, wanted)).id;
  };
  const granted = async (name: string, patch: Partial<Connection>) => {
    const now = Date.now();
    const template = (await connections.find(scope, await typed(`${name} (typed in)`)))!;
    const id = `conn_${name.toLowerCase().replace(/\W/g, "_")}`;
    const standing = {
      account: { id: "T9", label: "Acme, the whole of it" },
      scopes: ["chat:write", "channels:read", "groups:read", "users:read", "users:read.email", "reactions:write"],
    };
    const connection = {
      ...template,
      id,
      name,
      scheme: "oauth",
      ...standing,
      refreshedAt: now - 40 * MINUTE,
      ...patch,
    };
    await connections.create(scope, connection, "sealed", {
      at: now,
      action: "connection.created",
      target: id,
      details: { name },
    });
    return connection;
  };
  const workflowOf = async (name: string, connection: string) => {
    const step = {
      id: "join",
      kind: "action",
      connector: "slack",
      action: "join_channel",
      connection,
      input: { channel: "C1" },
    };
    const { id } = await services.workflows.create(scope, {
      name,
      trigger: { connector: "manual", trigger: "run", input: {} },
      steps: [step],
    });
    await services.workflows.publish(scope, id);
    return { start: async () => (await services.runs.start(scope, id, null, null)).runId };
  };
  const wait = (runId: string, why: string) =>
    until(`${runId} waits: ${why}`, async () => (await services.runs.find(scope, runId)).waitingFor === why);

  const fine = await typed("Team messages");
  await services.connections.test(scope, fine);
  await workflowOf("Tell the team about orders", fine);
  ids.set("fine", fine);

  const broken = await typed("Support, Acme's workspace for everybody who answers customers");
  const waiting = await workflowOf("Tell support", broken);
  await workflowOf("Tell support at night <b>", broken);
  const at = {
    at: Date.now(),
    action: "connection.broken",
    target: broken,
    details: { problem: "Slack answered token_revoked." },
  };
  await connections.markBroken(
    scope,
    broken,
    { owner: null, generation: 1 },
    "Slack answered token_revoked: somebody has taken access back.",
    at,
  );
  for (const runId of await Promise.all(Array.from({ length: 12 }, waiting.start))) await wait(runId, "connection");
  ids.set("broken", broken);

  const soon = { expiresAt: Date.now() + 30 * MINUTE, refreshAt: Date.now() + 25 * MINUTE };
  const failing = await granted("Marketing", soon);
  const claim = { owner: "worker_1", generation: failing.generation };
  await connections.leaseRefresh(scope, failing.id, claim, { now: Date.now(), until: Date.now() + MINUTE });
  const failure = {
    at: Date.now(),
    refreshAt: Date.now() + 20 * MINUTE,
    problem: "slack.com answered 503 when asked for a new token.",
  };
  await connections.postponeRefresh(scope, failing.id, claim, failure);
  await connections.record(scope, failing.id, { at: Date.now(), kind: "refresh_failed", message: failure.problem });
  ids.set("failing", failing.id);

  ids.set("forever", (await granted("Never ends", { refreshedAt: null })).id);

  const limited = await typed("Announcements");
  await services.connections.test(scope, limited);
  const many = await workflowOf("Announce", limited);
  isLimited = true;
  await wait(await many.start(), "rate_limit");
  await wait(await many.start(), "rate_limit");
  ids.set("limited", limited);
  const problem = "Slack answered invalid_client_id: client id or secret are not those of an app.";
  await ui.backend.oauth.reportProblem(scope, { provider: "SLACK", problem, since: Date.now() });
}

const SAYS: Readonly<Record<string, readonly string[]>> = {
  fine: ["Connected", "Tell the team about orders", "Tested, and it works"],
  broken: ["Needs reconnecting", "12 runs wait for it", "once a new credential is entered"],
  failing: ["It is tried again by itself"],
  forever: ["Not known to end"],
  limited: ["Slowed down", "2 calls wait", "Goes on by itself"],
};
const PAGES: readonly string[] = [
  "/connections",
  "/connections/new",
  "/connections/new/slack",
  "/connections/new/slack?scheme=bot_token",
  "/connections/new/github",
  "/connections/new/google-sheets",
  "/connections/new/salesforce",
];

describe("every state of a connection says what it is and what to do, in order in both themes and on a phone:", () => {
  for (const [name, look] of [
    ["light", { theme: "light", size: DESK }],
    ["dark", { theme: "dark", size: DESK }],
    ["phone", { theme: "light", size: PHONE }],
  ] as const)
    test(name, async () => {
      const visitor = await visit(browser, { url: ui.url, cookies: ui.owner, ...look });
      const { page } = visitor;
      const picture = async (what: string) => {
        const folder = process.env.SCREENSHOTS;
        if (folder) await page.screenshot({ path: `${folder}/${what}-${name}.png`, fullPage: true });
      };
      for (const path of process.env.SCREENSHOTS ? PAGES : PAGES.slice(0, 1)) {
        await visitor.open(path);
        expect([path, await inspectPage(visitor)]).toEqual([path, []]);
        await picture(`pages${path.replaceAll(/\W/g, "_")}`);
      }
      for (const [state, texts] of Object.entries(SAYS)) {
        await visitor.open(`/connections/${ids.get(state)}`);
        const text = (await page.locator("main").textContent()) ?? "";
        for (const said of texts) expect([state, text]).toEqual([state, expect.stringContaining(said)]);
        expect([state, await inspectPage(visitor)]).toEqual([state, []]);
        await picture(`state-${state}`);
      }
      for (const state of ["broken", "forever"]) {
        await visitor.open(`/connections/${ids.get(state)}`);
        await page.getByRole("button", { name: "Delete", exact: true }).click();
        await page.getByRole("dialog").waitFor();
        expect([state, await inspectPage(visitor)]).toEqual([state, []]);
        await picture(`delete-${state}`);
      }
      expect(await page.content()).not.toContain("canary-9f2c");
      await visitor.close();
    }, 120_000);
});
