import { describe, expect, test } from "bun:test";
import type { ActionDefinition } from "../../src/connector-sdk/action.ts";
import type { JsonObject } from "../../src/domain/json.ts";
import { besideMaker } from "../../test/connectors/maker/beside-maker.ts";
import { failureOf } from "../../test/connectors/run-action.ts";
import addReaction from "./actions/add-reaction.ts";
import createChannel from "./actions/create-channel.ts";
import deleteMessage from "./actions/delete-message.ts";
import findUser from "./actions/find-user.ts";
import inviteToChannel from "./actions/invite-to-channel.ts";
import uploadFile from "./actions/upload-file.ts";
import connector from "./definition.ts";

/*
 * Actions that call themselves repeatable: what Slack says to the second call must come out as the first one's success.
 * The peer has no description here, so every answer is scripted, by path.
 */

const channel = "C012AB3CD";
const messageTs = "1503435956.000247";
const { world, peer } = await besideMaker({
  description: "none",
  origins: ["https://slack.com", "https://files.slack.com"],
});

const credential = { scheme: "bot_token", fields: { token: "xoxb-canary" } };
const run = (action: ActionDefinition, input: JsonObject) =>
  world.run(action, input, { connector, credential, routes: peer.routes });
const refuse = (error: string) => peer.answer("*", () => ({ ok: false, error }));

test("a reaction that is there already has been added", async () => {
  refuse("already_reacted");
  expect(await run(addReaction, { channel, messageTs, emoji: ":eyes:" })).toMatchObject({ emoji: "eyes" });
});

test("a message that is gone has been deleted, but not by this call", async () => {
  refuse("message_not_found");
  expect(await run(deleteMessage, { channel, messageTs })).toMatchObject({ deleted: false });
  refuse("cant_delete_message");
  expect(await failureOf(run(deleteMessage, { channel, messageTs }))).toMatchObject({ code: "cant_delete_message" });
});

test("people who are in the channel do not keep the others out", async () => {
  peer.answer("*", ({ body }) =>
    (body as JsonObject).users === "U1" ? { ok: false, error: "already_in_channel" } : { ok: true },
  );
  expect(await run(inviteToChannel, { channel, users: ["U1", "U2"] })).toEqual({
    channel,
    invited: ["U2"],
    alreadyIn: ["U1"],
  });
});

test("nobody with an e-mail address is a failure or a finding, as asked", async () => {
  refuse("users_not_found");
  const email = "ada@example.com";
  expect(await failureOf(run(findUser, { email }))).toMatchObject({ kind: "final", code: "users_not_found" });
  expect(await run(findUser, { email, ifMissing: "continue" })).toEqual({ found: false, user: null });
});

describe("a channel whose name is taken", () => {
  const input = { name: "order-4711", ifTaken: "take" };

  test("is found, however far down the list", async () => {
    peer.answer("*", ({ path, query }) => {
      if (path.endsWith("conversations.create")) return { ok: false, error: "name_taken" };
      if (query.cursor === "c2") return { ok: true, channels: [{ id: "C2", name: "order-4711" }] };
      return { ok: true, channels: [{ id: "C1", name: "general" }], response_metadata: { next_cursor: "c2" } };
    });
    expect(await run(createChannel, input)).toEqual({ created: false, channel: { id: "C2", name: "order-4711" } });
  });

  test("fails where it cannot be seen, and where it is not wanted", async () => {
    peer.answer("*", ({ path }) =>
      path.endsWith("conversations.create") ? { ok: false, error: "name_taken" } : { ok: true, channels: [] },
    );
    expect(await failureOf(run(createChannel, input))).toMatchObject({ kind: "final", code: "name_taken" });
    expect(await failureOf(run(createChannel, { name: "order-4711" }))).toMatchObject({ code: "name_taken" });
    const { effect } = createChannel;
    if (typeof effect !== "function") throw new Error("the input decides");
    expect([effect({ ifTaken: "take" }), effect({ ifTaken: "fail" })]).toEqual(["upsert", "unsafe"]);
  });
});

describe("an upload", () => {
  const file = { base64: "AP8=", filename: "a.bin" };
  const script = (url: string, uploaded: () => Response) =>
    peer.answer("*", ({ path }) => {
      if (path.endsWith("getUploadURLExternal")) return { ok: true, upload_url: url, file_id: "F1" };
      return path.startsWith("/upload") ? uploaded() : { ok: true, files: [{ id: "F1", title: "a.bin" }] };
    });

  test("does not take the token along to the upload's own address", async () => {
    script("https://files.slack.com/upload/v1/ABC", () => new Response("OK - 2"));
    expect(await run(uploadFile, { channel, file })).toEqual({ file: { id: "F1", title: "a.bin" } });
    const [place, upload, share] = peer.calls;
    expect(place?.body).toEqual({ filename: "a.bin", length: "2" });
    expect(JSON.stringify(upload)).not.toContain("xoxb-canary");
    expect(share?.body).toMatchObject({ channel_id: channel, files: '[{"id":"F1","title":"a.bin"}]' });
  });

  test("goes to no host that is not Slack's, whatever the answer says", async () => {
    script("https://evil.example/upload", () => new Response("OK"));
    expect(await failureOf(run(uploadFile, { channel, file }))).toMatchObject({ code: "egress_blocked" });
    expect(peer.calls).toHaveLength(1);
  });

  test("that breaks off may start over, for nobody has seen anything", async () => {
    script("https://files.slack.com/upload/v1/ABC", () => new Response("", { status: 502 }));
    expect(await failureOf(run(uploadFile, { channel, file }))).toMatchObject({ kind: "retryable" });
  });
});
