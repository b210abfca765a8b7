import { defineAction } from "../../../src/connector-sdk/action.ts";
import type { JsonObject } from "../../../src/connector-sdk/json.ts";
import { range, spreadsheet } from "../fields.ts";
import { spreadsheetPath } from "../values-api.ts";

export default defineAction({
  title: "Empty cells",
  description: "Takes the values out of a range and leaves its format.",
  input: { spreadsheet, range },
  effect: "upsert",
  rateLimitMethod: "write",
  outputSample: { range: "Orders!A2:D20" },

  async run({ api, input: { spreadsheet, range } }) {
    const path = `${spreadsheetPath(spreadsheet)}/values/${encodeURIComponent(range)}:clear`;
    const { body } = await api({ method: "POST", path, json: {} });
    return { range: (body as JsonObject).clearedRange ?? range };
  },
});
