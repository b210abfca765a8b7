import { defineAction } from "../../../src/connector-sdk/action.ts";
import { ActionError } from "../../../src/connector-sdk/action-error.ts";
import type { Api } from "../../../src/connector-sdk/call-context.ts";
import { isJsonObject, type Json, type JsonObject } from "../../../src/connector-sdk/json.ts";
import { acceptError } from "../accept-error.ts";
import { followCursor } from "../follow-cursor.ts";
import { channelSample } from "../samples.ts";

export default defineAction({
  title: "Create a channel",
  description: "Creates a public or private channel, with the app as its first member.",
  input: {
    name: {
      kind: "text",
      title: "Name",
      description: "Lower-case letters, digits, hyphens and underscores; at most 80.",
      placeholder: "order-4711",
      required: true,
    },
    isPrivate: { kind: "boolean", title: "Private", default: false },
    ifTaken: {
      kind: "select",
      title: "If there is one with this name",
      default: "fail",
      options: [
        { value: "fail", title: "Fail" },
        { value: "take", title: "Take that one" },
      ],
    },
  },
  // A name is given once, so a repeated call can only find the first one's channel.
  effect: ({ ifTaken }) => (ifTaken === "take" ? "upsert" : "unsafe"),
  rateLimitMethod: "conversations.create",
  outputSample: { created: true, channel: channelSample },

  async run({ api, input }) {
    const form = { name: input.name, is_private: input.isPrivate };
    const call = api({ method: "POST", path: "/conversations.create", form });
    const answer = await acceptError(call, input.ifTaken === "take" ? ["name_taken"] : []);
    if (typeof answer !== "string") return { created: true, channel: (answer.body as JsonObject).channel ?? null };
    return { created: false, channel: await findChannel(api, input.name) };
  },
});

/** More than any workspace that still works well has. */
const MAX_CHANNELS = 20_000;

async function findChannel(api: Api, name: string): Promise<Json> {
  const query = { types: "public_channel,private_channel", exclude_archived: false };
  const { items } = await followCursor(api, "/conversations.list", query, "channels", MAX_CHANNELS);
  const found = items.find((item) => isJsonObject(item) && item.name === name);
  if (found !== undefined) return found;
  const message = `Slack refused: name_taken; "${name}" belongs to a private channel that the app is not in`;
  throw new ActionError("final", message, { code: "name_taken" });
}
