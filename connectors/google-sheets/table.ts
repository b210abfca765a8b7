import { ActionError } from "../../src/connector-sdk/action-error.ts";
import type { Api } from "../../src/connector-sdk/call-context.ts";
import type { Json, JsonObject } from "../../src/connector-sdk/json.ts";
import { columnName, rowsRange } from "./a1.ts";
import { type Cell, readSheets, readValues, type SheetProperties } from "./values-api.ts";

/*
 * A sheet read as a table: one row holds the column names, the rows below it hold the records.
 */

export interface TablePlace {
  readonly spreadsheet: string;
  readonly sheet: string;
  readonly headerRow: number;
}

export interface Row {
  /** As the sheet shows it. */
  readonly row: number;
  /** By column name. */
  readonly values: JsonObject;
}

/** The names of the columns; one without a name, or with a name that was there before, goes by its letter: `Column C`. */
export async function readHeader(api: Api, { spreadsheet, sheet, headerRow }: TablePlace): Promise<readonly string[]> {
  const [cells = []] = await readValues(api, spreadsheet, rowsRange(sheet, headerRow, headerRow), "FORMATTED_VALUE");
  const names = new Set<string>();
  for (const [index, cell] of cells.entries()) {
    const name = String(cell ?? "").trim();
    names.add(name === "" || names.has(name) ? `Column ${columnName(index)}` : name);
  }
  if (names.size > 0) return [...names];
  throw new ActionError("final", `Row ${headerRow} of "${sheet}" is empty. Write the column names into it.`, {
    code: "no_header",
  });
}

/** As many rows as come with one request. */
export const ROWS_AT_ONCE = 1_000;

/** The rows below the header in pieces, from `from` on; empty rows between others are passed over. */
export async function* readRows(
  api: Api,
  place: TablePlace,
  header: readonly string[],
  { from = place.headerRow + 1, shown }: { from?: number; shown?: Parameters<typeof readValues>[3] } = {},
): AsyncGenerator<readonly Row[]> {
  const { rowCount } = await findSheet(api, place);
  for (let first = from; first <= rowCount; first += ROWS_AT_ONCE) {
    const last = Math.min(first + ROWS_AT_ONCE - 1, rowCount);
    const rows = await readValues(api, place.spreadsheet, rowsRange(place.sheet, first, last), shown);
    yield rows.flatMap((cells, index) => (isEmpty(cells) ? [] : [toRow(first + index, header, cells)]));
  }
}

export async function findSheet(
  api: Api,
  { spreadsheet, sheet }: Pick<TablePlace, "spreadsheet" | "sheet">,
): Promise<SheetProperties> {
  const sheets = await readSheets(api, spreadsheet);
  const found = sheets.find(({ title }) => title === sheet);
  if (found) return found;
  const titles = sheets.map(({ title }) => `"${title}"`).join(", ");
  throw new ActionError("final", `The spreadsheet has no sheet "${sheet}". It has ${titles || "none"}.`, {
    code: "no_sheet",
  });
}

function isEmpty(cells: readonly Cell[]): boolean {
  return cells.every((cell) => cell === null || cell === "");
}

export function toRow(row: number, header: readonly string[], cells: readonly Cell[]): Row {
  return { row, values: Object.fromEntries(header.map((name, index) => [name, cells[index] ?? ""])) };
}

/**
 * Cells in the order of the columns. What is not given is null, which Google leaves alone; a given null empties its
 * cell. Throws `final` for a column that the sheet does not have.
 */
export function toCells(header: readonly string[], values: JsonObject): readonly Json[] {
  const unknown = Object.keys(values).filter((name) => !header.includes(name));
  if (unknown.length > 0)
    throw new ActionError(
      "final",
      `The sheet has no column ${unknown.map((name) => `"${name}"`).join(", ")}. It has ${header.map((name) => `"${name}"`).join(", ")}.`,
      { code: "no_column" },
    );
  return header.map((name) => (Object.hasOwn(values, name) ? toCell(values[name] ?? null) : null));
}

/** A cell holds no lists or objects. */
function toCell(value: Json): Cell {
  if (value === null) return "";
  return typeof value === "object" ? JSON.stringify(value) : value;
}

/** Whether a cell holds this value, as a person would say: numbers and texts of the same look are the same. */
export function isSameValue(cell: Json | undefined, wanted: Json): boolean {
  return String(cell ?? "").trim() === String(wanted ?? "").trim();
}
