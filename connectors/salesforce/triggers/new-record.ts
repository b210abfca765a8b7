import { defineTrigger } from "../../../src/connector-sdk/trigger.ts";
import { object, selected } from "../fields.ts";
import { accountSample } from "../samples.ts";
import { pollRecords } from "./poll-records.ts";

export default defineTrigger({
  kind: "poll",
  title: "New record",
  description: "Starts when a record of an object is created.",
  input: { object, selected },
  bodySample: { ...accountSample, CreatedDate: "2026-05-31T09:30:00.000+0000" },
  poll: (context) => pollRecords(context, "CreatedDate", ({ Id }) => String(Id)),
});
