import { defineAction } from "../../../src/connector-sdk/action.ts";
import { object, recordId, values } from "../fields.ts";
import { recordPath } from "../records.ts";

export default defineAction({
  title: "Change a record",
  description: "Sets fields of the record with an id.",
  input: { object, recordId, values },
  effect: "upsert",
  outputSample: { id: "001D000000IqhSLIAZ" },

  async run({ api, input: { object, recordId, values } }) {
    await api({ method: "PATCH", path: recordPath(object, recordId), json: values });
    return { id: recordId };
  },
});
