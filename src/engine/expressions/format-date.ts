import type { Budget } from "./budget.ts";

/**
 * Dates by pattern, with the letters of Unicode's date field symbols (UTS 35) that builders know from other tools.
 * Month and weekday names are English. Everything else in a pattern stands for itself; letters that should do so
 * stand in 'single quotes'.
 */
interface DateParts {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly millisecond: number;
  /** 0 is Sunday. */
  readonly weekday: number;
  /** East of UTC. */
  readonly offsetMinutes: number;
}

const MONTHS = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];
const WEEKDAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

const FIELDS: ReadonlyMap<string, (parts: DateParts) => string> = new Map([
  ["yyyy", ({ year }) => pad(year, 4)],
  ["yy", ({ year }) => pad(year % 100, 2)],
  ["MMMM", ({ month }) => MONTHS[month - 1]!],
  ["MMM", ({ month }) => MONTHS[month - 1]!.slice(0, 3)],
  ["MM", ({ month }) => pad(month, 2)],
  ["M", ({ month }) => String(month)],
  ["dd", ({ day }) => pad(day, 2)],
  ["d", ({ day }) => String(day)],
  ["EEEE", ({ weekday }) => WEEKDAYS[weekday]!],
  ["EEE", ({ weekday }) => WEEKDAYS[weekday]!.slice(0, 3)],
  ["HH", ({ hour }) => pad(hour, 2)],
  ["H", ({ hour }) => String(hour)],
  ["hh", ({ hour }) => pad(hour % 12 || 12, 2)],
  ["h", ({ hour }) => String(hour % 12 || 12)],
  ["mm", ({ minute }) => pad(minute, 2)],
  ["m", ({ minute }) => String(minute)],
  ["ss", ({ second }) => pad(second, 2)],
  ["s", ({ second }) => String(second)],
  ["SSS", ({ millisecond }) => pad(millisecond, 3)],
  ["a", ({ hour }) => (hour < 12 ? "AM" : "PM")],
  ["XXX", ({ offsetMinutes }) => (offsetMinutes === 0 ? "Z" : describeOffset(offsetMinutes))],
]);

const MAX_PATTERN_LENGTH = 100;
/** A quoted text, a run of one letter, or anything else; two single quotes are one. */
const PATTERN_PART = /'((?:[^']|'')*)'|([A-Za-z])\2*|[^A-Za-z']+|'/g;

/** What is wrong with the pattern, or null. */
export function checkDatePattern(pattern: string): string | null {
  if (pattern.length > MAX_PATTERN_LENGTH) return `the date pattern is longer than ${MAX_PATTERN_LENGTH} characters`;
  for (const [part] of pattern.matchAll(PATTERN_PART)) {
    if (part === "'") return "the date pattern has a single quote that is not closed";
    if (!/^[A-Za-z]/.test(part) || FIELDS.has(part)) continue;
    const known = [...FIELDS.keys()].join(" ");
    return `the date pattern does not know "${part}"; it knows: ${known}; other letters stand in 'single quotes'`;
  }
  return null;
}

/** `pattern` and `zone` must have been checked with `checkDatePattern` and `isTimeZone`. */
export function formatInstant(ms: number, pattern: string, zone: string): string {
  const parts = partsInZone(ms, zone);
  return pattern.replaceAll(PATTERN_PART, (part: string, quoted: string | undefined) => {
    if (quoted !== undefined) return quoted === "" ? "'" : quoted.replaceAll("''", "'");
    return FIELDS.get(part)?.(parts) ?? part;
  });
}

/** Pays for making the zone's formatter when it is not at hand. */
export function isTimeZone(zone: string, budget: Budget): boolean {
  if (!formatters.has(zone)) budget.spend(FORMATTER_UNITS);
  return loadFormatter(zone) !== null;
}

function partsInZone(ms: number, zone: string): DateParts {
  const local = new Date(localMs(ms, zone));
  return {
    year: local.getUTCFullYear(),
    month: local.getUTCMonth() + 1,
    day: local.getUTCDate(),
    hour: local.getUTCHours(),
    minute: local.getUTCMinutes(),
    second: local.getUTCSeconds(),
    millisecond: local.getUTCMilliseconds(),
    weekday: local.getUTCDay(),
    offsetMinutes: Math.round((local.getTime() - ms) / 60_000),
  };
}

/** The instant at which a clock in UTC shows what a clock in `zone` shows at `ms`. */
function localMs(ms: number, zone: string): number {
  if (zone === "UTC") return ms;
  const fields: Record<string, number> = {};
  for (const { type, value } of loadFormatter(zone)!.formatToParts(ms)) fields[type] = Number(value);
  const local = new Date(0);
  local.setUTCFullYear(fields.year!, fields.month! - 1, fields.day!);
  local.setUTCHours(fields.hour!, fields.minute!, fields.second!, ((ms % 1000) + 1000) % 1000);
  return local.getTime();
}

const MAX_FORMATTERS = 50;
/** Making a formatter, or finding that there is no such zone, takes about 0.1 ms. */
const FORMATTER_UNITS = 6_000;
/** Names that are no zone are kept too, as null. Least recently used first. */
const formatters = new Map<string, Intl.DateTimeFormat | null>();

function loadFormatter(zone: string): Intl.DateTimeFormat | null {
  let formatter = formatters.get(zone);
  if (formatter === undefined) formatter = makeFormatter(zone);
  else formatters.delete(zone);
  formatters.set(zone, formatter);
  if (formatters.size > MAX_FORMATTERS) formatters.delete(formatters.keys().next().value!);
  return formatter;
}

function makeFormatter(zone: string): Intl.DateTimeFormat | null {
  try {
    return new Intl.DateTimeFormat("en-US", {
      timeZone: zone,
      calendar: "gregory",
      numberingSystem: "latn",
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
  } catch {
    return null;
  }
}

function describeOffset(offsetMinutes: number): string {
  const minutes = Math.abs(offsetMinutes);
  return `${offsetMinutes < 0 ? "-" : "+"}${pad(Math.floor(minutes / 60), 2)}:${pad(minutes % 60, 2)}`;
}

function pad(number: number, length: number): string {
  return String(number).padStart(length, "0");
}
