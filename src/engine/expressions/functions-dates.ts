import { parseDuration } from "../../domain/duration.ts";
import { parseInstant } from "../../domain/instant.ts";
import type { Json } from "../../domain/json.ts";
import { Budget } from "./budget.ts";
import { ExpressionError } from "./expression-error.ts";
import { asString, defineFunction } from "./expression-function.ts";
import { checkDatePattern, formatInstant, isTimeZone } from "./format-date.ts";
import { typeName } from "./type-name.ts";

/**
 * Dates are texts: JSON has no type for them. Every function takes what `parseInstant` takes and gives RFC 3339 in UTC
 * with milliseconds, so that two results compare with `<` as texts. None reads the clock: an evaluation that is
 * repeated after a crash must give the same result.
 */
export const DATE_FUNCTIONS = [
  defineFunction(
    "timestamp(date)",
    ([date], budget) => toTimestamp(readInstant(date!, "timestamp", budget)),
    checkDate,
  ),
  defineFunction("epochMs(date)", ([date], budget) => readInstant(date!, "epochMs", budget), checkDate),

  defineFunction(
    "addDuration(date, duration)",
    ([date, duration], budget) => {
      const span = parseSpan(asString(duration, "addDuration", "duration"));
      if (span === null) throw new ExpressionError(BAD_DURATION);
      return toTimestamp(addSpan(readInstant(date!, "addDuration", budget), span));
    },
    ([date, duration]) => {
      if (typeof duration === "string" && parseSpan(duration) === null) return BAD_DURATION;
      return checkDate([date]);
    },
  ),

  defineFunction(
    "formatDate(date, pattern?, zone?)",
    ([date, pattern = DEFAULT_PATTERN, zone = "UTC"], budget) => {
      const patternText = asString(pattern, "formatDate", "pattern");
      const zoneName = asString(zone, "formatDate", "zone");
      budget.spend(FORMAT_UNITS);
      const complaint = checkDatePattern(patternText) ?? checkZone(zoneName, budget);
      if (complaint !== null) throw new ExpressionError(complaint);
      return formatInstant(readInstant(date!, "formatDate", budget), patternText, zoneName);
    },
    ([date, pattern, zone]) => {
      const patternComplaint = typeof pattern === "string" ? checkDatePattern(pattern) : null;
      return patternComplaint ?? (typeof zone === "string" ? checkZone(zone, new Budget()) : null) ?? checkDate([date]);
    },
  ),
];

const DEFAULT_PATTERN = "yyyy-MM-dd'T'HH:mm:ssXXX";
const PARSE_UNITS = 50;
const FORMAT_UNITS = 500;

const BAD_DURATION = 'addDuration(): "duration" must be an ISO 8601 duration such as PT1H30M, P3D, P1M, P1Y or -P7D';

function checkDate([date]: readonly (Json | undefined)[]): string | null {
  return date === undefined || parseInstant(date) !== null ? null : notADate(date, "the date");
}

function checkZone(zone: string, budget: Budget): string | null {
  return isTimeZone(zone, budget)
    ? null
    : `formatDate(): ${JSON.stringify(zone)} is no time zone; write one such as "Europe/Berlin"`;
}

function readInstant(value: Json, functionName: string, budget: Budget): number {
  budget.spend(PARSE_UNITS);
  const ms = parseInstant(value);
  if (ms === null) throw new ExpressionError(notADate(value, `${functionName}()`));
  return ms;
}

function notADate(value: Json, subject: string): string {
  const shown = typeof value === "string" ? JSON.stringify(value.slice(0, MAX_SHOWN_LENGTH)) : `a ${typeName(value)}`;
  return `${subject}: ${shown} is no date; a date is an RFC 3339 text such as 2026-01-31T09:30:00Z, or milliseconds since 1970`;
}
const MAX_SHOWN_LENGTH = 40;

function toTimestamp(ms: number): string {
  if (parseInstant(ms) === null) throw new ExpressionError("the date lies outside the years 1 to 9999");
  return new Date(ms).toISOString();
}

/** Calendar months have no fixed length, so they are kept apart from what has. */
interface Span {
  readonly months: number;
  readonly ms: number;
}

const SPAN = /^(-?)P(?:(\d{1,5})Y)?(?:(\d{1,6})M)?(.*)$/;

function parseSpan(text: string): Span | null {
  const match = text.length <= MAX_DURATION_LENGTH ? SPAN.exec(text) : null;
  if (!match) return null;
  const [, minus, years, months, rest = ""] = match;
  const hasMonths = years !== undefined || months !== undefined;
  const ms = rest === "" && hasMonths ? 0 : parseDuration(`P${rest}`);
  if (ms === null) return null;
  const sign = minus === "-" ? -1 : 1;
  return { months: sign * (Number(years ?? 0) * 12 + Number(months ?? 0)), ms: sign * ms };
}
const MAX_DURATION_LENGTH = 60;

/** In UTC. A month after the 31st of January is the last day of February, not a day in March. */
function addSpan(startMs: number, span: Span): number {
  if (span.months === 0) return startMs + span.ms;
  const date = new Date(startMs);
  const day = date.getUTCDate();
  date.setUTCDate(1);
  date.setUTCMonth(date.getUTCMonth() + span.months);
  const lastDay = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
  date.setUTCDate(Math.min(day, lastDay));
  return date.getTime() + span.ms;
}
