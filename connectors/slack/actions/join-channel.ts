import { defineAction } from "../../../src/connector-sdk/action.ts";
import type { JsonObject } from "../../../src/connector-sdk/json.ts";
import { channel } from "../fields.ts";
import { channelSample } from "../samples.ts";

export default defineAction({
  title: "Join a channel",
  description: "Makes the app a member of a public channel, which it must be to read messages and to invite people.",
  input: { channel: { ...channel, description: "A public one." } },
  // Joining twice is answered as joining once.
  effect: "upsert",
  rateLimitMethod: "conversations.join",
  outputSample: { channel: channelSample },

  async run({ api, input }) {
    const { body } = await api({ method: "POST", path: "/conversations.join", form: { channel: input.channel } });
    return { channel: (body as JsonObject).channel ?? null };
  },
});
