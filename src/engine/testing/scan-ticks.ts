import type { ScheduleSpec } from "../../domain/schedule.ts";

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
/** Clocks are changed at quarter hours, so within one the offset is one. */
const QUARTER = 15 * MINUTE;

/**
 * The ticks after `from` and up to `to` of a cron schedule with five fields, found by looking at the wall clock in every
 * minute: slow, and as plain as the rule it checks. Knows values, lists, ranges and steps, weekdays or days, and `L`.
 */
export function scanTicks(spec: ScheduleSpec, from: number, to: number): number[] {
  if (spec.kind !== "cron") throw new Error("scans cron schedules only");
  const [minute, hour, day, month, weekday] = spec.expression.split(" ");
  if (!minute || !hour || !day || month !== "*" || !weekday) throw new Error(`cannot scan ${spec.expression}`);
  const offsetAt = memoizedOffset(spec.timezone);
  const isNamed = !/[*/]/.test(minute + hour);

  /** `wall` is the wall clock's time, written as if it were UTC. */
  const matches = (wall: number): boolean => {
    const date = new Date(wall);
    const isLastDay = new Date(wall + DAY).getUTCDate() === 1;
    return (
      fits(minute, date.getUTCMinutes()) &&
      fits(hour, date.getUTCHours()) &&
      (day === "L" ? isLastDay : fits(day, date.getUTCDate())) &&
      fits(weekday, date.getUTCDay())
    );
  };

  const ticks: number[] = [];
  for (let now = (Math.floor(from / MINUTE) + 1) * MINUTE; now <= to; now += MINUTE) {
    const wall = now + offsetAt(now);
    const jump = offsetAt(now) - offsetAt(now - MINUTE);
    const isMatch = matches(wall) && !(isNamed && isSecondPass(now, offsetAt));
    if (isMatch || (isNamed && skipped(wall, jump).some(matches))) ticks.push(now);
  }
  return ticks;
}

/** The wall-clock minutes of the same day that were left out just before `wall`. */
function skipped(wall: number, jump: number): number[] {
  const minutes: number[] = [];
  for (let missing = wall - jump; missing < wall; missing += MINUTE)
    if (Math.floor(missing / DAY) === Math.floor(wall / DAY)) minutes.push(missing);
  return minutes;
}

/** True when the wall clock has shown this time before: it was put back by more than what has passed since. */
function isSecondPass(now: number, offsetAt: (ms: number) => number): boolean {
  for (let back = QUARTER; back <= 3 * 60 * MINUTE; back += QUARTER)
    if (offsetAt(now - back) - offsetAt(now) === back) return true;
  return false;
}

function fits(field: string, value: number): boolean {
  return field.split(",").some((part) => {
    const [range = "", step] = part.split("/");
    const [low, high] = range === "*" ? [0, 59] : range.split("-").map(Number);
    if (low === undefined || value < low || value > (high ?? low)) return false;
    return (value - low) % Number(step ?? 1) === 0;
  });
}

function memoizedOffset(timezone: string): (ms: number) => number {
  const format = new Intl.DateTimeFormat("en-US", { timeZone: timezone, timeZoneName: "longOffset" });
  const offsets = new Map<number, number>();
  return (ms) => {
    const quarter = Math.floor(ms / QUARTER);
    const known = offsets.get(quarter);
    if (known !== undefined) return known;
    const text = format.formatToParts(quarter * QUARTER).find((part) => part.type === "timeZoneName")?.value ?? "";
    const [, sign, hours, minutes] = /^GMT(?:([+-])(\d\d):(\d\d))?$/.exec(text) ?? [];
    const offset = (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * MINUTE * (sign === "-" ? -1 : 1);
    offsets.set(quarter, offset);
    return offset;
  };
}
