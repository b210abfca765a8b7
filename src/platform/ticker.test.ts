import { expect, test } from "bun:test";
import { VirtualClock } from "../../test/simulation/virtual-clock.ts";
import { Ticker, type TickerOptions } from "./ticker.ts";

const START = 1_000_000;

function tick(work: TickerOptions["work"], options: Partial<TickerOptions> = {}) {
  const time = new VirtualClock(START);
  const ticker = new Ticker({ clock: time.forProcess(() => false), everyMs: 1_000, work, ...options });
  /** What has a timer until then is done, and what follows from it. */
  const pass = async (ms: number) => {
    const until = time.now + ms;
    do await Bun.sleep(0);
    while (time.advance(until));
  };
  return { ticker, time, pass };
}

test("work is done at once, and again when its time has come: its own, or the usual one", async () => {
  const at: number[] = [];
  const asked = [5, undefined];
  const { ticker, time, pass } = tick(async () => {
    at.push(time.now - START);
    return asked.shift();
  });
  ticker.start();
  await pass(2_100);
  expect(at).toEqual([0, 5, 1_005, 2_005]);
  await ticker.stop();
  await pass(5_000);
  expect(at).toHaveLength(4);
});

test("whoever wakes it while it works has it look once more, and it never works twice at a time", async () => {
  let [underWay, most, done] = [0, 0, 0];
  const { ticker, pass } = tick(async () => {
    most = Math.max(most, ++underWay);
    await Bun.sleep(1);
    underWay -= 1;
    done += 1;
    return undefined;
  });
  ticker.start();
  for (const _ of [1, 2, 3]) ticker.wake();
  await Bun.sleep(20);
  await pass(0);
  expect({ most, done }).toEqual({ most: 1, done: 2 });
  await ticker.stop();
});

test("stopping waits for what is being done, and nothing is begun after it", async () => {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  let begun = 0;
  const { ticker, pass } = tick(() => {
    begun += 1;
    return promise;
  });
  ticker.start();
  ticker.wake();
  let isStopped = false;
  const stopping = ticker.stop().then(() => {
    isStopped = true;
  });
  await pass(10_000);
  expect(isStopped).toBe(false);
  resolve(undefined);
  await stopping;
  await pass(10_000);
  expect(begun).toBe(1);
});

test("a failure is told, and the work is tried again", async () => {
  const failures: unknown[] = [];
  let tries = 0;
  const { ticker, pass } = tick(
    async () => {
      if (++tries === 1) throw new Error("away");
      return undefined;
    },
    { firstInMs: 500, failed: (error) => failures.push(error) },
  );
  ticker.start();
  await pass(400);
  expect(tries).toBe(0);
  await pass(1_600);
  expect(tries).toBe(2);
  expect(failures).toEqual([new Error("away")]);
  await ticker.stop();
});
