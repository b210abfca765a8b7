import { defineTrigger } from "../../../src/connector-sdk/trigger.ts";

export default defineTrigger({
  kind: "app_event",
  title: "Channel created",
  description: "Runs when a public channel is created.",
  input: {},
  bodySample: {
    type: "channel_created",
    channel: { id: "C012AB3CD", name: "order-4711", created: 1503435956, creator: "U012A3CDE" },
    event_ts: "1503435999.000100",
    team_id: "T012AB3C4",
    event_id: "Ev08MFMKH6",
    event_time: 1503435999,
  },

  select: ({ type, body }) => (type === "channel_created" ? body : undefined),
});
