import { Cron } from "croner";
import type { ScheduleSpec } from "../domain/schedule.ts";

/*
 * When a schedule fires, computed from the given times alone. Times are epoch milliseconds.
 *
 * Cron runs by the wall clock of its zone. Where the clock is changed (as in Vixie cron):
 * - A schedule that names its times ("30 2 * * *", "0 1,2 * * *") fires once a day for each. A time that the clock skips
 *   fires at the first moment after the gap, several skipped ones together once; a time that comes twice fires the
 *   first time.
 * - A schedule with a wildcard or step in its hours, minutes or seconds ("0 * * * *") keeps its pace: it fires in both
 *   passes through a repeated hour, and not for times that do not come.
 */

const CRON_EXAMPLE = 'For example "0 9 * * 1-5" is 9:00 from Monday to Friday.';
const NICKNAME = /^@(?:yearly|annually|monthly|weekly|daily|midnight|hourly)$/i;

const MIN_EVERY_MS = 1_000;
const MAX_EVERY_MS = 10 * 366 * 24 * 3_600_000;
/** The last moment that a Date can hold (ECMA-262 §21.4.1.1). */
const MAX_TIME_MS = 8.64e15;

/** What is wrong with the schedule, worded to follow the name of its field; null when it fires. */
export function checkSchedule(spec: ScheduleSpec): string | null {
  if (spec.kind === "interval") return checkInterval(spec.everyMs);
  if (!isTimezone(spec.timezone))
    return `has the time zone "${spec.timezone}", which does not exist. Use a name such as "Europe/Berlin" or "UTC".`;
  const fields = spec.expression.trim().split(/\s+/).filter(Boolean);
  if (fields.length !== 5 && fields.length !== 6 && !NICKNAME.test(spec.expression.trim()))
    return `has ${fields.length} of the 5 fields minute, hour, day, month, weekday (or 6 with seconds first). ${CRON_EXAMPLE}`;
  const cron = tryReadCron(spec);
  if (typeof cron === "string") return `is not a cron expression: ${cron}. ${CRON_EXAMPLE}`;
  // Dates repeat every 400 years, and the search looks that far, so it does not matter where it starts.
  if (cron.nextRun(new Date(0)) === null) return `never fires: no day matches it. ${CRON_EXAMPLE}`;
  return null;
}

/** The first tick after `afterMs`; null when there is none. Throws for a schedule that `checkSchedule` refuses. */
export function nextTick(spec: ScheduleSpec, afterMs: number): number | null {
  if (spec.kind === "cron") return readCron(spec).nextRun(new Date(afterMs))?.getTime() ?? null;
  const { everyMs, anchorMs } = spec;
  const count = Math.max(0, Math.floor((afterMs - anchorMs) / everyMs) + 1);
  const tick = anchorMs + count * everyMs;
  return tick <= MAX_TIME_MS ? tick : null;
}

/** The last tick at or before `atMs`; null when there was none. An interval's first tick is its anchor. */
export function previousTick(spec: ScheduleSpec, atMs: number): number | null {
  // Croner looks strictly before its reference.
  if (spec.kind === "cron")
    return (
      readCron(spec)
        .previousRuns(1, new Date(atMs + 1))[0]
        ?.getTime() ?? null
    );
  const { everyMs, anchorMs } = spec;
  return atMs < anchorMs ? null : anchorMs + Math.floor((atMs - anchorMs) / everyMs) * everyMs;
}

function checkInterval(everyMs: number): string | null {
  if (Number.isSafeInteger(everyMs) && everyMs >= MIN_EVERY_MS && everyMs <= MAX_EVERY_MS) return null;
  return "must be from 1 second to 10 years, for example PT15M for every 15 minutes";
}

/** IANA names only: `Intl` also takes offsets such as "+02:00", which know no daylight-saving time. */
function isTimezone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }) !== undefined;
  } catch {
    return false;
  }
}

type CronSpec = Extract<ScheduleSpec, { kind: "cron" }>;

/** Not scheduled and not kept: only asked for times. */
function readCron({ expression, timezone }: CronSpec): Cron {
  return new Cron(expression, { timezone, mode: "5-or-6-parts", fixedTimeRule: "no-wildcard" });
}

/** Croner's complaint, when it has one. */
function tryReadCron(spec: CronSpec): Cron | string {
  // Croner takes a text with a colon for a date.
  if (spec.expression.includes(":")) return "9:30 is written as 30 9, the minute first";
  try {
    return readCron(spec);
  } catch (error) {
    return (error instanceof Error ? error.message : String(error)).replace(/^CronPattern: /, "").replace(/\.$/, "");
  }
}
