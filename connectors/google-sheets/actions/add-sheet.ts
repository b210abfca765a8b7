import { defineAction } from "../../../src/connector-sdk/action.ts";
import { ActionError } from "../../../src/connector-sdk/action-error.ts";
import { isJsonObject, type Json } from "../../../src/connector-sdk/json.ts";
import { spreadsheet } from "../fields.ts";
import { findSheet } from "../table.ts";
import { spreadsheetPath, toSheetProperties } from "../values-api.ts";

export default defineAction({
  title: "Add a sheet",
  description: "Adds a sheet to a spreadsheet, unless it has one of that name.",
  input: {
    spreadsheet,
    title: { kind: "text", title: "Name", required: true, placeholder: "June" },
  },
  effect: "upsert",
  rateLimitMethod: "write",
  furtherRateLimitMethods: ["read"],
  outputSample: { sheetId: 1_823_402, title: "June", added: true },

  async run({ api, input: { spreadsheet, title } }) {
    try {
      const { body } = await api({
        method: "POST",
        path: `${spreadsheetPath(spreadsheet)}:batchUpdate`,
        json: { requests: [{ addSheet: { properties: { title } } }] },
      });
      return { sheetId: addedSheetId(body), title, added: true };
    } catch (error) {
      if (!isTaken(error)) throw error;
      const { sheetId } = await findSheet(api, { spreadsheet, sheet: title });
      return { sheetId, title, added: false };
    }
  },
});

function addedSheetId(body: Json): number {
  const replies = isJsonObject(body) && Array.isArray(body.replies) ? body.replies : [];
  const [reply] = replies as readonly { readonly addSheet?: { readonly properties?: object } }[];
  return toSheetProperties((reply?.addSheet?.properties ?? {}) as Parameters<typeof toSheetProperties>[0]).sheetId;
}

/** A 400 whose sentence is all there is to know it by. */
function isTaken(error: unknown): boolean {
  return error instanceof ActionError && error.code === "http_400" && /already exists/i.test(error.message);
}
