import { describe, expect, test } from "bun:test";
import type { ScheduleSpec } from "../domain/schedule.ts";
import { decideTick } from "./fire-schedules.ts";

const MINUTE_MS = 60_000;
const NOON = Date.UTC(2026, 5, 1, 12);
const hourly: ScheduleSpec = { kind: "interval", everyMs: 60 * MINUTE_MS, anchorMs: NOON };
const daily: ScheduleSpec = { kind: "cron", expression: "0 12 * * *", timezone: "UTC" };

describe("a tick that is looked at in time", () => {
  test.each(["skip", "run_once"] as const)('runs whatever happens to missed ones ("%s")', (missed) => {
    for (const spec of [hourly, daily]) {
      expect(decideTick({ spec, missed, nextAt: NOON }, NOON)).toBe(NOON);
      expect(decideTick({ spec, missed, nextAt: NOON }, NOON + MINUTE_MS)).toBe(NOON);
    }
  });
});

describe("a tick that was missed", () => {
  test("is skipped or made up for, as the trigger says", () => {
    const late = NOON + MINUTE_MS + 1;
    expect(decideTick({ spec: daily, missed: "skip", nextAt: NOON }, late)).toBeNull();
    expect(decideTick({ spec: daily, missed: "run_once", nextAt: NOON }, late)).toBe(NOON);
  });

  test("with others is made up for once, by the last of them", () => {
    const late = NOON + 5 * 60 * MINUTE_MS + 20 * MINUTE_MS;
    const last = NOON + 5 * 60 * MINUTE_MS;
    expect(decideTick({ spec: hourly, missed: "run_once", nextAt: NOON }, late)).toBe(last);
    expect(decideTick({ spec: hourly, missed: "skip", nextAt: NOON }, late)).toBeNull();
  });

  test("does not keep the newest one, which is in time, from running", () => {
    const now = NOON + 3 * 60 * MINUTE_MS + 10_000;
    expect(decideTick({ spec: hourly, missed: "skip", nextAt: NOON }, now)).toBe(NOON + 3 * 60 * MINUTE_MS);
  });
});
