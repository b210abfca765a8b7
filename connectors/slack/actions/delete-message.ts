import { defineAction } from "../../../src/connector-sdk/action.ts";
import { acceptError } from "../accept-error.ts";
import { channel, messageTs } from "../fields.ts";

export default defineAction({
  title: "Delete a message",
  description: "Deletes a message that the app has posted. One that is gone already counts as done.",
  input: { channel, messageTs },
  effect: "upsert",
  rateLimitMethod: "chat.delete",
  outputSample: { deleted: true, channel: "C012AB3CD", ts: "1503435956.000247" },

  async run({ api, input }) {
    const { channel, messageTs: ts } = input;
    const call = api({ method: "POST", path: "/chat.delete", form: { channel, ts } });
    const answer = await acceptError(call, ["message_not_found"]);
    return { deleted: typeof answer !== "string", channel, ts };
  },
});
