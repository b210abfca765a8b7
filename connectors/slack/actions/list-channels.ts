import { defineAction } from "../../../src/connector-sdk/action.ts";
import { limit } from "../fields.ts";
import { followCursor } from "../follow-cursor.ts";
import { channelSample } from "../samples.ts";

export default defineAction({
  title: "List channels",
  description: "Reads the workspace's channels.",
  input: {
    types: {
      kind: "multi_select",
      title: "Which",
      default: ["public_channel"],
      options: [
        { value: "public_channel", title: "Public channels" },
        { value: "private_channel", title: "Private channels that the app is in" },
      ],
    },
    withArchived: { kind: "boolean", title: "Archived ones too", default: false },
    limit,
  },
  effect: "safe",
  rateLimitMethod: "conversations.list",
  outputSample: { channels: [channelSample], hasMore: false },

  async run({ api, input }) {
    const query = { types: input.types.join(","), exclude_archived: !input.withArchived };
    const { items, hasMore } = await followCursor(api, "/conversations.list", query, "channels", input.limit);
    return { channels: items, hasMore };
  },
});
