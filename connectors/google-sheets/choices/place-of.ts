import type { JsonObject } from "../../../src/connector-sdk/json.ts";
import type { TablePlace } from "../table.ts";

/** What the form says so far about the table. */
export function placeOf({ spreadsheet, sheet, headerRow }: JsonObject): TablePlace {
  const row = Number(headerRow ?? 1);
  return {
    spreadsheet: String(spreadsheet ?? ""),
    sheet: String(sheet ?? ""),
    headerRow: Number.isInteger(row) && row > 0 ? row : 1,
  };
}
