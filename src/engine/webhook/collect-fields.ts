import type { JsonObject } from "../../domain/json.ts";

/** Bounds what one small body can make of itself: a megabyte of `a&a&a&…` is half a million fields. */
export const MAX_FIELDS = 1_000;

export interface FieldEntry {
  readonly name: string;
  /** Never a list: a list is what repeated names become. */
  readonly value: string | JsonObject;
}

export type CollectedFields =
  | { readonly ok: true; readonly fields: JsonObject }
  | { readonly ok: false; readonly message: string };

/**
 * A form's entries as one object: `a=1&b=2&a=3` gives `{ a: ["1", "3"], b: "2" }`. Names are plain text; `a[b]` is a
 * name like any other, for every framework reads brackets differently.
 */
export function collectFields(entries: readonly FieldEntry[]): CollectedFields {
  const valuesByName = new Map<string, FieldEntry["value"][]>();
  for (const { name, value } of entries) {
    if (name === "__proto__") return { ok: false, message: 'A form field may not be called "__proto__".' };
    const values = valuesByName.get(name);
    if (values === undefined) valuesByName.set(name, [value]);
    else values.push(value);
  }
  const fields = [...valuesByName].map(([name, values]) => [name, values.length === 1 ? values[0]! : values] as const);
  return { ok: true, fields: Object.fromEntries(fields) };
}
