import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { createHmac } from "node:crypto";
import type { JsonObject } from "../../src/domain/json.ts";
import { type ConnectorWorld, openConnectorWorld } from "../../test/connectors/open-connector-world.ts";
import type { Builder, Published, ShownRun } from "../../test/flows/flow-world.ts";
import { maker } from "./testing/maker.ts";

/*
 * Slack's events through the whole server: one address for the app, two tenants, two workspaces.
 */

const SIGNING_SECRET = "signing-canary-8f742231";
let world: ConnectorWorld;
let theirs: Builder;

beforeAll(async () => {
  world = await openConnectorWorld(maker, { SLACK_SIGNING_SECRET: SIGNING_SECRET });
  theirs = await world.openBuilder("theirs");
}, 60_000);
afterEach(() => {
  expect(world.maker.calls.flatMap((call) => call.problems)).toEqual([]);
  world.maker.reset();
});
afterAll(() => world.close());

/** The token says which workspace it is of. */
function answerAsSlack() {
  world.maker.answer("*", ({ headers, path, body }) => {
    const team = headers.authorization?.replace("Bearer xoxb-", "") ?? "";
    if (path.endsWith("auth.test")) return { ok: true, team, team_id: team, user_id: "U1" };
    return { ok: true, channel: "C1", ts: "1.2", message: { text: (body as JsonObject).text ?? "" } };
  });
}

async function connectTo(builder: Builder, team: string): Promise<string> {
  return builder.connect({ connector: "slack", scheme: "bot_token", credential: { token: `xoxb-${team}` } });
}

async function answerMentions(builder: Builder, team: string): Promise<Published> {
  const connection = await connectTo(builder, team);
  const input = { channel: "{{ trigger.body.channel }}", text: "On it", threadTs: "{{ trigger.body.ts }}" };
  return builder.publish({
    trigger: { connector: "slack", trigger: "app_mention", connection, input: {} },
    steps: [{ id: "reply", kind: "action", connector: "slack", action: "post_message", connection, input }],
  });
}

async function runsOf(builder: Builder, { id }: Published): Promise<readonly ShownRun[]> {
  return (await builder.api("GET", `/runs?workflowId=${id}&limit=200`)).body.data;
}

function send(payload: JsonObject, { secret = SIGNING_SECRET, ageMs = 0 } = {}): Promise<Response> {
  const body = JSON.stringify(payload);
  const timestamp = Math.floor((world.clock.now() - ageMs) / 1000);
  const signature = `v0=${createHmac("sha256", secret).update(`v0:${timestamp}:${body}`).digest("hex")}`;
  const headers = {
    "content-type": "application/json",
    "x-slack-request-timestamp": String(timestamp),
    "x-slack-signature": signature,
  };
  return fetch(`${world.app.url}/hooks/apps/slack`, { method: "POST", body, headers });
}

function mention(team: string, id: string): JsonObject {
  return {
    token: "old-verification-canary",
    team_id: team,
    type: "event_callback",
    event_id: id,
    event_time: 1_780_000_000,
    authorizations: [{ team_id: team, is_bot: true }],
    event: { type: "app_mention", user: "U2", text: "<@U1> help", channel: "C1", ts: "1503435956.000247" },
  };
}

test("the address is proven to Slack by its challenge, which only Slack is answered", async () => {
  const question = { type: "url_verification", challenge: "3eZbrw1aB10FEMAGAZd4FyFQ", token: "x" };
  const answered = await send(question);
  expect([answered.status, await answered.text()]).toEqual([200, "3eZbrw1aB10FEMAGAZd4FyFQ"]);
  expect((await send(question, { secret: "guessed" })).status).toBe(401);
});

describe("a mention", () => {
  test("is answered in its thread by the workflows of its workspace, once, however often Slack sends it", async () => {
    answerAsSlack();
    const ours = await answerMentions(world, "T1");
    const other = await answerMentions(theirs, "T2");
    for (const _ of ["first", "again"]) expect((await send(mention("T1", "Ev1"))).status).toBe(202);
    const runs = await runsOf(world, ours);
    expect(runs).toHaveLength(1);
    expect(await runsOf(theirs, other)).toEqual([]);
    expect((await world.settled(runs[0]!.id)).status).toBe("succeeded");
    const posts = world.maker.calls.filter(({ path }) => path.endsWith("chat.postMessage"));
    expect(posts).toMatchObject([
      {
        headers: { authorization: "Bearer xoxb-T1" },
        body: { channel: "C1", text: "On it", thread_ts: "1503435956.000247" },
      },
    ]);
    const stored = await world.app.storage.contents();
    for (const canary of [SIGNING_SECRET, "old-verification-canary"]) expect(stored.includes(canary)).toBe(false);
  });

  test("that is old, or not Slack's, starts nothing", async () => {
    answerAsSlack();
    const workflow = await answerMentions(world, "T3");
    expect((await send(mention("T3", "Ev2"), { ageMs: 6 * 60_000 })).status).toBe(401);
    expect((await send(mention("T3", "Ev2"), { secret: "guessed" })).status).toBe(401);
    expect(await runsOf(world, workflow)).toEqual([]);
  });

  test("of a workspace that nobody has connected is answered and forgotten", async () => {
    expect((await send(mention("T404", "Ev3"))).status).toBe(202);
  });
});
