import { defineTrigger } from "../../../src/connector-sdk/trigger.ts";
import { missedField } from "../missed-field.ts";

export default defineTrigger({
  kind: "schedule",
  title: "Again and again",
  description: "Runs at a fixed interval, counted from publishing.",
  input: {
    every: {
      kind: "text",
      title: "Interval",
      description: "An ISO 8601 duration.",
      format: "duration",
      placeholder: "PT15M",
      required: true,
    },
    missed: missedField,
  },
  bodySample: null,
});
