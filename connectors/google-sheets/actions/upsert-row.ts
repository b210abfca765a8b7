import { defineAction } from "../../../src/connector-sdk/action.ts";
import { firstRowOf, rowsRange } from "../a1.ts";
import { column, entered, headerRow, sheet, spreadsheet, values } from "../fields.ts";
import { isSameValue, readHeader, readRows, toCells } from "../table.ts";
import { appendValues, writeValues } from "../values-api.ts";

export default defineAction({
  title: "Add or change a row",
  description: "Changes the first row that holds a value in a column, or adds one where there is none.",
  input: {
    spreadsheet,
    sheet,
    headerRow,
    column: { ...column, title: "Column to look in" },
    key: { kind: "text", title: "Value to look for", required: true, placeholder: "{{ trigger.body.orderId }}" },
    values,
    entered,
  },
  // Whatever a call has done before it was cut off, the next one finds its row.
  effect: "upsert",
  rateLimitMethod: "write",
  outputSample: { row: 5, added: false },

  async run({ api, input }) {
    const { spreadsheet, sheet, headerRow, column, key, entered } = input;
    const header = await readHeader(api, input);
    const cells = toCells(header, { ...input.values, [column]: input.values[column] ?? key });
    for await (const rows of readRows(api, input, header)) {
      const found = rows.find(({ values }) => isSameValue(values[column], key));
      if (!found) continue;
      await writeValues(api, spreadsheet, rowsRange(sheet, found.row, found.row), [cells], entered);
      return { row: found.row, added: false };
    }
    const range = await appendValues(api, spreadsheet, rowsRange(sheet, headerRow, headerRow), [cells], entered);
    return { row: firstRowOf(range), added: true };
  },
});
