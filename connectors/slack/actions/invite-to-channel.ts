import { defineAction } from "../../../src/connector-sdk/action.ts";
import { acceptError } from "../accept-error.ts";
import { channel, users } from "../fields.ts";

export default defineAction({
  title: "Invite to a channel",
  description: "Adds people to a channel that the app is in. Those who are in it already count as done.",
  input: { channel, users },
  effect: "upsert",
  rateLimitMethod: "conversations.invite",
  outputSample: { channel: "C012AB3CD", invited: ["U012A3CDE"], alreadyIn: [] },

  async run({ api, input }) {
    const { channel } = input;
    const invited: string[] = [];
    const alreadyIn: string[] = [];
    // One by one: of several, Slack invites none when one of them is in the channel already.
    for (const users of input.users) {
      const call = api({ method: "POST", path: "/conversations.invite", form: { channel, users } });
      const answer = await acceptError(call, ["already_in_channel"]);
      (typeof answer === "string" ? alreadyIn : invited).push(users);
    }
    return { channel, invited, alreadyIn };
  },
});
