import type { LoadChoices } from "../../../src/connector-sdk/fields.ts";
import { readChoices } from "./read-choices.ts";

export const loadChannels: LoadChoices = async (context) =>
  readChoices(
    context,
    {
      path: "/conversations.list",
      query: { types: "public_channel,private_channel", exclude_archived: true },
      member: "channels",
    },
    ({ id, name }) => ({ value: String(id), title: `#${name}` }),
  );
