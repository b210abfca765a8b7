import type { JsonObject } from "../../../src/connector-sdk/json.ts";
import { defineTrigger } from "../../../src/connector-sdk/trigger.ts";
import { onlyChannel } from "../fields.ts";
import { messageSample } from "../samples.ts";
import { isInChannel } from "./is-in-channel.ts";

export default defineTrigger({
  kind: "app_event",
  title: "Message posted",
  description: "Runs for new messages in channels that the app is in; edits and deletions are not new messages.",
  input: {
    channel: onlyChannel,
    contains: {
      kind: "text",
      title: "Only if it contains",
      description: "Upper and lower case count as the same.",
      placeholder: "invoice",
    },
    threads: {
      kind: "select",
      title: "Answers in threads",
      default: "with",
      options: [
        { value: "with", title: "Count too" },
        { value: "without", title: "Do not count" },
        { value: "only", title: "Are the only ones that count" },
      ],
    },
    fromApps: {
      kind: "boolean",
      title: "Messages of apps count too",
      description: "A workflow that answers in the channel would then start itself.",
      default: false,
    },
  },
  bodySample: {
    ...messageSample,
    channel: "C012AB3CD",
    channel_type: "channel",
    team_id: "T012AB3C4",
    event_id: "Ev08MFMKH6",
    event_time: 1503435956,
  },

  select({ type, body }, { input }) {
    const event = body as JsonObject;
    if (type !== "message" || !isNew(event, input.fromApps) || !isInChannel(event, input.channel)) return undefined;
    const isAnswer = event.thread_ts !== undefined && event.thread_ts !== event.ts;
    if ((input.threads === "without" && isAnswer) || (input.threads === "only" && !isAnswer)) return undefined;
    const text = typeof event.text === "string" ? event.text.toLowerCase() : "";
    return text.includes((input.contains ?? "").toLowerCase()) ? event : undefined;
  },
});

/** Messages with another subtype tell of joins, edits, deletions and the like. */
const NEW_SUBTYPES = new Set<unknown>([undefined, "file_share", "thread_broadcast", "me_message"]);

function isNew({ subtype, bot_id }: JsonObject, fromApps: boolean): boolean {
  const isFromApp = bot_id !== undefined || subtype === "bot_message";
  return isFromApp ? fromApps && (subtype === "bot_message" || NEW_SUBTYPES.has(subtype)) : NEW_SUBTYPES.has(subtype);
}
