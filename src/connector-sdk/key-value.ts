import { isJsonObject, type Json } from "../domain/json.ts";
import { coerceText } from "./coerce-scalar.ts";
import type { IsPlaceholder, StructureCheck, StructureProblem } from "./structure-check.ts";

/** The value of a `key_value` field; the list is for names that repeat. */
export type KeyValue =
  | { readonly [name: string]: string }
  | readonly { readonly name: string; readonly value: string }[];

/** Either form of a `key_value` field, with scalar values turned into text. A null value leaves its name out. */
export function checkKeyValue(value: Json, isPlaceholder: IsPlaceholder): StructureCheck {
  return Array.isArray(value) ? checkPairList(value, isPlaceholder) : checkPairObject(value);
}

function checkPairObject(value: Json): StructureCheck {
  if (!isJsonObject(value))
    return { ok: false, problems: [{ path: [], message: "must be an object of texts, or a list of { name, value }" }] };
  const problems: StructureProblem[] = [];
  const pairs: [string, string][] = [];
  for (const [name, given] of Object.entries(value)) {
    if (given === null) continue;
    const text = coerceText(given);
    if (name === "") problems.push({ path: [name], message: "must have a name" });
    else if (text === undefined) problems.push({ path: [name], message: "must be text" });
    else pairs.push([name, text]);
  }
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value: Object.fromEntries(pairs) };
}

function checkPairList(list: readonly Json[], isPlaceholder: IsPlaceholder): StructureCheck {
  const problems: StructureProblem[] = [];
  const pairs: Json[] = [];
  list.forEach((item, index) => {
    if (isPlaceholder(item)) {
      pairs.push(item);
      return;
    }
    const { name, value, ...others } = isJsonObject(item) ? item : {};
    const unknown = Object.keys(others);
    if (typeof name !== "string" || name === "") problems.push({ path: [index, "name"], message: "is required" });
    for (const key of unknown) problems.push({ path: [index, key], message: "is not a known field" });
    if (value === null) return;
    const text = coerceText(value ?? "");
    if (text === undefined) problems.push({ path: [index, "value"], message: "must be text" });
    else pairs.push({ name: name ?? "", value: text });
  });
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value: pairs };
}

/** One header, query parameter or form field. */
export type Pair = readonly [name: string, value: string];

/** The pairs of a checked `key_value`, in order; none for undefined. */
export function readPairs(value: KeyValue | undefined): readonly Pair[] {
  if (value === undefined) return [];
  if (isPairList(value)) return value.map((pair) => [pair.name, pair.value] as const);
  return Object.entries(value);
}

/** `Array.isArray` does not narrow a readonly list out of a union. */
function isPairList(value: KeyValue): value is Extract<KeyValue, readonly unknown[]> {
  return Array.isArray(value);
}
