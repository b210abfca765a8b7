import { defineAction } from "../../../src/connector-sdk/action.ts";
import { isJsonObject, type JsonObject } from "../../../src/connector-sdk/json.ts";
import { users } from "../fields.ts";

export default defineAction({
  title: "Open a direct message",
  description: "Gives the channel for messages to one person, or to a group of up to eight.",
  input: { users },
  // The same people always share the same conversation.
  effect: "upsert",
  rateLimitMethod: "conversations.open",
  outputSample: { channel: "D069C7QFK" },

  async run({ api, input }) {
    const form = { users: input.users.join(",") };
    const { channel } = (await api({ method: "POST", path: "/conversations.open", form })).body as JsonObject;
    return { channel: isJsonObject(channel) ? (channel.id ?? null) : null };
  },
});
