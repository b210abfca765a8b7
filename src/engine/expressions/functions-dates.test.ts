import { expect, test } from "bun:test";
import { evaluate, expectErrors, expectRefusals, expectValues } from "./evaluate-for-test.ts";

test("dates are read from RFC 3339 texts and milliseconds, and written in UTC", () => {
  expectValues([
    ["timestamp('2026-01-31T09:30:00+02:00')", "2026-01-31T07:30:00.000Z"],
    ["timestamp('2026-01-31')", "2026-01-31T00:00:00.000Z"],
    ["timestamp(1700000000000)", "2023-11-14T22:13:20.000Z"],
    ["epochMs('2023-11-14T22:13:20.5Z')", 1_700_000_000_500],
    ["timestamp('2026-01-31T01:00:00+02:00') < timestamp('2026-01-31T00:00:00Z')", true],
    ["(epochMs('2026-02-01') - epochMs('2026-01-30')) / 86400000", 2],
  ]);
  expectErrors([
    ["timestamp(trigger.body.name)", 'timestamp(): "Ada" is no date; a date is an RFC 3339 text'],
    ["epochMs(trigger.body.none)", "epochMs(): a null is no date"],
    ["timestamp(trigger.body.price * 1e15)", "is no date"],
  ]);
  expectRefusals([["timestamp('31.01.2026')", '"31.01.2026" is no date']]);
});

test("durations are added, months by the calendar", () => {
  expectValues([
    ["addDuration('2026-01-31T09:00:00Z', 'PT1H30M')", "2026-01-31T10:30:00.000Z"],
    ["addDuration('2026-01-31', '-P7D')", "2026-01-24T00:00:00.000Z"],
    ["addDuration('2026-01-31', 'P1M')", "2026-02-28T00:00:00.000Z"],
    ["addDuration('2024-01-31', 'P1M')", "2024-02-29T00:00:00.000Z"],
    ["addDuration('2026-03-31', '-P1M')", "2026-02-28T00:00:00.000Z"],
    ["addDuration('2024-02-29', 'P1Y')", "2025-02-28T00:00:00.000Z"],
    ["addDuration('2026-11-15', 'P2M1DT1S')", "2027-01-16T00:00:01.000Z"],
    ["addDuration('2026-01-01', 'P2W')", "2026-01-15T00:00:00.000Z"],
  ]);
  expectRefusals([
    ["addDuration('2026-01-31', '1 hour')", "ISO 8601 duration such as PT1H30M"],
    ["addDuration('2026-01-31', 'P')", "ISO 8601 duration"],
    ["addDuration('2026-01-31', 'P1MT')", "ISO 8601 duration"],
    ["addDuration('soon', 'P1D')", '"soon" is no date'],
  ]);
  expectErrors([
    ["addDuration('9999-12-31', 'P1D')", "outside the years 1 to 9999"],
    ["addDuration('2026-01-31', trigger.body.name)", "ISO 8601 duration"],
    ["addDuration('2026-01-31', 5)", '"duration" must be a string'],
    ["addDuration('2026-01-31', 'P99999Y')", "outside the years"],
  ]);
});

test("dates are formatted by pattern in a zone", () => {
  const at = "'2026-07-03T05:06:07.089Z'";
  expectValues([
    [`formatDate(${at})`, "2026-07-03T05:06:07Z"],
    [`formatDate(${at}, 'yyyy-MM-dd')`, "2026-07-03"],
    [`formatDate(${at}, "EEEE, d MMMM yyyy 'at' h:mm a", 'America/New_York')`, "Friday, 3 July 2026 at 1:06 AM"],
    [`formatDate(${at}, 'yy M dd EEE MMM H hh m s SSS XXX', 'Asia/Kolkata')`, "26 7 03 Fri Jul 10 10 36 7 089 +05:30"],
    [`formatDate(${at}, "HH 'o''clock' ''", 'Europe/Berlin')`, "07 o'clock '"],
    ["formatDate('2026-03-29T01:30:00Z', 'HH:mm XXX', 'Europe/Berlin')", "03:30 +02:00"],
    ["formatDate('2026-03-29T00:30:00Z', 'HH:mm XXX', 'Europe/Berlin')", "01:30 +01:00"],
    ["formatDate('2026-01-01T00:00:00Z', 'HH hh a', 'UTC')", "00 12 AM"],
    ["formatDate('1969-12-31T23:59:59.250Z', 'ss.SSS', 'Europe/Berlin')", "59.250"],
  ]);
  expectRefusals([
    [`formatDate(${at}, 'YYYY')`, 'the date pattern does not know "YYYY"; it knows: yyyy'],
    [`formatDate(${at}, "yyyy 'at")`, "a single quote that is not closed"],
    [`formatDate(${at}, 'yyyy', 'Europe/Bern')`, '"Europe/Bern" is no time zone'],
  ]);
  expect(() => evaluate("formatDate(0, trigger.body)", "y".repeat(1_000))).toThrow("longer than 100");
  expect(() => evaluate("formatDate(0, 'yyyy', trigger.body)", "Mars/Base")).toThrow("is no time zone");
});
