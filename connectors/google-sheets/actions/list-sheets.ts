import { defineAction } from "../../../src/connector-sdk/action.ts";
import { spreadsheet } from "../fields.ts";
import { readSheets } from "../values-api.ts";

export default defineAction({
  title: "List sheets",
  description: "Tells which sheets a spreadsheet has.",
  input: { spreadsheet },
  effect: "safe",
  rateLimitMethod: "read",
  outputSample: { sheets: [{ sheetId: 0, title: "Orders", index: 0, rowCount: 1000, columnCount: 26 }] },

  async run({ api, input: { spreadsheet } }) {
    const sheets = await readSheets(api, spreadsheet);
    return { sheets: sheets.map((each) => ({ ...each })) };
  },
});
