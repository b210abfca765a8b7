import type { Json } from "./json.ts";

const INSTANT =
  /^(\d{4})-(\d{2})-(\d{2})(?:[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s?([Zz]|[+-]\d{2}(?::?\d{2})?)?)?$/;
const MAX_INSTANT_LENGTH = 40;
/** The years 0001 to 9999, which RFC 3339 can write. */
const MIN_INSTANT_MS = Date.parse("0001-01-01T00:00:00.000Z");
const MAX_INSTANT_MS = Date.parse("9999-12-31T23:59:59.999Z");

/**
 * Milliseconds since 1970 of an RFC 3339 or ISO 8601 date, or of a number or a text of 11 to 15 digits that already is
 * one (a shorter text would be a year or seconds); null when it is none. A text without an offset is UTC: `Date.parse`
 * would read it in the zone of whoever runs the server.
 */
export function parseInstant(value: Json): number | null {
  const ms = typeof value === "string" ? parseInstantText(value.trim()) : value;
  return typeof ms === "number" && ms >= MIN_INSTANT_MS && ms <= MAX_INSTANT_MS ? ms : null;
}

function parseInstantText(text: string): number | null {
  if (/^-?\d{11,15}$/.test(text)) return Number(text);
  const match = text.length <= MAX_INSTANT_LENGTH ? INSTANT.exec(text) : null;
  if (!match) return null;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map((part) => Number(part ?? 0));
  const date = new Date(0);
  date.setUTCFullYear(year!, month! - 1, day!);
  // The 30th of February would silently become the 2nd of March.
  if (date.getUTCMonth() !== month! - 1 || date.getUTCDate() !== day!) return null;
  if (hour! > 23 || minute! > 59 || second! > 59) return null;
  const fractionMs = Number((match[7] ?? "").padEnd(3, "0").slice(0, 3));
  const offsetMinutes = parseOffset(match[8] ?? "Z");
  if (offsetMinutes === null) return null;
  return date.getTime() + ((hour! * 60 + minute! - offsetMinutes) * 60 + second!) * 1000 + fractionMs;
}

function parseOffset(text: string): number | null {
  if (text === "Z" || text === "z") return 0;
  const [hours, minutes] = [Number(text.slice(1, 3)), Number(text.slice(3).replace(":", ""))];
  if (hours > 23 || minutes > 59) return null;
  return (text.startsWith("-") ? -1 : 1) * (hours * 60 + minutes);
}
