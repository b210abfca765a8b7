import { defineAction } from "../../../src/connector-sdk/action.ts";
import type { JsonObject } from "../../../src/connector-sdk/json.ts";
import { object, values } from "../fields.ts";
import { objectPath } from "../records.ts";

export default defineAction({
  title: "Create a record",
  description: "Makes a new record of any object.",
  input: { object, values: { ...values, description: "By API name." } },
  // Salesforce takes no idempotency key. With an external id, `upsert_record` is the one that can be repeated.
  effect: "unsafe",
  outputSample: { id: "001D000000IqhSLIAZ" },

  async run({ api, input: { object, values } }) {
    const { body } = await api({ method: "POST", path: objectPath(object), json: values });
    return { id: (body as JsonObject).id ?? null };
  },
});
