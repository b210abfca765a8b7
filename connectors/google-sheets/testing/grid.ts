import type { Answer, MakerCall } from "../../../test/connectors/maker/open-maker-peer.ts";
import { quoteTitle } from "../a1.ts";

export type Rows = (string | number)[][];

/** Of the range in a call's path, `…/values/'Orders'!2:1001:append`, the first and last row. */
function rowsOf({ path }: MakerCall): { readonly sheet: string; readonly first: number; readonly last: number } {
  const range = decodeURIComponent(/\/values\/([^/:]*(?::\d+)?)/.exec(path)?.[1] ?? "");
  const [, quoted = "", first, last] = /^('.*'|[^!]*)!(\d+):(\d+)$/.exec(range) ?? [];
  return { sheet: quoted, first: Number(first), last: Number(last) };
}

/**
 * One sheet of a spreadsheet, as far as whole rows are read and written: what Google would answer, by operation. The
 * grid is 1,000 rows long until it holds more.
 */
export function answersOf(grid: { readonly title: string; readonly rows: Rows; readonly rowCount?: number }) {
  const { title, rows } = grid;
  const answers: Record<string, Answer> = {
    "sheets.spreadsheets.get": () => ({
      sheets: [
        {
          properties: {
            title,
            index: 0,
            sheetId: 7,
            gridProperties: { rowCount: Math.max(grid.rowCount ?? 1_000, rows.length), columnCount: 26 },
          },
        },
      ],
    }),
    "sheets.spreadsheets.values.get": (call) => {
      const { first, last } = rowsOf(call);
      const values = rows.slice(first - 1, last);
      while (values.length > 0 && values.at(-1)!.every((cell) => cell === "")) values.pop();
      return { range: `${quoteTitle(title)}!A${first}:Z${last}`, majorDimension: "ROWS", values };
    },
    "sheets.spreadsheets.values.update": (call) => {
      const { first } = rowsOf(call);
      const [cells = []] = (call.body as { values: (string | number | null)[][] }).values;
      const row = rows[first - 1] ?? [];
      for (const [index, cell] of cells.entries()) if (cell !== null) row[index] = cell;
      rows[first - 1] = row;
      return { updatedRange: `${quoteTitle(title)}!A${first}:C${first}`, updatedCells: cells.length };
    },
    "sheets.spreadsheets.values.append": (call) => {
      const added = (call.body as { values: (string | number | null)[][] }).values;
      const first = rows.length + 1;
      rows.push(...added.map((cells) => cells.map((cell) => cell ?? "")));
      return { updates: { updatedRange: `${quoteTitle(title)}!A${first}:C${rows.length}`, updatedRows: added.length } };
    },
  };
  return answers;
}
