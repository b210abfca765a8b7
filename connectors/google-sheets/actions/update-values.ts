import { defineAction } from "../../../src/connector-sdk/action.ts";
import { ActionError } from "../../../src/connector-sdk/action-error.ts";
import type { Json } from "../../../src/connector-sdk/json.ts";
import { entered, range, spreadsheet } from "../fields.ts";
import { writeValues } from "../values-api.ts";

export default defineAction({
  title: "Write cells",
  description: "Replaces a range of cells.",
  input: {
    spreadsheet,
    range,
    values: {
      kind: "json",
      title: "Values",
      description: "A list of rows, each a list of cells. A null leaves its cell as it is.",
      placeholder: '[["1001", 25], ["1002", 30]]',
      required: true,
    },
    entered,
  },
  effect: "upsert",
  rateLimitMethod: "write",
  outputSample: { range: "Orders!A2:B3", cells: 4 },

  async run({ api, input: { spreadsheet, range, values, entered } }) {
    const answer = await writeValues(api, spreadsheet, range, asRows(values), entered);
    return { range: answer.updatedRange ?? range, cells: answer.updatedCells ?? 0 };
  },
});

function asRows(values: Json): readonly (readonly Json[])[] {
  if (Array.isArray(values) && values.every((row: Json) => Array.isArray(row))) return values as unknown as Json[][];
  throw new ActionError("final", "Values has to be a list of rows, each of them a list of cells.", {
    code: "invalid_input",
  });
}
