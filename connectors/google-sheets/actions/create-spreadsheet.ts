import { defineAction } from "../../../src/connector-sdk/action.ts";
import type { JsonObject } from "../../../src/connector-sdk/json.ts";

export default defineAction({
  title: "Create a spreadsheet",
  description: "Makes a new spreadsheet in the account's Drive.",
  input: {
    title: { kind: "text", title: "Name", required: true, placeholder: "Orders 2026" },
    sheets: {
      kind: "list",
      title: "Sheets",
      description: "Their names. Default: one, named by Google.",
      of: { kind: "text", title: "Name" },
    },
  },
  effect: "unsafe",
  rateLimitMethod: "write",
  outputSample: {
    spreadsheetId: "1BxiMVs0XRA5nFMdKvBdBZjgmUUqptlbs74OgvE2upms",
    url: "https://docs.google.com/spreadsheets/d/1BxiMVs0XRA5nFMdKvBdBZjgmUUqptlbs74OgvE2upms/edit",
  },

  async run({ api, input: { title, sheets } }) {
    const { body } = await api({
      method: "POST",
      path: "/spreadsheets",
      query: { fields: "spreadsheetId,spreadsheetUrl" },
      json: { properties: { title }, sheets: sheets?.map((name) => ({ properties: { title: name } })) },
    });
    const { spreadsheetId, spreadsheetUrl } = body as JsonObject;
    return { spreadsheetId: spreadsheetId ?? null, url: spreadsheetUrl ?? null };
  },
});
