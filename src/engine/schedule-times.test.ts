import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { ScheduleSpec } from "../domain/schedule.ts";
import { checkSchedule, nextTick, previousTick } from "./schedule-times.ts";
import { scanTicks } from "./testing/scan-ticks.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

function cron(expression: string, timezone = "UTC"): ScheduleSpec {
  return { kind: "cron", expression, timezone };
}

function at(iso: string): number {
  const ms = Date.parse(iso);
  if (Number.isNaN(ms)) throw new Error(`not a time: ${iso}`);
  return ms;
}

/** The ticks after `from` and up to `to`, as ISO texts without milliseconds. */
function ticksBetween(spec: ScheduleSpec, from: string, to: string): string[] {
  const ticks: string[] = [];
  for (let tick = nextTick(spec, at(from)); tick !== null && tick <= at(to); tick = nextTick(spec, tick))
    ticks.push(new Date(tick).toISOString().replace(".000Z", "Z"));
  return ticks;
}

describe("a cron schedule fires", () => {
  test.each([
    ["at a time of day", "30 9 * * *", "UTC", "2026-05-04T09:30:00Z", "2026-05-05T09:30:00Z"],
    ["in its zone", "30 9 * * *", "Asia/Kolkata", "2026-05-04T09:30:00Z", "2026-05-05T04:00:00Z"],
    ["with seconds first", "15 30 9 * * *", "UTC", "2026-05-04T09:30:14.500Z", "2026-05-04T09:30:15Z"],
    ["strictly after", "* * * * * *", "UTC", "2026-05-04T09:30:14Z", "2026-05-04T09:30:15Z"],
    ["within the second", "0 9 * * *", "UTC", "2026-05-04T08:59:59.999Z", "2026-05-04T09:00:00Z"],
    ["on weekdays", "0 9 * * 1-5", "UTC", "2026-05-08T09:00:00Z", "2026-05-11T09:00:00Z"],
    ["on day or weekday, as cron does", "0 0 13 * 5", "UTC", "2026-05-08T00:00:00Z", "2026-05-13T00:00:00Z"],
    ["on the last day of the month", "0 0 L * *", "UTC", "2026-02-01T00:00:00Z", "2026-02-28T00:00:00Z"],
    ["on the second Tuesday", "0 0 * * TUE#2", "UTC", "2026-05-01T00:00:00Z", "2026-05-12T00:00:00Z"],
    ["over the end of the year", "0 0 1 1 *", "UTC", "2026-12-31T23:59:59Z", "2027-01-01T00:00:00Z"],
    ["at the zone's new year", "0 0 1 1 *", "Pacific/Kiritimati", "2026-12-31T00:00:00Z", "2026-12-31T10:00:00Z"],
    ["on leap days only", "0 0 29 2 *", "UTC", "2024-02-29T00:00:00Z", "2028-02-29T00:00:00Z"],
    ["on leap days, over 2100", "0 0 29 2 *", "UTC", "2096-02-29T00:00:00Z", "2104-02-29T00:00:00Z"],
    ["on the 31st of months that have one", "0 0 31 * *", "UTC", "2026-03-31T00:00:00Z", "2026-05-31T00:00:00Z"],
    ["by nickname", "@hourly", "UTC", "2026-05-04T09:30:00Z", "2026-05-04T10:00:00Z"],
  ])("%s: %s %s", (_, expression, timezone, after, expected) => {
    const spec = cron(expression, timezone);
    expect(checkSchedule(spec)).toBeNull();
    expect(nextTick(spec, at(after))).toBe(at(expected));
    expect(previousTick(spec, at(expected))).toBe(at(expected));
    expect(previousTick(spec, at(expected) + 1)).toBe(at(expected));
    expect(previousTick(spec, at(expected) - 1)!).toBeLessThanOrEqual(at(after));
  });
});

/*
 * The clocks that change: Berlin 2027-03-28 02:00 → 03:00 and 2026-10-25 03:00 → 02:00; Lord Howe by 30 minutes,
 * 2026-04-05 02:00 → 01:30 and 2026-10-04 02:00 → 02:30; Cairo at midnight, 2027-04-30 00:00 → 01:00.
 */
describe("where the clock is changed", () => {
  test.each([
    [
      "a time that is skipped fires once, right after the gap",
      cron("30 2 * * *", "Europe/Berlin"),
      ["2027-03-27T00:00:00Z", "2027-03-30T00:00:00Z"],
      ["2027-03-27T01:30:00Z", "2027-03-28T01:00:00Z", "2027-03-29T00:30:00Z"],
    ],
    [
      "several skipped times fire together once",
      cron("15,45 2 * * *", "Europe/Berlin"),
      ["2027-03-28T00:00:00Z", "2027-03-29T00:20:00Z"],
      ["2027-03-28T01:00:00Z", "2027-03-29T00:15:00Z"],
    ],
    [
      "of a list, only the skipped time moves",
      cron("30 2,14 * * *", "Europe/Berlin"),
      ["2027-03-28T00:00:00Z", "2027-03-28T23:00:00Z"],
      ["2027-03-28T01:00:00Z", "2027-03-28T12:30:00Z"],
    ],
    [
      "a time that comes twice fires once, the first time",
      cron("30 2 * * *", "Europe/Berlin"),
      ["2026-10-24T12:00:00Z", "2026-10-26T12:00:00Z"],
      ["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"],
    ],
    [
      "an hourly schedule fires every real hour in autumn",
      cron("0 * * * *", "Europe/Berlin"),
      ["2026-10-24T23:00:00Z", "2026-10-25T04:00:00Z"],
      [
        "2026-10-25T00:00:00Z",
        "2026-10-25T01:00:00Z",
        "2026-10-25T02:00:00Z",
        "2026-10-25T03:00:00Z",
        "2026-10-25T04:00:00Z",
      ],
    ],
    [
      "an hourly schedule fires every real hour in spring",
      cron("0 * * * *", "Europe/Berlin"),
      ["2027-03-27T23:00:00Z", "2027-03-28T03:00:00Z"],
      ["2027-03-28T00:00:00Z", "2027-03-28T01:00:00Z", "2027-03-28T02:00:00Z", "2027-03-28T03:00:00Z"],
    ],
    [
      "a half-hourly schedule does not fire for half hours that are skipped",
      cron("*/30 2 * * *", "Europe/Berlin"),
      ["2027-03-27T12:00:00Z", "2027-03-29T12:00:00Z"],
      ["2027-03-29T00:00:00Z", "2027-03-29T00:30:00Z"],
    ],
    [
      "a gap of 30 minutes moves a skipped time by what is left of it",
      cron("15 2 * * *", "Australia/Lord_Howe"),
      ["2026-10-03T00:00:00Z", "2026-10-05T00:00:00Z"],
      ["2026-10-03T15:30:00Z", "2026-10-04T15:15:00Z"],
    ],
    [
      "an overlap of 30 minutes fires once",
      cron("45 1 * * *", "Australia/Lord_Howe"),
      ["2026-04-04T00:00:00Z", "2026-04-06T00:00:00Z"],
      ["2026-04-04T14:45:00Z", "2026-04-05T15:15:00Z"],
    ],
    [
      "a schedule of every 10 minutes keeps its pace through an overlap of 30",
      cron("*/10 1 * * *", "Australia/Lord_Howe"),
      ["2026-04-04T14:25:00Z", "2026-04-04T15:30:00Z"],
      [
        "2026-04-04T14:30:00Z",
        "2026-04-04T14:40:00Z",
        "2026-04-04T14:50:00Z",
        "2026-04-04T15:00:00Z",
        "2026-04-04T15:10:00Z",
        "2026-04-04T15:20:00Z",
      ],
    ],
    [
      "a skipped midnight fires at the day's first moment",
      cron("0 0 * * *", "Africa/Cairo"),
      ["2027-04-28T23:00:00Z", "2027-05-01T00:00:00Z"],
      ["2027-04-29T22:00:00Z", "2027-04-30T21:00:00Z"],
    ],
  ])("%s", (_, spec, [from, to], expected) => {
    expect(ticksBetween(spec, from!, to!)).toEqual(expected);
    // Backwards from the end come the same ticks.
    let tick = previousTick(spec, at(to!));
    for (const each of expected.toReversed()) {
      expect(tick).toBe(at(each));
      tick = previousTick(spec, at(each) - 1);
    }
  });
});

describe("an interval fires", () => {
  const spec: ScheduleSpec = { kind: "interval", everyMs: 15 * MINUTE, anchorMs: at("2026-05-04T09:07:00Z") };

  test("at its anchor and every interval from there, strictly after the given time", () => {
    expect(nextTick(spec, at("2020-01-01T00:00:00Z"))).toBe(spec.anchorMs);
    expect(nextTick(spec, spec.anchorMs - 1)).toBe(spec.anchorMs);
    expect(nextTick(spec, spec.anchorMs)).toBe(at("2026-05-04T09:22:00Z"));
    expect(nextTick(spec, at("2026-10-25T01:00:00Z"))).toBe(at("2026-10-25T01:07:00Z"));
  });

  test("last at or before a given time, and never before its anchor", () => {
    expect(previousTick(spec, spec.anchorMs - 1)).toBeNull();
    expect(previousTick(spec, spec.anchorMs)).toBe(spec.anchorMs);
    expect(previousTick(spec, at("2026-05-04T09:36:59.999Z"))).toBe(at("2026-05-04T09:22:00Z"));
    expect(previousTick(spec, at("2026-05-04T09:37:00Z"))).toBe(at("2026-05-04T09:37:00Z"));
  });

  test("not beyond the last date there is", () => {
    expect(nextTick(spec, 8.64e15 - 1)).toBeNull();
  });
});

describe("checking a schedule", () => {
  test.each([
    ["* * *", "has 3 of the 5 fields"],
    ["", "has 0 of the 5 fields"],
    ["0 0 1 1 * * 2030", "has 7 of the 5 fields"],
    ["2027-01-01T00:00:00", "has 1 of the 5 fields"],
    ["12:30 * * * *", "the minute first"],
    ["60 * * * *", "is not a cron expression: Invalid value for minute: 60."],
    ["0 24 * * *", "Invalid value for hour: 24"],
    ["0 0 0 * *", "is not a cron expression"],
    ["0 0 * 13 *", "is not a cron expression"],
    ["0 0 * * 8", "is not a cron expression"],
    ["*/0 * * * *", "illegal stepping"],
    ["5-1 * * * *", "From value is larger"],
    ["every day at 9 o'clock", "is not a cron expression"],
    ["1,,2 * * * *", "is not a cron expression"],
    ["@reboot", "has 1 of the 5 fields"],
    ["0 0 30 2 *", "never fires"],
    ["0 0 31 2,4,6,9,11 *", "never fires"],
  ])("finds %p wrong and shows a right one", (expression, complaint) => {
    const message = checkSchedule(cron(expression));
    expect(message).toContain(complaint);
    expect(message).toContain('For example "0 9 * * 1-5"');
  });

  test.each(["Mars/Phobos", "", "local", "+02:00", "-05:00", "Europe/Berlin "])("refuses the zone %p", (timezone) => {
    expect(checkSchedule(cron("0 9 * * *", timezone))).toContain('"Europe/Berlin"');
  });

  test("the example it gives is right", () => {
    expect(checkSchedule(cron("0 9 * * 1-5", "Europe/Berlin"))).toBeNull();
    expect(checkSchedule(cron("  0  9 *\t* 1-5 "))).toBeNull();
  });

  test.each([0, 999, -1_000, 1_000.5, Number.NaN, Number.POSITIVE_INFINITY, 4_000 * DAY])(
    "refuses an interval of %p ms",
    (everyMs) => {
      expect(checkSchedule({ kind: "interval", everyMs, anchorMs: 0 })).toContain("from 1 second to 10 years");
    },
  );

  test.each([1_000, 15 * MINUTE, 365 * DAY])("takes an interval of %p ms", (everyMs) => {
    expect(checkSchedule({ kind: "interval", everyMs, anchorMs: 0 })).toBeNull();
  });
});

/** Zones with their next changes, in 2026 and 2027: by an hour, by half, at midnight, by two hours, none. */
const ZONES: readonly (readonly [zone: string, ...changes: readonly string[]])[] = [
  ["UTC", "2026-12-31T23:59:00Z"],
  ["Asia/Kolkata", "2026-06-30T18:00:00Z"],
  ["Europe/Berlin", "2026-10-25T01:00:00Z", "2027-03-28T01:00:00Z"],
  ["America/New_York", "2026-11-01T06:00:00Z", "2027-03-14T07:00:00Z"],
  ["Australia/Lord_Howe", "2026-04-04T15:00:00Z", "2026-10-03T15:30:00Z"],
  ["Africa/Cairo", "2026-10-29T21:00:00Z", "2027-04-29T22:00:00Z"],
  ["America/Havana", "2026-11-01T05:00:00Z", "2027-03-14T05:00:00Z"],
  ["Antarctica/Troll", "2026-10-25T01:00:00Z", "2027-03-28T01:00:00Z"],
];

describe("of any schedule near a change of the clock", () => {
  const minute = fc.integer({ min: 0, max: 59 });
  const hour = fc.oneof({ weight: 3, arbitrary: fc.integer({ min: 0, max: 4 }) }, fc.integer({ min: 0, max: 23 }));
  const named = (value: fc.Arbitrary<number>) =>
    fc.oneof(
      value.map(String),
      fc.uniqueArray(value, { minLength: 2, maxLength: 4 }).map((values) => values.join(",")),
      fc.tuple(value, value).map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`),
    );
  const paced = (max: number) =>
    fc.oneof(
      fc.constant("*"),
      fc.integer({ min: 1, max }).map((step) => `*/${step}`),
      fc
        .tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 1, max: 5 }))
        .map(([from, step]) => `${from}-12/${step}`),
    );
  const days = fc.constantFrom("* * *", "* * 0,6", "1-15 * *", "L * *");
  const expression = fc.oneof(
    fc.tuple(named(minute), named(hour), days),
    fc.tuple(fc.oneof(named(minute), paced(30)), fc.oneof(named(hour), paced(12)), days),
  );
  const place = fc.constantFrom(
    ...ZONES.flatMap(([timezone, ...changes]) => changes.map((change) => ({ timezone, change: at(change) }))),
  );
  const offset = fc.integer({ min: -2 * DAY, max: DAY });
  const schedule = fc
    .record({ expression: expression.map((parts) => parts.join(" ")), place, offset })
    .map(({ expression, place, offset }) => ({ spec: cron(expression, place.timezone), from: place.change + offset }));

  test("the ticks are those that a scan of every minute finds", () => {
    fc.assert(
      fc.property(schedule, ({ spec, from }) => {
        const to = from + 2 * DAY;
        const ticks: number[] = [];
        for (let tick = nextTick(spec, from); tick !== null && tick <= to; tick = nextTick(spec, tick))
          ticks.push(tick);
        expect(ticks).toEqual(scanTicks(spec, from, to));
      }),
      { numRuns: 300 },
    );
  });

  test("going back finds the ticks that going on found, and none is between", () => {
    fc.assert(
      fc.property(schedule, fc.integer({ min: 0, max: DAY }), ({ spec, from }, step) => {
        const first = nextTick(spec, from)!;
        const second = nextTick(spec, first)!;
        expect(first).toBeGreaterThan(from);
        expect(second).toBeGreaterThan(first);
        const within = Math.min(first + step, second - 1);
        expect(previousTick(spec, within)).toBe(first);
        expect(nextTick(spec, within)).toBe(second);
        const before = previousTick(spec, from);
        if (before !== null) expect(nextTick(spec, before)).toBe(first);
      }),
      { numRuns: 500 },
    );
  });

  test("an interval's ticks are its anchor and whole intervals, none left out", () => {
    const interval = fc.record({
      kind: fc.constant("interval" as const),
      everyMs: fc.integer({ min: 1_000, max: 400 * DAY }),
      anchorMs: fc.integer({ min: 0, max: at("2100-01-01T00:00:00Z") }),
    });
    fc.assert(
      fc.property(interval, fc.integer({ min: 0, max: at("2100-01-01T00:00:00Z") }), (spec, from) => {
        const first = nextTick(spec, from)!;
        expect(first).toBeGreaterThan(from);
        expect((first - spec.anchorMs) % spec.everyMs).toBe(0);
        expect(nextTick(spec, first)).toBe(first + spec.everyMs);
        expect(previousTick(spec, first + spec.everyMs - 1)).toBe(first);
        expect(previousTick(spec, from) ?? spec.anchorMs - spec.everyMs).toBe(first - spec.everyMs);
      }),
    );
  });
});
