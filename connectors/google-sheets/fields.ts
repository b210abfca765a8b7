import type { Field } from "../../src/connector-sdk/fields.ts";
import { loadColumns } from "./choices/load-columns.ts";
import { loadRowFields } from "./choices/load-row-fields.ts";
import { loadSheets } from "./choices/load-sheets.ts";
import { loadSpreadsheets } from "./choices/load-spreadsheets.ts";

/* Fields that several actions and triggers share. */

export const spreadsheet = {
  kind: "select",
  title: "Spreadsheet",
  description: "Choose one, or give its id: what stands between /d/ and /edit in its address.",
  placeholder: "1BxiMVs0XRA5nFMdKvBdBZjgmUUqptlbs74OgvE2upms",
  required: true,
  choices: { load: loadSpreadsheets },
} as const satisfies Field;

export const sheet = {
  kind: "select",
  title: "Sheet",
  description: "The name on its tab.",
  placeholder: "Orders",
  required: true,
  choices: { needs: ["spreadsheet"], load: loadSheets },
} as const satisfies Field;

export const headerRow = {
  kind: "number",
  title: "Row with the column names",
  integer: true,
  min: 1,
  default: 1,
} as const satisfies Field;

export const column = {
  kind: "select",
  title: "Column",
  placeholder: "Email",
  required: true,
  choices: { needs: ["spreadsheet", "sheet", "headerRow"], load: loadColumns },
} as const satisfies Field;

export const row = {
  kind: "number",
  title: "Row",
  description: "Its number, as the sheet shows it.",
  integer: true,
  min: 1,
  required: true,
  placeholder: "5",
} as const satisfies Field;

export const values = {
  kind: "object",
  title: "Values",
  description: "By column name. Columns that are left out stay as they are.",
  required: true,
  fields: {},
  dynamicFields: { needs: ["spreadsheet", "sheet", "headerRow"], load: loadRowFields },
} as const satisfies Field;

export const entered = {
  kind: "select",
  title: "Take values",
  description:
    "Only take them as typed if you trust where they come from: a text that begins with = becomes a formula then.",
  default: "RAW",
  options: [
    { value: "RAW", title: "Exactly as they are" },
    { value: "USER_ENTERED", title: "As if typed into the sheet (dates, numbers, formulas)" },
  ],
} as const satisfies Field;

export const shown = {
  kind: "select",
  title: "Give values",
  default: "UNFORMATTED_VALUE",
  options: [
    { value: "UNFORMATTED_VALUE", title: "As they are (numbers as numbers)" },
    { value: "FORMATTED_VALUE", title: "As the sheet shows them" },
    { value: "FORMULA", title: "As formulas" },
  ],
} as const satisfies Field;

export const range = {
  kind: "text",
  title: "Cells",
  description: "In A1 notation; the sheet's name may stand before it.",
  placeholder: "Orders!A2:D20",
  required: true,
} as const satisfies Field;

export const limit = {
  kind: "number",
  title: "At most",
  description: "How many rows to give.",
  integer: true,
  min: 1,
  max: 10_000,
  default: 1_000,
} as const satisfies Field;
