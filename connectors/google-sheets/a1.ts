/*
 * A1 notation: https://developers.google.com/workspace/sheets/api/guides/concepts#cell
 */

/** 0 → `A`, 25 → `Z`, 26 → `AA`. */
export function columnName(index: number): string {
  const rest = Math.floor(index / 26);
  return (rest === 0 ? "" : columnName(rest - 1)) + String.fromCharCode(65 + (index % 26));
}

/** `Tom's` → `'Tom''s'`: quoted always, so that a title that looks like a cell is none. */
export function quoteTitle(title: string): string {
  return `'${title.replaceAll("'", "''")}'`;
}

/** Whole rows, first and last counted from 1: `'Orders'!2:1001`. */
export function rowsRange(sheet: string, first: number, last: number): string {
  return `${quoteTitle(sheet)}!${first}:${last}`;
}

/** The number of the first row in a range such as `'Orders'!A5:C5`; null when it names none. */
export function firstRowOf(range: string): number | null {
  const [, row] = /![A-Z]*(\d+)/i.exec(range) ?? [];
  return row === undefined ? null : Number(row);
}
