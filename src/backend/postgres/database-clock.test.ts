import { expect, test } from "bun:test";
import { DatabaseClock } from "./database-clock.ts";

const MINUTE = 60_000;
/** The test may be interrupted between two looks at a clock. */
const CLOSE_MS = 2_000;

/** A host whose clock can be set, and its clock as put right by a database that has the time of this machine. */
function startHost(aheadMs: number) {
  let ahead = aheadMs;
  let asked = 0;
  const clock = new DatabaseClock(() => Date.now() + ahead);
  const ask = () => clock.tell(Date.now(), performance.now());
  ask();
  clock.onSuspicion(async () => {
    asked += 1;
    ask();
  });
  const offMs = () => clock.now() - Date.now();
  return {
    clock,
    offMs,
    set: (ms: number) => {
      ahead = ms;
    },
    asked: () => asked,
  };
}

test.each([5 * MINUTE, -5 * MINUTE, 0])("a host that is %d ms ahead shows the database's time", (aheadMs) => {
  const { clock, offMs } = startHost(aheadMs);
  expect(Math.abs(offMs())).toBeLessThan(CLOSE_MS);
  expect(Math.abs(clock.hostAheadMs - aheadMs)).toBeLessThan(CLOSE_MS);
});

test("a host that is right is not moved by an answer that took its time", () => {
  const clock = new DatabaseClock(Date.now);
  clock.tell(Date.now() - 20_000, performance.now() - 30_000);
  expect(Math.abs(clock.now() - Date.now())).toBeLessThan(CLOSE_MS);
  // Only as far as it is proved wrong: the database's time was read after the question.
  clock.tell(Date.now() + 20_000, performance.now() - 10_000);
  expect(Math.abs(clock.now() - Date.now() - 20_000)).toBeLessThan(CLOSE_MS);
});

test.each([60 * MINUTE, -60 * MINUTE])(
  "a host whose clock is set by %d ms does not follow it for a moment",
  async (ms) => {
    const { clock, offMs, set, asked } = startHost(0);
    set(ms);
    expect(Math.abs(offMs())).toBeLessThan(CLOSE_MS);
    expect(Math.abs(offMs())).toBeLessThan(CLOSE_MS);
    await Bun.sleep(1);
    expect(asked()).toBe(1);
    expect(Math.abs(clock.hostAheadMs - ms)).toBeLessThan(CLOSE_MS);
    expect(Math.abs(offMs())).toBeLessThan(CLOSE_MS);
    expect(asked()).toBe(1);
  },
);

test("a database that does not answer is not asked at every look at the clock", async () => {
  let ahead = 0;
  let asked = 0;
  const clock = new DatabaseClock(() => Date.now() + ahead);
  clock.tell(Date.now(), performance.now());
  clock.onSuspicion(async () => {
    asked += 1;
    throw new Error("away");
  });
  ahead = MINUTE;
  const from = performance.now();
  for (let look = 0; look < 20; look += 1) {
    expect(Math.abs(clock.now() - Date.now())).toBeLessThan(CLOSE_MS);
    await Bun.sleep(1);
  }
  expect(asked).toBeGreaterThan(0);
  // Once a second.
  expect(asked).toBeLessThanOrEqual(1 + Math.floor((performance.now() - from) / 1_000));
});
