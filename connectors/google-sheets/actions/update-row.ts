import { defineAction } from "../../../src/connector-sdk/action.ts";
import { rowsRange } from "../a1.ts";
import { entered, headerRow, row, sheet, spreadsheet, values } from "../fields.ts";
import { readHeader, toCells } from "../table.ts";
import { writeValues } from "../values-api.ts";

export default defineAction({
  title: "Change a row",
  description: "Writes values into a row whose number is known.",
  input: { spreadsheet, sheet, headerRow, row, values, entered },
  effect: "upsert",
  rateLimitMethod: "write",
  furtherRateLimitMethods: ["read"],
  outputSample: { row: 5, range: "'Orders'!A5:C5", cells: 2 },

  async run({ api, input }) {
    const { spreadsheet, sheet, row, entered } = input;
    const cells = toCells(await readHeader(api, input), input.values);
    const answer = await writeValues(api, spreadsheet, rowsRange(sheet, row, row), [cells], entered);
    return { row, range: answer.updatedRange ?? null, cells: answer.updatedCells ?? 0 };
  },
});
