import { defineAction } from "../../../src/connector-sdk/action.ts";
import type { JsonObject } from "../../../src/connector-sdk/json.ts";
import { blocksForm } from "../blocks-form.ts";
import { blocks, channel, messageTs, text } from "../fields.ts";

export default defineAction({
  title: "Change a message",
  description: "Replaces the text and blocks of a message that the app has posted.",
  input: { channel, messageTs, text, blocks },
  // The second call sets what is there already.
  effect: "upsert",
  rateLimitMethod: "chat.update",
  outputSample: { channel: "C012AB3CD", ts: "1503435956.000247", text: "Order 4711 has arrived :tada:" },

  async run({ api, input }) {
    const form = { channel: input.channel, ts: input.messageTs, text: input.text, blocks: blocksForm(input.blocks) };
    const { channel, ts, text } = (await api({ method: "POST", path: "/chat.update", form })).body as JsonObject;
    return { channel: channel!, ts: ts!, text: text ?? null };
  },
});
