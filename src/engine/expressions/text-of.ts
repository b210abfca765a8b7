import { isJsonObject, type Json } from "../../domain/json.ts";
import type { Budget } from "./budget.ts";
import { setField } from "./own-fields.ts";

/** A value as it reads inside a text: null is empty, lists and maps are JSON, all else is written plainly. */
export function textOf(value: Json, budget: Budget): string {
  if (typeof value === "string") return value;
  if (value === null) return "";
  return typeof value === "object" ? toJsonText(value, budget) : String(value);
}

/** Weighed first: a small value that holds one list over and over can be gigabytes as text. */
export function toJsonText(value: Json, budget: Budget): string {
  budget.weigh(value);
  return JSON.stringify(value);
}

/** The same text for equal values, in whatever order their keys stand. */
export function canonicalText(value: Json, budget: Budget): string {
  budget.weigh(value);
  return toJsonText(sortKeys(value), budget);
}

function sortKeys(value: Json): Json {
  if (!isJsonObject(value)) return Array.isArray(value) ? value.map(sortKeys) : value;
  const sorted: Record<string, Json> = {};
  for (const key of Object.keys(value).sort()) setField(sorted, key, sortKeys(value[key]!));
  return sorted;
}
