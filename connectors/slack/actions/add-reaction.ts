import { defineAction } from "../../../src/connector-sdk/action.ts";
import { acceptError } from "../accept-error.ts";
import { channel, messageTs } from "../fields.ts";

export default defineAction({
  title: "Add a reaction",
  description: "Reacts to a message with an emoji. A reaction that the app has given already counts as done.",
  input: {
    channel,
    messageTs,
    emoji: { kind: "text", title: "Emoji", description: "Its name.", placeholder: "white_check_mark", required: true },
  },
  effect: "upsert",
  rateLimitMethod: "reactions.add",
  outputSample: { channel: "C012AB3CD", ts: "1503435956.000247", emoji: "white_check_mark" },

  async run({ api, input }) {
    const { channel, messageTs: ts } = input;
    const emoji = input.emoji.replace(/^:|:$/g, "");
    const call = api({ method: "POST", path: "/reactions.add", form: { channel, timestamp: ts, name: emoji } });
    await acceptError(call, ["already_reacted"]);
    return { channel, ts, emoji };
  },
});
