import { defineTrigger } from "../../../src/connector-sdk/trigger.ts";
import { object, selected } from "../fields.ts";
import { accountSample } from "../samples.ts";
import { pollRecords } from "./poll-records.ts";

export default defineTrigger({
  kind: "poll",
  title: "New or changed record",
  description: "Starts when a record of an object is created or changed, by whomever.",
  input: { object, selected },
  bodySample: accountSample,
  poll: (context) => pollRecords(context, "SystemModstamp", ({ Id, SystemModstamp }) => `${Id}@${SystemModstamp}`),
});
