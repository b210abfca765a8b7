import type { FileValue } from "../../src/connector-sdk/file-value.ts";
import { isJsonObject, type Json } from "../../src/connector-sdk/json.ts";
import { invalidInput } from "./invalid-input.ts";

export interface FormEntry {
  readonly name: string;
  readonly value: string | FileValue;
}

/**
 * The fields of a form, from `{ name: value }`, where a list repeats the name, or from `[{ name, value }]`. Null
 * values are left out; objects that are not files are refused, because forms have no one way to nest.
 */
export function formEntries(body: Json): readonly FormEntry[] {
  if (Array.isArray(body)) return body.flatMap(entriesOfPair);
  if (isJsonObject(body)) return Object.entries(body).flatMap(([name, value]) => entriesOf(name, value));
  throw invalidInput("a form's body must be an object of fields or a list of { name, value }");
}

function entriesOfPair(pair: Json): FormEntry[] {
  if (!isJsonObject(pair) || typeof pair.name !== "string")
    throw invalidInput("each item of a form's list must be { name, value }");
  return entriesOf(pair.name, pair.value ?? null);
}

function entriesOf(name: string, value: Json): FormEntry[] {
  if (value === null) return [];
  if (Array.isArray(value)) return value.flatMap((each) => entriesOf(name, each));
  if (isFile(value)) return [{ name, value }];
  if (typeof value === "object") throw invalidInput(`form field "${name}" must be text, a list of texts or a file`);
  return [{ name, value: String(value) }];
}

export function isFile(value: Json): value is Json & FileValue {
  return isJsonObject(value) && typeof value.base64 === "string";
}
