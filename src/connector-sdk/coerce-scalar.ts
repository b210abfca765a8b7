import type { Json } from "../domain/json.ts";

/*
 * What a form or an expression gives, as what the field wants; undefined when it cannot be that. Only conversions
 * that nobody could mean otherwise: the text "5" is a number, but true is not 1 and an object is not its JSON.
 */

export function coerceText(value: Json): string | undefined {
  if (typeof value === "string") return value;
  return typeof value === "number" || typeof value === "boolean" ? String(value) : undefined;
}

/** Stricter than `Number()`, which takes "", " " and "0x10". */
const DECIMAL = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;

export function coerceNumber(value: Json): number | undefined {
  const number = typeof value === "string" && DECIMAL.test(value.trim()) ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number) ? number : undefined;
}

export function coerceBoolean(value: Json): boolean | undefined {
  if (typeof value === "boolean") return value;
  return value === "true" ? true : value === "false" ? false : undefined;
}

const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
/** RFC 3339 §5.6; without an offset the text would mean another instant on every server. */
const DATE_TIME =
  /^(\d{4}-\d{2}-\d{2})[Tt ]([01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

/** An instant gives its date as written, without conversion to another zone. */
export function coerceDate(value: Json, withTime: boolean): string | undefined {
  if (typeof value !== "string") return undefined;
  const date = DATE_TIME.exec(value)?.[1];
  if (withTime) return date !== undefined && isCalendarDate(date) ? value : undefined;
  return isCalendarDate(date ?? value) ? (date ?? value) : undefined;
}

/** `Date.parse` rolls 31 February over to March instead of refusing it. */
function isCalendarDate(text: string): boolean {
  const [, year, month, day] = DATE.exec(text) ?? [];
  const date = new Date(0);
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  return date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day);
}
