import { defineAction } from "../../../src/connector-sdk/action.ts";
import { describeFields } from "../describe-object.ts";
import { object } from "../fields.ts";

export default defineAction({
  title: "Describe an object",
  description: "Tells which fields an object has, and of which types.",
  input: { object },
  effect: "safe",
  outputSample: {
    fields: [{ name: "Industry", label: "Industry", type: "picklist", required: false, values: ["Technology"] }],
  },

  async run({ api, input: { object } }) {
    const fields = await describeFields(api, object);
    return {
      fields: fields.map(({ name, label, type, isRequired, picklist }) => ({
        name,
        label,
        type,
        required: isRequired,
        values: picklist.map(({ value }) => value),
      })),
    };
  },
});
