import { defineAction } from "../../../src/connector-sdk/action.ts";
import { limit } from "../fields.ts";
import { followCursor } from "../follow-cursor.ts";
import { userSample } from "../samples.ts";

export default defineAction({
  title: "List people",
  description: "Reads the workspace's members, bots and those who have left included.",
  input: { limit },
  effect: "safe",
  rateLimitMethod: "users.list",
  outputSample: { users: [userSample], hasMore: false },

  async run({ api, input }) {
    const { items, hasMore } = await followCursor(api, "/users.list", {}, "members", input.limit);
    return { users: items, hasMore };
  },
});
