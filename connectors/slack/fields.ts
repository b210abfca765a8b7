import type { Field } from "../../src/connector-sdk/fields.ts";
import { loadChannels } from "./choices/load-channels.ts";
import { loadUsers } from "./choices/load-users.ts";

/* Fields that several actions and triggers share. */

export const channel = {
  kind: "select",
  title: "Channel",
  description: "A channel, or the id of a direct message. The app must be in private ones.",
  placeholder: "C012AB3CD",
  required: true,
  choices: { load: loadChannels },
} as const satisfies Field;

/** Of a trigger: any channel where none is chosen. */
export const onlyChannel = {
  kind: "select",
  title: "Only in channel",
  description: "If empty, in every channel that the app is in.",
  choices: { load: loadChannels },
} as const satisfies Field;

export const user = {
  kind: "select",
  title: "Person",
  placeholder: "U012A3CDE",
  required: true,
  choices: { load: loadUsers },
} as const satisfies Field;

export const users = {
  kind: "multi_select",
  title: "People",
  required: true,
  choices: { load: loadUsers },
} as const satisfies Field;

export const messageTs = {
  kind: "text",
  title: "Message",
  description: "Its time stamp, which is Slack's id of a message: `ts` of a posted or received one.",
  placeholder: "1503435956.000247",
  required: true,
} as const satisfies Field;

export const text = {
  kind: "text",
  title: "Text",
  description: "Slack's markup: *bold*, _italic_, <@U012A3CDE>. With blocks, it is what notifications show.",
  placeholder: "Order 4711 has been shipped :truck:",
  multiline: true,
  required: true,
} as const satisfies Field;

export const blocks = {
  kind: "json",
  title: "Blocks",
  description: "A layout in Block Kit, as a list; it takes the text's place. Try one out in Slack's Block Kit Builder.",
  placeholder: '[{ "type": "section", "text": { "type": "mrkdwn", "text": "*Hello*" } }]',
} as const satisfies Field;

export const threadTs = {
  kind: "text",
  title: "In the thread of",
  description: "The time stamp of the message to answer.",
  placeholder: "1503435956.000247",
} as const satisfies Field;

export const limit = {
  kind: "number",
  title: "At most",
  description: "How many to read; they come in pages of 200.",
  integer: true,
  min: 1,
  max: 2000,
  default: 200,
} as const satisfies Field;
