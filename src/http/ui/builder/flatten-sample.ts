import { isJsonObject, type Json } from "../../../domain/json.ts";

export interface SampleItem {
  /** As an expression names it: `trigger.body.rows[0].email`. */
  readonly path: string;
  readonly preview: string;
}

const MAX_DEPTH = 5;
const MAX_ITEMS = 80;
const MAX_PREVIEW = 60;
const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Every value in a sample, by the path that an expression would use; a list by itself and its first item. */
export function flattenSample(value: Json, path: string): SampleItem[] {
  const items: SampleItem[] = [];
  const visit = (each: Json, at: string, depth: number): void => {
    if (items.length >= MAX_ITEMS) return;
    items.push({ path: at, preview: preview(each) });
    if (depth === MAX_DEPTH) return;
    if (Array.isArray(each)) {
      const [first] = each as readonly Json[];
      if (first !== undefined && typeof first === "object") visit(first, `${at}[0]`, depth + 1);
    } else if (isJsonObject(each)) {
      for (const [key, inner] of Object.entries(each)) visit(inner, member(at, key), depth + 1);
    }
  };
  visit(value, path, 0);
  return items;
}

function member(at: string, key: string): string {
  return IDENTIFIER.test(key) ? `${at}.${key}` : `${at}[${JSON.stringify(key)}]`;
}

function preview(value: Json): string {
  if (Array.isArray(value)) return value.length === 1 ? "list of 1" : `list of ${value.length}`;
  if (isJsonObject(value)) return Object.keys(value).length === 0 ? "{}" : "";
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > MAX_PREVIEW ? `${text.slice(0, MAX_PREVIEW)}…` : text;
}
