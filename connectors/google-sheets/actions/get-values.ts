import { defineAction } from "../../../src/connector-sdk/action.ts";
import { range, shown, spreadsheet } from "../fields.ts";
import { readValues } from "../values-api.ts";

export default defineAction({
  title: "Get cells",
  description: "Reads a range of cells, row by row.",
  input: { spreadsheet, range, shown },
  effect: "safe",
  rateLimitMethod: "read",
  outputSample: {
    values: [
      ["Order", "Total"],
      ["1001", 25],
    ],
  },

  async run({ api, input: { spreadsheet, range, shown } }) {
    const rows = await readValues(api, spreadsheet, range, shown);
    return { values: rows.map((cells) => [...cells]) };
  },
});
