import { expect, test } from "bun:test";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkClock } from "./check-clock.ts";

const config = { dataDir: join(tmpdir(), "where-nothing-is") };
const compared = (clockAheadMs: number) => checkClock(config, { state: "current", clockAheadMs });

test("a clock that is not the one of Postgres is named with how far it is off, in its direction", () => {
  expect(compared(3_600_000)).toMatchObject({ verdict: "fail", says: expect.stringContaining("3600 s ahead of") });
  expect(compared(-120_000)).toMatchObject({ verdict: "fail", says: expect.stringContaining("120 s behind") });
  // What an answer takes, and what clocks usually differ by.
  for (const ms of [-900, 0, 900]) expect(compared(ms).verdict).toBe("ok");
});

test("a database that is out of reach says nothing about the clock", () => {
  expect(checkClock(config, { state: "unreachable", message: "" }).verdict).toBe("ok");
});
