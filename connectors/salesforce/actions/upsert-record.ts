import { defineAction } from "../../../src/connector-sdk/action.ts";
import { isJsonObject } from "../../../src/connector-sdk/json.ts";
import { externalIdField, object, values } from "../fields.ts";
import { objectPath } from "../records.ts";
import { fieldName } from "../soql.ts";

export default defineAction({
  title: "Create or change a record",
  description: "Changes the record with an external id, or creates it where there is none.",
  input: {
    object,
    externalIdField,
    externalId: { kind: "text", title: "External id", required: true, placeholder: "{{ trigger.body.orderId }}" },
    values,
  },
  effect: "upsert",
  outputSample: { id: "001D000000IqhSLIAZ", created: true },

  async run({ api, input: { object, externalIdField, externalId, values } }) {
    const field = fieldName(externalIdField);
    const { [field]: _, ...others } = values;
    const path = `${objectPath(object)}/${field}/${encodeURIComponent(externalId)}`;
    const { body, status } = await api({ method: "PATCH", path, json: others });
    // Older versions answer a change with 204 and nothing.
    const { id = null, created = status === 201 } = isJsonObject(body) ? body : {};
    return { id, created };
  },
});
