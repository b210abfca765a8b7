import { isJsonObject, type Json } from "../../../src/connector-sdk/json.ts";
import { defineTrigger } from "../../../src/connector-sdk/trigger.ts";
import { headerRow, sheet, spreadsheet } from "../fields.ts";
import { rowSample } from "../samples.ts";
import { type Row, readHeader, readRows } from "../table.ts";
import { wantsExisting } from "./wants-existing.ts";

/** The most that one poll gives; the next one follows at once. */
const MAX_ITEMS = 1_000;

export default defineTrigger({
  kind: "poll",
  title: "New row",
  description: "Starts for every row that is added below the last one.",
  input: { spreadsheet, sheet, headerRow },
  bodySample: rowSample,

  async poll({ api, input, cursor, now }) {
    const { lastRow, polls } = readCursor(cursor, input.headerRow, now());
    const header = await readHeader(api, input);
    // A first look at a long sheet would come in pieces, and the second piece would count as new.
    if (cursor === null && !wantsExisting(input))
      return { items: [], cursor: { lastRow: await findLastRow(), polls: polls + 1 } };
    // The last row is read again: when it has gone, the sheet has become shorter.
    const from = Math.max(input.headerRow + 1, lastRow);
    const found: Row[] = [];
    for await (const rows of readRows(api, input, header, { from })) {
      found.push(...rows);
      if (found.length > MAX_ITEMS) break;
    }
    const added = found.filter(({ row }) => row > lastRow);
    const items = added.slice(0, MAX_ITEMS);
    const isShorter = found.length === 0 && lastRow > input.headerRow;
    return {
      // A row that was deleted makes room for another one of its number, which is a new one: so the count of polls.
      items: items.map((row) => ({ id: `${row.row}@${polls}`, body: { ...row } })),
      cursor: { lastRow: isShorter ? await findLastRow() : (items.at(-1)?.row ?? lastRow), polls: polls + 1 },
      more: added.length > items.length,
    };

    async function findLastRow(): Promise<number> {
      let last = input.headerRow;
      for await (const rows of readRows(api, input, header)) last = rows.at(-1)?.row ?? last;
      return last;
    }
  },
});

/** The count begins at the time of the first poll: published anew, it must not give ids that were given before. */
function readCursor(
  cursor: Json,
  headerRow: number,
  now: number,
): { readonly lastRow: number; readonly polls: number } {
  if (!isJsonObject(cursor)) return { lastRow: headerRow, polls: now };
  return { lastRow: Number(cursor.lastRow), polls: Number(cursor.polls) };
}
