import type { JsonObject } from "../../../src/connector-sdk/json.ts";
import { defineTrigger } from "../../../src/connector-sdk/trigger.ts";
import { onlyChannel } from "../fields.ts";
import { messageSample } from "../samples.ts";
import { isInChannel } from "./is-in-channel.ts";

export default defineTrigger({
  kind: "app_event",
  title: "App mentioned",
  description: "Runs when a message mentions the app.",
  input: { channel: onlyChannel },
  bodySample: {
    ...messageSample,
    type: "app_mention",
    text: "<@U0LAN0Z89> where is order 4711?",
    channel: "C012AB3CD",
    team_id: "T012AB3C4",
    event_id: "Ev08MFMKH6",
    event_time: 1503435956,
  },

  select: ({ type, body }, { input }) =>
    type === "app_mention" && isInChannel(body as JsonObject, input.channel) ? body : undefined,
});
