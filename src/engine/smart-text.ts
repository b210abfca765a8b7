import type { Json } from "../domain/json.ts";
import { parseJson } from "../platform/parse-json.ts";

/*
 * JSON values typed into a box of one line, where most are texts: `EU` is the text, `5`, `true`, `null`, `["EU","US"]` and
 * `{"a":1}` are what they look like, and `"5"` in quotes is the text. A template is itself.
 */

export function readSmartText(text: string): Json {
  const trimmed = text.trim();
  if (!/^(?:[-\d"[{]|true$|false$|null$)/.test(trimmed)) return text;
  const parsed = parseJson(trimmed);
  return parsed.ok ? (parsed.value as Json) : text;
}

export function writeSmartText(value: Json | undefined): string {
  if (value === undefined) return "";
  if (typeof value !== "string") return JSON.stringify(value);
  // In quotes only if it would be taken for something else.
  return readSmartText(value) === value ? value : JSON.stringify(value);
}
