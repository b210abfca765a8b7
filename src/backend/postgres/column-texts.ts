/*
 * Rows on their way into a statement: a text for each column, with the column's values one behind the other. JSON would
 * have to be read twice by Postgres, and JSON in JSON is mostly backslashes.
 *
 * No value may hold one of the two characters: ids do not, JSON text escapes them, `encodeLine` does too.
 */

/** Before every value. */
const NEXT = "\n";
/** Instead of NULL. */
const NONE = "\t";

/** A value for each of `columns`, in their order, of every row. */
export function toColumnTexts<Row>(rows: readonly Row[], columns: readonly (keyof Row)[]): string[] {
  return columns.map((column) => {
    let text = "";
    for (const row of rows) text += NEXT + (row[column] ?? NONE);
    return text;
  });
}

/** What a statement selects from: `types` are those of the columns, whose texts are the parameters from `$1` on. */
export function fromColumnTexts(types: readonly string[]): string {
  // What stands before the first value is not one.
  const arrays = types.map((type, n) => `(string_to_array($${n + 1}, E'\\n', E'\\t'))[2:]::${type}[]`);
  return `unnest(${arrays.join(", ")})`;
}
