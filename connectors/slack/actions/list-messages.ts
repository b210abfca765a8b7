import { defineAction } from "../../../src/connector-sdk/action.ts";
import { channel, limit } from "../fields.ts";
import { followCursor } from "../follow-cursor.ts";
import { messageSample } from "../samples.ts";

export default defineAction({
  title: "List messages",
  description: "Reads a channel's messages, newest first.",
  input: {
    channel,
    oldest: { kind: "date", title: "From", withTime: true, placeholder: "2026-05-31T00:00:00Z" },
    latest: { kind: "date", title: "Until", withTime: true, placeholder: "2026-05-31T23:59:59Z" },
    limit,
  },
  effect: "safe",
  rateLimitMethod: "conversations.history",
  outputSample: { messages: [messageSample], hasMore: false },

  async run({ api, input }) {
    const { channel, oldest, latest } = input;
    const query = { channel, oldest: toSeconds(oldest), latest: toSeconds(latest) };
    const { items, hasMore } = await followCursor(api, "/conversations.history", query, "messages", input.limit);
    return { messages: items, hasMore };
  },
});

function toSeconds(instant: string | undefined): number | undefined {
  return instant === undefined ? undefined : Date.parse(instant) / 1000;
}
