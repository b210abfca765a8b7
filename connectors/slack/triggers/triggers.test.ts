import { describe, expect, test } from "bun:test";
import type { AppEventTrigger } from "../../../src/connector-sdk/trigger.ts";
import { validateInput } from "../../../src/connector-sdk/validate-input.ts";
import type { JsonObject } from "../../../src/domain/json.ts";
import connector from "../definition.ts";

const triggers = Object.fromEntries(
  await Promise.all(
    Object.entries(connector.triggers).map(async ([name, load]) => [name, (await load()) as AppEventTrigger] as const),
  ),
);

/** Whether the trigger, so set, runs for the event. */
function runs(name: string, given: JsonObject, event: JsonObject): boolean {
  const trigger = triggers[name]!;
  const { value, errors } = validateInput(trigger.input, given, { path: "input", expressions: "resolved" });
  expect(errors).toEqual([]);
  const body = trigger.select({ accountId: "T1", id: "Ev1", type: String(event.type), body: event }, { input: value });
  if (body !== undefined) expect(body).toEqual(event);
  return body !== undefined;
}

test.each(Object.keys(connector.triggers))("%s runs for its own sample, and for no other event", (name) => {
  expect(runs(name, {}, triggers[name]!.bodySample as JsonObject)).toBe(true);
  expect(runs(name, {}, { type: "emoji_changed" })).toBe(false);
});

describe("a message", () => {
  const message = { type: "message", channel: "C1", user: "U1", text: "Your Invoice", ts: "2.0" };

  test("counts in one channel, and with a text, only if asked", () => {
    expect([runs("message", { channel: "C1" }, message), runs("message", { channel: "C2" }, message)]).toEqual([
      true,
      false,
    ]);
    expect([runs("message", { contains: "invoice" }, message), runs("message", { contains: "x" }, message)]).toEqual([
      true,
      false,
    ]);
  });

  test("of an app counts only if asked, lest a workflow start itself", () => {
    for (const app of [{ bot_id: "B1" }, { bot_id: "B1", subtype: "bot_message" }]) {
      expect(runs("message", {}, { ...message, ...app })).toBe(false);
      expect(runs("message", { fromApps: true }, { ...message, ...app })).toBe(true);
    }
  });

  test.each(["message_changed", "message_deleted", "channel_join", "channel_topic"])(
    "of subtype %s is no new one",
    (subtype) => {
      expect(runs("message", { fromApps: true }, { ...message, subtype })).toBe(false);
      expect(runs("message", { fromApps: true }, { ...message, subtype, bot_id: "B1" })).toBe(false);
    },
  );

  test("with a file, or sent from a thread to the channel, is new", () => {
    expect(runs("message", {}, { ...message, subtype: "file_share" })).toBe(true);
    expect(runs("message", {}, { ...message, subtype: "thread_broadcast", thread_ts: "1.0" })).toBe(true);
  });

  test.each([
    ["with", true, true],
    ["without", false, true],
    ["only", true, false],
  ] as const)("%s answers in threads", (threads, answer, other) => {
    expect(runs("message", { threads }, { ...message, thread_ts: "1.0" })).toBe(answer);
    expect(runs("message", { threads }, message)).toBe(other);
    // The first message of a thread carries its own time stamp.
    expect(runs("message", { threads }, { ...message, thread_ts: "2.0" })).toBe(other);
  });
});

test("a reaction counts with one emoji, in any skin tone, and in one channel, only if asked", () => {
  const event = { type: "reaction_added", reaction: "thumbsup::skin-tone-3", item: { type: "message", channel: "C1" } };
  const given: JsonObject[] = [
    { emoji: ":thumbsup:" },
    { emoji: "thumbsup" },
    { emoji: "eyes" },
    { channel: "C1" },
    { channel: "C2" },
  ];
  expect(given.map((input) => runs("reaction_added", input, event))).toEqual([true, true, false, true, false]);
});

test("joining counts in one channel only if asked", () => {
  const event = { type: "member_joined_channel", channel: "C1", user: "U1" };
  expect([{ channel: "C1" }, { channel: "C2" }].map((input) => runs("member_joined", input, event))).toEqual([
    true,
    false,
  ]);
});
