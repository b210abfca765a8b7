import { expect, test } from "bun:test";
import { columnName, firstRowOf, quoteTitle, rowsRange } from "./a1.ts";

test("columns are named as the sheet shows them", () => {
  expect([0, 25, 26, 51, 52, 701, 702].map(columnName)).toEqual(["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA"]);
});

test("a title is quoted, whatever is in it", () => {
  expect(quoteTitle("Tom's!A1")).toBe("'Tom''s!A1'");
  expect(rowsRange("Q1 'plan'", 2, 1001)).toBe("'Q1 ''plan'''!2:1001");
});

test("the row that was written is read from its range", () => {
  expect(firstRowOf("'It''s'!A5:C5")).toBe(5);
  expect(firstRowOf("Orders!AB12")).toBe(12);
  expect(firstRowOf("Orders!A:C")).toBeNull();
});
