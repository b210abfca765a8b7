import { type ActionCase, describeActions } from "../../test/connectors/describe-actions.ts";
import connector from "./definition.ts";
import { answersOf, type Rows } from "./testing/grid.ts";
import { maker } from "./testing/maker.ts";

const spreadsheet = "1BxiMVs0XRA5nFMdKvBdBZjgmUUqptlbs74OgvE2upms";
const place = { spreadsheet, sheet: "Tom's orders" };
const orders = (): Rows => [
  ["Order", "Email", "Total"],
  ["1001", "ada@example.com", 25],
  ["1002", "bob@example.com", 30],
];
const answers = answersOf({ title: place.sheet, rows: orders() });
const values = { Order: "1003", Total: 12 };
const table = { ...place, headerRow: 1 };

const GET = "sheets.spreadsheets.get";
const READ = "sheets.spreadsheets.values.get";
const WRITE = "sheets.spreadsheets.values.update";
const APPEND = "sheets.spreadsheets.values.append";
const BATCH = "sheets.spreadsheets.batchUpdate";

const actions: Record<string, ActionCase> = {
  append_row: {
    operations: [READ, APPEND],
    required: { ...place, values },
    all: { ...table, values, entered: "USER_ENTERED" },
    answers,
  },
  append_rows: {
    operations: [READ, APPEND],
    required: { ...place, rows: [values, { Email: "cy@example.com" }] },
    all: { ...table, rows: [values], entered: "USER_ENTERED" },
    answers,
  },
  update_row: {
    operations: [READ, WRITE],
    required: { ...place, row: 2, values },
    all: { ...table, row: 2, values, entered: "USER_ENTERED" },
    answers,
  },
  upsert_row: {
    operations: [READ, GET, READ, WRITE],
    requiredOperations: [READ, GET, READ, APPEND],
    required: { ...place, column: "Order", key: "9999", values: { Total: 1 } },
    all: { ...table, column: "Email", key: "bob@example.com", values, entered: "RAW" },
    answers: answersOf({ title: place.sheet, rows: orders() }),
  },
  find_rows: {
    operations: [READ, GET, READ],
    required: { ...place, column: "Email", value: "ada@example.com" },
    all: { ...table, column: "Email", match: "contains", value: "@example", shown: "FORMATTED_VALUE", limit: 5 },
    answers,
  },
  list_rows: {
    operations: [READ, GET, READ],
    required: place,
    all: { ...table, firstRow: 3, shown: "FORMULA", limit: 5 },
    answers,
  },
  get_row: {
    operations: [READ, READ],
    required: { ...place, row: 2 },
    all: { ...table, row: 2, shown: "FORMATTED_VALUE" },
    answers,
  },
  delete_rows: {
    operations: [GET, BATCH],
    required: { ...place, row: 4 },
    all: { ...place, row: 4, count: 2 },
    answers,
  },
  get_values: {
    operations: [READ],
    required: { spreadsheet, range: "Orders!A1:C2" },
    all: { spreadsheet, range: "Orders!A1:C2", shown: "FORMATTED_VALUE" },
  },
  update_values: {
    operations: [WRITE],
    required: { spreadsheet, range: "Orders!A2:B2", values: [["1001", 25]] },
    all: { spreadsheet, range: "Orders!A2:B2", values: [["1001", null]], entered: "USER_ENTERED" },
  },
  clear_values: {
    operations: ["sheets.spreadsheets.values.clear"],
    required: { spreadsheet, range: "Orders!A2:D20" },
    all: { spreadsheet, range: "Orders!A2:D20" },
  },
  list_sheets: { operations: [GET], required: { spreadsheet }, all: { spreadsheet }, answers },
  add_sheet: {
    operations: [BATCH],
    required: { spreadsheet, title: "June" },
    all: { spreadsheet, title: "June" },
    answers: { [BATCH]: () => ({ replies: [{ addSheet: { properties: { sheetId: 9, title: "June" } } }] }) },
  },
  create_spreadsheet: {
    operations: ["sheets.spreadsheets.create"],
    required: { title: "Orders 2026" },
    all: { title: "Orders 2026", sheets: ["June", "July"] },
  },
};

const refused = (status: number, error: object) => Response.json({ error: { code: status, ...error } }, { status });

describeActions({
  connector,
  peer: maker,
  credential: { scheme: "oauth", fields: { accessToken: "ya29.x" } },
  actions,
  refusals: [
    {
      title: "waits when the minute's quota is used up",
      answer: () =>
        refused(429, { message: "Quota exceeded for quota metric 'Read requests'", status: "RESOURCE_EXHAUSTED" }),
      kind: "rate_limited",
      code: "rate_limited",
      retryAfterMs: 20_000,
    },
    {
      title: "waits when Drive says 403 and means a limit",
      answer: () => refused(403, { message: "Rate Limit Exceeded", errors: [{ reason: "userRateLimitExceeded" }] }),
      kind: "rate_limited",
      code: "rate_limited",
      retryAfterMs: 20_000,
    },
    {
      title: "gives the credential back when the token is refused",
      answer: () => refused(401, { message: "Invalid Credentials", status: "UNAUTHENTICATED" }),
      kind: "auth",
      code: "http_401",
    },
    {
      title: "fails for good where the account may not write",
      answer: () => refused(403, { message: "The caller does not have permission", status: "PERMISSION_DENIED" }),
      kind: "final",
      code: "forbidden",
    },
    {
      title: "fails for good where there is no such spreadsheet",
      answer: () => refused(404, { message: "Requested entity was not found.", status: "NOT_FOUND" }),
      kind: "final",
      code: "not_found",
    },
    {
      title: "fails for good on a range that is none, and says what Google says",
      answer: () => refused(400, { message: "Unable to parse range: Nope!A1", status: "INVALID_ARGUMENT" }),
      kind: "final",
      code: "http_400",
    },
    {
      title: "does not know the outcome of a server error",
      answer: () => refused(500, { message: "Internal error encountered.", status: "INTERNAL" }),
      kind: "unknown",
      code: "http_500",
    },
  ],
});
