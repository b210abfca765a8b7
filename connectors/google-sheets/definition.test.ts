import { afterEach, beforeEach, expect } from "bun:test";
import { judgedTests } from "../../test/connectors/maker/judged-tests.ts";
import { loadColumns } from "./choices/load-columns.ts";
import { loadRowFields } from "./choices/load-row-fields.ts";
import { loadSheets } from "./choices/load-sheets.ts";
import { loadSpreadsheets } from "./choices/load-spreadsheets.ts";
import connector from "./definition.ts";
import { maker } from "./testing/maker.ts";
import { type OpenSheet, openSheet, place } from "./testing/open-sheet.ts";

const test = judgedTests(maker.description);
let sheet: OpenSheet;
beforeEach(async () => {
  sheet = await openSheet([["Order", "Total"]]);
});
afterEach(() => sheet.close());

const ask = { search: "", cursor: null, input: place };

test("the test of a connection says whose it is", async () => {
  expect(await connector.testConnection!(sheet.context)).toEqual({ id: "0123", label: "ada@example.com" });
  expect(sheet.peer.calls[0]?.headers.authorization).toBe("Bearer ya29.x");
});

test("spreadsheets are offered by name, page by page, and a search is quoted", async () => {
  sheet.peer.answer("drive.files.list", () => ({ files: [{ id: "a", name: "Tom's" }], nextPageToken: "p2" }));
  expect(await loadSpreadsheets({ ...sheet.context, ...ask, search: "Tom's \\", cursor: "p1" })).toEqual({
    options: [{ value: "a", title: "Tom's" }],
    nextCursor: "p2",
  });
  expect(sheet.peer.calls[0]?.query).toMatchObject({
    pageToken: "p1",
    q: "mimeType = 'application/vnd.google-apps.spreadsheet' and trashed = false and name contains 'Tom\\'s \\\\'",
  });
});

test("sheets, columns and a field for each column are offered", async () => {
  expect(await loadSheets({ ...sheet.context, ...ask })).toMatchObject({ options: [{ value: "Orders" }] });
  expect(await loadColumns({ ...sheet.context, ...ask, search: "tot" })).toMatchObject({
    options: [{ value: "Total" }],
  });
  expect(Object.keys(await loadRowFields({ ...sheet.context, input: place }))).toEqual(["Order", "Total"]);
});

test("Google is asked for a refresh token each time, and PKCE is used", async () => {
  expect(connector.auth.oauth).toMatchObject({
    pkce: true,
    extraAuthorizeParams: { access_type: "offline", prompt: "consent" },
  });
});
