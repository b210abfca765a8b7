import { defineAction } from "../../../src/connector-sdk/action.ts";
import { row, sheet, spreadsheet } from "../fields.ts";
import { findSheet } from "../table.ts";
import { spreadsheetPath } from "../values-api.ts";

export default defineAction({
  title: "Delete rows",
  description: "Takes rows out of a sheet; those below move up.",
  input: {
    spreadsheet,
    sheet,
    row: { ...row, title: "First row" },
    count: { kind: "number", title: "How many", integer: true, min: 1, max: 10_000, default: 1 },
  },
  // A second call would delete the rows that have moved up.
  effect: "unsafe",
  rateLimitMethod: "write",
  furtherRateLimitMethods: ["read"],
  outputSample: { deleted: 1 },

  async run({ api, input }) {
    const { spreadsheet, row, count } = input;
    const { sheetId } = await findSheet(api, input);
    const range = { sheetId, dimension: "ROWS", startIndex: row - 1, endIndex: row - 1 + count };
    await api({
      method: "POST",
      path: `${spreadsheetPath(spreadsheet)}:batchUpdate`,
      json: { requests: [{ deleteDimension: { range } }] },
    });
    return { deleted: count };
  },
});
