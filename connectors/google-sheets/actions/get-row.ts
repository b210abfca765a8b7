import { defineAction } from "../../../src/connector-sdk/action.ts";
import { rowsRange } from "../a1.ts";
import { headerRow, row, sheet, shown, spreadsheet } from "../fields.ts";
import { rowSample } from "../samples.ts";
import { readHeader, toRow } from "../table.ts";
import { readValues } from "../values-api.ts";

export default defineAction({
  title: "Get a row",
  description: "Reads the row with a number, its values by column name.",
  input: { spreadsheet, sheet, headerRow, row, shown },
  effect: "safe",
  rateLimitMethod: "read",
  outputSample: { ...rowSample, isEmpty: false },

  async run({ api, input }) {
    const { spreadsheet, sheet, row, shown } = input;
    const header = await readHeader(api, input);
    const [cells = []] = await readValues(api, spreadsheet, rowsRange(sheet, row, row), shown);
    return { ...toRow(row, header, cells), isEmpty: cells.length === 0 };
  },
});
