import { defineTrigger } from "../../../src/connector-sdk/trigger.ts";

export default defineTrigger({
  kind: "manual",
  title: "Started by hand",
  description:
    "Runs when somebody starts it, through the API, or as a step of another workflow. Its input is trigger.body.",
  input: {},
  bodySample: {},
});
