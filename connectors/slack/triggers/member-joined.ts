import type { JsonObject } from "../../../src/connector-sdk/json.ts";
import { defineTrigger } from "../../../src/connector-sdk/trigger.ts";
import { onlyChannel } from "../fields.ts";
import { isInChannel } from "./is-in-channel.ts";

export default defineTrigger({
  kind: "app_event",
  title: "Person joined a channel",
  description: "Runs when somebody joins, or is invited to, a channel that the app is in.",
  input: { channel: onlyChannel },
  bodySample: {
    type: "member_joined_channel",
    user: "U012A3CDE",
    channel: "C012AB3CD",
    channel_type: "C",
    team: "T012AB3C4",
    inviter: "U061F7AUR",
    event_ts: "1503435999.000100",
    team_id: "T012AB3C4",
    event_id: "Ev08MFMKH6",
    event_time: 1503435999,
  },

  select: ({ type, body }, { input }) =>
    type === "member_joined_channel" && isInChannel(body as JsonObject, input.channel) ? body : undefined,
});
