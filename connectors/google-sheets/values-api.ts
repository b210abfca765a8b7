import type { Api } from "../../src/connector-sdk/call-context.ts";
import { isJsonObject, type Json, type JsonObject } from "../../src/connector-sdk/json.ts";

export type Cell = string | number | boolean | null;

/** The resource under which a spreadsheet stands. Its id is what people paste: it is never more than one path segment. */
export function spreadsheetPath(spreadsheet: string): string {
  return `/spreadsheets/${encodeURIComponent(spreadsheet.trim())}`;
}

function rangePath(spreadsheet: string, range: string): string {
  return `${spreadsheetPath(spreadsheet)}/values/${encodeURIComponent(range)}`;
}

/** Rows of cells. Google leaves out empty cells at the end of a row and empty rows at the end. */
export async function readValues(
  api: Api,
  spreadsheet: string,
  range: string,
  valueRenderOption: "UNFORMATTED_VALUE" | "FORMATTED_VALUE" | "FORMULA" = "UNFORMATTED_VALUE",
): Promise<readonly (readonly Cell[])[]> {
  const query = { valueRenderOption, dateTimeRenderOption: "FORMATTED_STRING", majorDimension: "ROWS" };
  const { body } = await api({ path: rangePath(spreadsheet, range), query });
  return isJsonObject(body) && Array.isArray(body.values) ? (body.values as unknown as Cell[][]) : [];
}

/** Replaces the cells of a range. A null leaves its cell alone. */
export async function writeValues(
  api: Api,
  spreadsheet: string,
  range: string,
  values: readonly (readonly Json[])[],
  valueInputOption: "RAW" | "USER_ENTERED",
): Promise<JsonObject> {
  const { body } = await api({
    method: "PUT",
    path: rangePath(spreadsheet, range),
    query: { valueInputOption },
    json: { range, majorDimension: "ROWS", values },
  });
  return body as JsonObject;
}

/** Adds rows below the table that `range` is in. Gives the range that was written. */
export async function appendValues(
  api: Api,
  spreadsheet: string,
  range: string,
  values: readonly (readonly Json[])[],
  valueInputOption: "RAW" | "USER_ENTERED",
): Promise<string> {
  const { body } = await api({
    method: "POST",
    path: `${rangePath(spreadsheet, range)}:append`,
    query: { valueInputOption, insertDataOption: "INSERT_ROWS" },
    json: { range, majorDimension: "ROWS", values },
  });
  const updates = isJsonObject(body) ? body.updates : null;
  return isJsonObject(updates ?? null) ? String((updates as JsonObject).updatedRange ?? "") : "";
}

export interface SheetProperties {
  readonly sheetId: number;
  readonly title: string;
  readonly index: number;
  readonly rowCount: number;
  readonly columnCount: number;
}

export async function readSheets(api: Api, spreadsheet: string): Promise<readonly SheetProperties[]> {
  const { body } = await api({
    path: spreadsheetPath(spreadsheet),
    query: { fields: "sheets.properties(sheetId,title,index,gridProperties(rowCount,columnCount))" },
  });
  const sheets = isJsonObject(body) && Array.isArray(body.sheets) ? (body.sheets as JsonObject[]) : [];
  return sheets.map(({ properties }) => toSheetProperties((properties ?? {}) as JsonObject));
}

export function toSheetProperties({ sheetId, title, index, gridProperties }: JsonObject): SheetProperties {
  const { rowCount, columnCount } = (gridProperties ?? {}) as JsonObject;
  return {
    // Google leaves out what is zero.
    sheetId: Number(sheetId ?? 0),
    title: String(title ?? ""),
    index: Number(index ?? 0),
    rowCount: Number(rowCount ?? 0),
    columnCount: Number(columnCount ?? 0),
  };
}
