import { defineAction } from "../../../src/connector-sdk/action.ts";
import { headerRow, limit, sheet, shown, spreadsheet } from "../fields.ts";
import { rowSample } from "../samples.ts";
import { type Row, readHeader, readRows } from "../table.ts";

export default defineAction({
  title: "List rows",
  description: "Reads the rows of a sheet, with their values by column name.",
  input: {
    spreadsheet,
    sheet,
    headerRow,
    firstRow: {
      kind: "number",
      title: "From row",
      description: "Default: the one below the column names.",
      integer: true,
      min: 1,
      placeholder: "2",
    },
    shown,
    limit,
  },
  effect: "safe",
  rateLimitMethod: "read",
  outputSample: { rows: [rowSample], hasMore: false },

  async run({ api, input }) {
    const { headerRow, firstRow = headerRow + 1, shown, limit } = input;
    const header = await readHeader(api, input);
    const all: Row[] = [];
    for await (const rows of readRows(api, input, header, { from: firstRow, shown })) {
      all.push(...rows);
      if (all.length > limit) break;
    }
    return { rows: all.slice(0, limit).map((row) => ({ ...row })), hasMore: all.length > limit };
  },
});
