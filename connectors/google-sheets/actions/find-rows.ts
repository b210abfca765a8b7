import { defineAction } from "../../../src/connector-sdk/action.ts";
import type { Json } from "../../../src/connector-sdk/json.ts";
import { column, headerRow, limit, sheet, shown, spreadsheet } from "../fields.ts";
import { rowSample } from "../samples.ts";
import { isSameValue, type Row, readHeader, readRows } from "../table.ts";

export default defineAction({
  title: "Find rows",
  description: "Finds rows by the value in a column.",
  input: {
    spreadsheet,
    sheet,
    headerRow,
    column: { ...column, title: "Column to look in" },
    match: {
      kind: "select",
      title: "Rows whose value",
      default: "equals",
      options: [
        { value: "equals", title: "is" },
        { value: "contains", title: "contains" },
        { value: "starts_with", title: "begins with" },
      ],
    },
    value: { kind: "text", title: "Value", required: true, placeholder: "ada@example.com" },
    shown,
    limit: { ...limit, default: 100 },
  },
  effect: "safe",
  rateLimitMethod: "read",
  outputSample: { rows: [rowSample], found: true, hasMore: false },

  async run({ api, input }) {
    const { column, match, value, shown, limit } = input;
    const header = await readHeader(api, input);
    const found: Row[] = [];
    for await (const rows of readRows(api, input, header, { shown })) {
      found.push(...rows.filter(({ values }) => matches(values[column], match, value)));
      if (found.length > limit) break;
    }
    const rows = found.slice(0, limit).map((row) => ({ ...row }));
    return { rows, found: found.length > 0, hasMore: found.length > limit };
  },
});

function matches(cell: Json | undefined, match: "equals" | "contains" | "starts_with", value: string): boolean {
  if (match === "equals") return isSameValue(cell, value);
  const text = String(cell ?? "").toLowerCase();
  return match === "contains" ? text.includes(value.toLowerCase()) : text.startsWith(value.toLowerCase());
}
