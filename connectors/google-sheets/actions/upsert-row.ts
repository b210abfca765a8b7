import { defineAction } from "../../../src/connector-sdk/action.ts";
import { ActionError } from "../../../src/connector-sdk/action-error.ts";
import type { JsonObject } from "../../../src/connector-sdk/json.ts";
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
  // Whatever a call has done before it was cut off, the next one finds its row; unless it gave it another key.
  effect: ({ values, column, key }) => (rekeys(values, column, key) ? "unsafe" : "upsert"),
  rateLimitMethod: "write",
  furtherRateLimitMethods: ["read"],
  outputSample: { row: 5, added: false },

  async run({ api, input }) {
    const { spreadsheet, sheet, headerRow, column, key, entered } = input;
    const header = await readHeader(api, input);
    if (key.trim() === "") throw new ActionError("final", "The value to look for is empty.", { code: "invalid_input" });
    const keyCell = rekeys(input.values, column, key) ? input.values[column]! : entered === "RAW" ? key : asTyped(key);
    const cells = toCells(header, { ...input.values, [column]: keyCell });
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

function rekeys(values: JsonObject, column: string, key: string): boolean {
  const given = Object.hasOwn(values, column) ? (values[column] ?? null) : null;
  return given !== null && !isSameValue(given, key);
}

/** Sheets would make 7 of 007 and a date of 1-2, and nobody would find it again; an apostrophe keeps what follows. */
function asTyped(key: string): string {
  return String(Number(key)) === key ? key : `'${key}`;
}
