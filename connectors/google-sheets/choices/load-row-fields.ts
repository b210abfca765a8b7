import type { Fields, LoadContext } from "../../../src/connector-sdk/fields.ts";
import { readHeader } from "../table.ts";
import { placeOf } from "./place-of.ts";

/** A field for each column of the sheet. */
export async function loadRowFields({ api, input }: LoadContext): Promise<Fields> {
  const names = await readHeader(api, placeOf(input));
  return Object.fromEntries(names.map((name) => [name, { kind: "text", title: name }]));
}
