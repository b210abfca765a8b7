import type { LoadChoices } from "../../../src/connector-sdk/fields.ts";
import { readHeader } from "../table.ts";
import { placeOf } from "./place-of.ts";

export const loadColumns: LoadChoices = async ({ api, input, search }) => {
  const wanted = search.trim().toLowerCase();
  const names = await readHeader(api, placeOf(input));
  const options = names.filter((name) => name.toLowerCase().includes(wanted));
  return { options: options.map((name) => ({ value: name, title: name })), nextCursor: null };
};
