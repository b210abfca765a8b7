import { defineAction } from "../../../src/connector-sdk/action.ts";
import { ActionError } from "../../../src/connector-sdk/action-error.ts";
import { isJsonObject, type Json, type JsonObject } from "../../../src/connector-sdk/json.ts";
import { firstRowOf, rowsRange } from "../a1.ts";
import { entered, headerRow, sheet, spreadsheet } from "../fields.ts";
import { readHeader, toCells } from "../table.ts";
import { appendValues } from "../values-api.ts";

export default defineAction({
  title: "Add several rows",
  description: "Adds rows below the last one with a single call.",
  input: {
    spreadsheet,
    sheet,
    headerRow,
    rows: {
      kind: "json",
      title: "Rows",
      description: "A list of objects with values by column name.",
      placeholder: '[{ "Order": "1001", "Total": 25 }]',
      required: true,
    },
    entered,
  },
  effect: "unsafe",
  rateLimitMethod: "write",
  furtherRateLimitMethods: ["read"],
  outputSample: { firstRow: 5, count: 2, range: "'Orders'!A5:C6" },

  async run({ api, input }) {
    const { spreadsheet, sheet, headerRow, entered } = input;
    const rows = asObjects(input.rows);
    if (rows.length === 0) return { firstRow: null, count: 0, range: null };
    const header = await readHeader(api, input);
    const cells = rows.map((row) => toCells(header, row));
    const range = await appendValues(api, spreadsheet, rowsRange(sheet, headerRow, headerRow), cells, entered);
    return { firstRow: firstRowOf(range), count: rows.length, range };
  },
});

function asObjects(rows: Json): readonly JsonObject[] {
  if (Array.isArray(rows) && rows.every((row: Json) => isJsonObject(row))) return rows as readonly JsonObject[];
  throw new ActionError("final", "Rows has to be a list of objects, each with values by column name.", {
    code: "invalid_input",
  });
}
