import { defineAction } from "../../../src/connector-sdk/action.ts";
import { firstRowOf, rowsRange } from "../a1.ts";
import { entered, headerRow, sheet, spreadsheet, values } from "../fields.ts";
import { readHeader, toCells } from "../table.ts";
import { appendValues } from "../values-api.ts";

export default defineAction({
  title: "Add a row",
  description: "Adds a row below the last one, its values by column name.",
  input: {
    spreadsheet,
    sheet,
    headerRow,
    values: { ...values, description: "By column name. Columns that are left out stay empty." },
    entered,
  },
  // Google takes no idempotency key, and a second call is a second row. `upsert_row` is the one that can be repeated.
  effect: "unsafe",
  rateLimitMethod: "write",
  furtherRateLimitMethods: ["read"],
  outputSample: { row: 5, range: "'Orders'!A5:C5" },

  async run({ api, input }) {
    const header = await readHeader(api, input);
    const { spreadsheet, sheet, headerRow, entered } = input;
    const cells = toCells(header, input.values);
    const range = await appendValues(api, spreadsheet, rowsRange(sheet, headerRow, headerRow), [cells], entered);
    return { row: firstRowOf(range), range };
  },
});
