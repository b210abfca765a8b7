import type { JsonObject } from "../../../src/connector-sdk/json.ts";
import { defineTrigger } from "../../../src/connector-sdk/trigger.ts";
import { onlyChannel } from "../fields.ts";
import { isInChannel } from "./is-in-channel.ts";

export default defineTrigger({
  kind: "app_event",
  title: "Reaction added",
  description: "Runs when somebody reacts to a message in a channel that the app is in.",
  input: {
    emoji: {
      kind: "text",
      title: "Only with emoji",
      description: "If empty, with any.",
      placeholder: "white_check_mark",
    },
    channel: onlyChannel,
  },
  bodySample: {
    type: "reaction_added",
    user: "U012A3CDE",
    reaction: "white_check_mark",
    item_user: "U061F7AUR",
    item: { type: "message", channel: "C012AB3CD", ts: "1503435956.000247" },
    event_ts: "1503435999.000100",
    team_id: "T012AB3C4",
    event_id: "Ev08MFMKH6",
    event_time: 1503435999,
  },

  select({ type, body }, { input }) {
    const event = body as JsonObject;
    if (type !== "reaction_added" || !isInChannel(event, input.channel)) return undefined;
    const wanted = (input.emoji ?? "").replace(/^:|:$/g, "");
    return wanted === "" || withoutSkinTone(event.reaction) === wanted || event.reaction === wanted ? event : undefined;
  },
});

/** `thumbsup::skin-tone-3` is a `thumbsup`. */
function withoutSkinTone(reaction: unknown): string {
  return String(reaction).split("::", 1)[0]!;
}
