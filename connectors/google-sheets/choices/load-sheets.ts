import type { LoadChoices } from "../../../src/connector-sdk/fields.ts";
import { readSheets } from "../values-api.ts";

export const loadSheets: LoadChoices = async ({ api, input, search }) => {
  const sheets = await readSheets(api, String(input.spreadsheet ?? ""));
  const wanted = search.trim().toLowerCase();
  const titles = sheets.map(({ title }) => title).filter((title) => title.toLowerCase().includes(wanted));
  return { options: titles.map((title) => ({ value: title, title })), nextCursor: null };
};
