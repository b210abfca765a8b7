import { defineTrigger } from "../../../src/connector-sdk/trigger.ts";
import { missedField } from "../missed-field.ts";

export default defineTrigger({
  kind: "schedule",
  title: "At times of day",
  description: "Runs at the times of a cron expression.",
  input: {
    cron: {
      kind: "text",
      title: "Cron expression",
      description: "Minute, hour, day of month, month, day of week; six fields begin with seconds.",
      placeholder: "0 9 * * 1-5",
      required: true,
    },
    timezone: {
      kind: "text",
      title: "Time zone",
      description: "Its daylight-saving time is followed.",
      format: "timezone",
      placeholder: "Europe/Berlin",
      default: "UTC",
    },
    missed: missedField,
  },
  bodySample: null,
});
