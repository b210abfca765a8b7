import { describe, expect, test } from "bun:test";
import { createHmac } from "node:crypto";
import type { Delivery } from "../../src/connector-sdk/delivery.ts";
import type { JsonObject } from "../../src/connector-sdk/json.ts";
import { appEvents } from "./app-events.ts";

// The example of https://docs.slack.dev/authentication/verifying-requests-from-slack
const EXAMPLE = {
  secret: "8f742231b10e8888abcd99yyyzzz85a5",
  timestamp: "1531420618",
  body:
    "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar" +
    "&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com" +
    "%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c",
  signature: "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
};

function deliver(
  body: string,
  { signature, timestamp = EXAMPLE.timestamp }: { signature?: string; timestamp?: string } = {},
): Delivery {
  const headers = {
    "x-slack-request-timestamp": timestamp,
    ...(signature !== undefined && { "x-slack-signature": signature }),
  };
  return { method: "POST", headers, query: new URLSearchParams(), body: new TextEncoder().encode(body) };
}

const verify = (delivery: Delivery, { secret = EXAMPLE.secret, nowMs = 1_531_420_618_000 } = {}) =>
  appEvents.verify(delivery, { secrets: [secret], nowMs });

describe("the signature", () => {
  const genuine = deliver(EXAMPLE.body, EXAMPLE);

  test("of Slack's own example is accepted, five minutes long", () => {
    expect(verify(genuine)).toBe(true);
    expect(verify(genuine, { nowMs: 1_531_420_618_000 + 299_000 })).toBe(true);
  });

  test.each([
    ["six minutes later", genuine, { nowMs: 1_531_420_618_000 + 360_000 }],
    ["six minutes early", genuine, { nowMs: 1_531_420_618_000 - 360_000 }],
    ["under another secret", genuine, { secret: "other" }],
    ["under no secret", genuine, { secret: "" }],
    ["over another body", deliver(`${EXAMPLE.body}x`, EXAMPLE), {}],
    ["with another time", deliver(EXAMPLE.body, { ...EXAMPLE, timestamp: "1531420619" }), {}],
    ["with a time that is none", deliver(EXAMPLE.body, { ...EXAMPLE, timestamp: "soon" }), {}],
    ["that is absent", deliver(EXAMPLE.body, {}), {}],
  ])("%s is refused", (_, delivery, options) => {
    expect(verify(delivery, options)).toBe(false);
  });

  test("is over the bytes, not over what they mean", () => {
    const sign = (body: string) => `v0=${createHmac("sha256", "s").update(`v0:1531420618:${body}`).digest("hex")}`;
    const signature = sign('{"a":1}');
    expect(verify(deliver('{"a":1}', { signature }), { secret: "s" })).toBe(true);
    expect(verify(deliver('{"a": 1}', { signature }), { secret: "s" })).toBe(false);
  });
});

test("the question whether the address is ours is answered with its challenge", () => {
  const question = { token: "x", challenge: "3eZbrw1aB10FEMAGAZd4FyFQ", type: "url_verification" };
  expect(appEvents.handshake!(deliver(JSON.stringify(question)))).toMatchObject({
    status: 200,
    body: "3eZbrw1aB10FEMAGAZd4FyFQ",
  });
  for (const other of ['{"type":"event_callback","event":{}}', '{"type":"url_verification"}', "{", "[]", "1"])
    expect(appEvents.handshake!(deliver(other))).toBeNull();
});

describe("an event", () => {
  const callback = {
    token: "z26uFbvR1xHJEdHE1OQiO6t8",
    team_id: "T061EG9RZ",
    api_app_id: "A0FFV41KK",
    event: { type: "reaction_added", user: "U061F1EUR", item: { type: "message", channel: "C061EG9SL", ts: "1.2" } },
    type: "event_callback",
    event_id: "Ev9UQ52YNA",
    event_time: 1234567890,
    authorizations: [{ enterprise_id: null, team_id: "T061EG9RZ", user_id: "U0LAN0Z89", is_bot: true }],
  };
  const eventsOf = (payload: object) => appEvents.toEvents!(deliver(JSON.stringify(payload)));

  test("is for the workspace that has the app, under Slack's id, without the old token", () => {
    const [event, ...others] = eventsOf(callback);
    expect(others).toEqual([]);
    expect(event).toMatchObject({
      accountId: "T061EG9RZ",
      id: "Ev9UQ52YNA",
      type: "reaction_added",
      body: { user: "U061F1EUR", team_id: "T061EG9RZ", event_id: "Ev9UQ52YNA", event_time: 1234567890 },
    });
    expect(JSON.stringify(event)).not.toContain("z26uFbvR1xHJEdHE1OQiO6t8");
  });

  test("of a channel that workspaces share is for those that have the app, not for where it happened", () => {
    const authorizations = [{ team_id: "T1" }, { team_id: "T2" }, { team_id: "T1" }];
    expect(eventsOf({ ...callback, authorizations }).map(({ accountId }) => accountId)).toEqual(["T1", "T2"]);
  });

  test("of an organisation's installation is for the organisation", () => {
    const authorizations = [{ enterprise_id: "E1", team_id: null, is_enterprise_install: true }];
    expect(eventsOf({ ...callback, authorizations })).toMatchObject([{ accountId: "E1" }]);
  });

  test("without authorizations is for the workspace it names", () => {
    expect(eventsOf({ ...callback, authorizations: undefined })).toMatchObject([{ accountId: "T061EG9RZ" }]);
  });

  test("that is none is nothing", () => {
    expect(eventsOf({ ...callback, type: "app_rate_limited" })).toEqual([]);
    expect(eventsOf({ ...callback, event: "x" })).toEqual([]);
    expect(appEvents.toEvents!(deliver("{"))).toEqual([]);
  });
});

describe("Slack's word that access is gone", () => {
  // The examples of https://docs.slack.dev/reference/events/tokens_revoked and …/app_uninstalled
  const envelope = {
    token: "XXYYZZ",
    team_id: "T061EG9RZ",
    api_app_id: "A0FFV41KK",
    type: "event_callback",
    event_id: "Ev9UQ52YNA",
    event_time: 1234567890,
  };
  const revoked = (tokens: object) => ({ ...envelope, event: { type: "tokens_revoked", tokens } });
  const uninstalled = { ...envelope, event: { type: "app_uninstalled" } };
  const read = (payload: object) => appEvents.toRevocations!(deliver(JSON.stringify(payload)));
  const credential = (fields: JsonObject) => ({ scheme: "oauth", fields: { accessToken: "xoxb-1", ...fields } });
  const bot = credential({ appId: "A0FFV41KK", botUserId: "U0BOT" });

  test("names the workspace and when, of the tokens that are revoked only the bots'", () => {
    expect(read(uninstalled)).toMatchObject([{ accountId: "T061EG9RZ", at: 1_234_567_890_000 }]);
    expect(read(revoked({ oauth: ["U1"], bot: ["U0BOT"] }))).toMatchObject([
      { accountId: "T061EG9RZ", at: 1_234_567_890_000 },
    ]);
    // A person's own token: none that a connection holds.
    expect(read(revoked({ oauth: ["U1"] }))).toEqual([]);
    expect(read(revoked({ oauth: ["U1"], bot: [] }))).toEqual([]);
  });

  test("means the bot of this app, and cannot be told of a token that was typed in", () => {
    const [gone] = read(uninstalled);
    const [token] = read(revoked({ bot: ["U0BOT"] }));
    expect([gone!.concerns(bot), token!.concerns(bot)]).toEqual([true, true]);
    const otherApp = credential({ appId: "A_OTHER", botUserId: "U0BOT" });
    expect([gone!.concerns(otherApp), token!.concerns(otherApp)]).toEqual([false, false]);
    expect(token!.concerns(credential({ appId: "A0FFV41KK", botUserId: "U_OTHER" }))).toBe(false);
    const typedIn = { scheme: "bot_token", fields: { token: "xoxb-1" } };
    expect([gone!.concerns(typedIn), token!.concerns(typedIn)]).toEqual([null, null]);
    expect(token!.concerns(credential({ botUserId: "U_OTHER" }))).toBe(false);
  });

  test("of an organisation's installation is about the organisation", () => {
    const payload = { ...uninstalled, enterprise_id: "E1", is_enterprise_install: true };
    expect(read(payload)).toMatchObject([{ accountId: "E1" }]);
  });

  test("is nothing in any other event, and starts no workflow by itself", () => {
    expect(read({ ...envelope, event: { type: "message" } })).toEqual([]);
    expect(read({ ...uninstalled, type: "event" })).toEqual([]);
    expect(read({ ...uninstalled, team_id: undefined })).toEqual([]);
    expect(appEvents.toRevocations!(deliver("{"))).toEqual([]);
  });
});
