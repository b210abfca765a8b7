import { defineAction } from "../../../src/connector-sdk/action.ts";
import { channel } from "../fields.ts";

export default defineAction({
  title: "Set a channel's topic",
  description: "Replaces the topic of a channel that the app is in.",
  input: {
    channel,
    topic: {
      kind: "text",
      title: "Topic",
      description: "At most 250 characters.",
      placeholder: "Next delivery: Tuesday",
      required: true,
    },
  },
  effect: "upsert",
  rateLimitMethod: "conversations.setTopic",
  outputSample: { channel: "C012AB3CD", topic: "Next delivery: Tuesday" },

  async run({ api, input }) {
    const { channel, topic } = input;
    await api({ method: "POST", path: "/conversations.setTopic", form: { channel, topic } });
    return { channel, topic };
  },
});
