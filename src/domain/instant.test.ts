import { expect, test } from "bun:test";
import fc from "fast-check";
import { parseInstant } from "./instant.ts";

test("dates are read strictly and without the server's time zone", () => {
  expect(parseInstant("2026-01-31T09:30:15.1239Z")).toBe(Date.UTC(2026, 0, 31, 9, 30, 15, 123));
  expect(parseInstant("2026-01-31T09:30")).toBe(Date.UTC(2026, 0, 31, 9, 30));
  expect(parseInstant("2026-01-31 09:30:00 +0530")).toBe(Date.UTC(2026, 0, 31, 4));
  expect(parseInstant(" 2026-01-31 ")).toBe(Date.UTC(2026, 0, 31));
  expect(parseInstant("0001-01-01")).toBe(Date.parse("0001-01-01T00:00:00Z"));
  const bad = ["2026-02-30", "2026-13-01", "2026-01-31T24:00", "2026-01-31T10:60", "2026-1-1", "31.1.2026", "2026"];
  for (const text of [...bad, "20260131", "1700000000", "2026-01-31T10:00+99:00", "", "x".repeat(100)]) {
    expect([text, parseInstant(text)]).toEqual([text, null]);
  }
  for (const value of [null, true, [], {}, 1e300, Number.NaN]) expect(parseInstant(value)).toBeNull();
});

test("dates agree with the runtime on every date it can write", () => {
  fc.assert(
    fc.property(
      fc.date({ min: new Date("0001-01-01T00:00:00Z"), max: new Date("9999-12-31"), noInvalidDate: true }),
      (date) => {
        expect(parseInstant(date.toISOString())).toBe(date.getTime());
      },
    ),
  );
});
