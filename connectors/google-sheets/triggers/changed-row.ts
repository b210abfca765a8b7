import { ActionError } from "../../../src/connector-sdk/action-error.ts";
import { isJsonObject, type Json } from "../../../src/connector-sdk/json.ts";
import { defineTrigger } from "../../../src/connector-sdk/trigger.ts";
import { loadColumns } from "../choices/load-columns.ts";
import { headerRow, sheet, spreadsheet } from "../fields.ts";
import { rowSample } from "../samples.ts";
import { type Row, readHeader, readRows } from "../table.ts";
import { wantsExisting } from "./wants-existing.ts";

/** What is remembered of each row has to stay small: it is stored with every poll. */
const MAX_ROWS = 5_000;
const MARK_BYTES = 6;
/** The most that one poll gives; the next one follows at once. */
const MAX_ITEMS = 1_000;

export default defineTrigger({
  kind: "poll",
  title: "New or changed row",
  description: `Starts for every row that is added or whose values change, in sheets of up to ${MAX_ROWS.toLocaleString("en")} rows. Rows go by their number: inserting one in the middle changes those below.`,
  input: {
    spreadsheet,
    sheet,
    headerRow,
    columns: {
      kind: "multi_select",
      title: "Only when these change",
      description: "Default: any column.",
      choices: { needs: ["spreadsheet", "sheet", "headerRow"], load: loadColumns },
    },
  },
  bodySample: { ...rowSample, isNew: false },

  async poll({ api, input, cursor, now }) {
    const before = readCursor(cursor, now());
    const header = await readHeader(api, input);
    const marks: [number, string][] = [];
    const items: { id: string; body: Json }[] = [];
    const isFirst = cursor === null && !wantsExisting(input);
    let more = false;
    for await (const rows of readRows(api, input, header)) {
      if (marks.length + rows.length > MAX_ROWS) throw tooLarge(input.sheet);
      for (const row of rows) {
        const mark = markOf(row, input.columns ?? []);
        const known = before.marks.get(row.row);
        if (known !== mark && !isFirst && items.length === MAX_ITEMS) {
          // Stays as it was known, so that the next poll finds it changed.
          more = true;
          if (known !== undefined) marks.push([row.row, known]);
          continue;
        }
        marks.push([row.row, mark]);
        // The count of polls tells a row that goes back and forth between two values from one that was seen.
        if (known !== mark && !isFirst)
          items.push({ id: `${row.row}@${before.polls}`, body: { ...row, isNew: known === undefined } });
      }
    }
    return { items, cursor: { polls: before.polls + 1, marks: pack(marks) }, more };
  },
});

function markOf({ values }: Row, columns: readonly string[]): string {
  const watched = columns.length === 0 ? Object.values(values) : columns.map((name) => values[name] ?? null);
  const hash = new Bun.CryptoHasher("sha256").update(JSON.stringify(watched)).digest();
  return hash.subarray(0, MARK_BYTES).toString("base64url");
}

/** `<row>:<mark>` for the first of neighbouring rows, `<mark>` for those that follow it. */
function pack(marks: readonly (readonly [number, string])[]): string {
  let expected = -1;
  return marks
    .map(([row, mark]) => {
      const text = row === expected ? mark : `${row}:${mark}`;
      expected = row + 1;
      return text;
    })
    .join(" ");
}

function unpack(text: string): ReadonlyMap<number, string> {
  const marks = new Map<number, string>();
  let row = 0;
  for (const part of text.split(" ").filter(Boolean)) {
    const [first, second] = part.split(":") as [string, string?];
    if (second !== undefined) row = Number(first);
    marks.set(row, second ?? first);
    row += 1;
  }
  return marks;
}

/** The count begins at the time of the first poll: published anew, it must not give ids that were given before. */
function readCursor(
  cursor: Json,
  now: number,
): { readonly polls: number; readonly marks: ReadonlyMap<number, string> } {
  if (!isJsonObject(cursor)) return { polls: now, marks: new Map() };
  return { polls: Number(cursor.polls), marks: unpack(String(cursor.marks)) };
}

function tooLarge(sheet: string): ActionError {
  const message = `"${sheet}" has more than ${MAX_ROWS} rows. Use the trigger for new rows, or move old rows to another sheet.`;
  return new ActionError("final", message, { code: "too_many_rows" });
}
