import type { Json } from "../domain/json.ts";
import { parseJson } from "../platform/parse-json.ts";

export type JsonText =
  | { readonly ok: true; readonly value: Json }
  /** The text cannot be a value yet; it is kept as it was typed. */
  | { readonly ok: false; readonly message: string };

/** How a JSON value stands in a text box: a template as it is, anything else as indented JSON. */
export function writeJsonText(value: Json | undefined): string {
  if (value === undefined) return "";
  if (typeof value === "string" && isTemplate(value)) return value;
  return JSON.stringify(value, null, 2);
}

/** Reads it back. Text with `{{ … }}` that is not JSON is a template: `{{ steps.a.output }}`, `Hello {{ item.name }}`. */
export function readJsonText(text: string): JsonText {
  const parsed = parseJson(text);
  if (parsed.ok) return { ok: true, value: parsed.value as Json };
  if (isTemplate(text)) return { ok: true, value: text };
  return { ok: false, message: complain(text, parsed.message) };
}

/** A text that begins as JSON does is JSON with a slip in it, not a template. */
function isTemplate(text: string): boolean {
  if (!text.includes("{{")) return false;
  const start = text.trimStart();
  return start.startsWith("{{") || !/^[[{"]/.test(start);
}

function complain(text: string, message: string): string {
  const reason = message.replace(/^not valid JSON: /, "");
  if (text.includes("{{")) return `is not JSON: ${reason}. Put expressions in quotes: "{{ … }}"`;
  if (/^[[{"]/.test(text.trimStart())) return `is not JSON: ${reason}`;
  return `is not JSON: ${reason}. Put text in double quotes`;
}
