import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { VirtualClock } from "../../../test/simulation/virtual-clock.ts";
import { createRateStore } from "../../backend/sqlite/rate-store.ts";
import type { ConnectorDefinition } from "../../connector-sdk/connector.ts";
import type { RateLimit } from "../../connector-sdk/rate-limit.ts";
import type { RateStore } from "../../domain/rate-store.ts";
import type { RateCall } from "./limits-of-call.ts";
import { RateLimiter } from "./rate-limiter.ts";

const START = 1_700_000_000_000;
const SECOND = 1_000;

/** As Postgres does it, with replicas that lease by the handful and whose answers take a moment. */
function remoteStore(shared: RateStore): RateStore {
  return {
    leaseMs: 1_000,
    lease: async (...args) => shared.lease(...args),
    freeze: (...args) => shared.freeze(...args),
    forget: (...args) => shared.forget(...args),
  };
}

interface Caller {
  readonly tenantId: string;
  readonly at: number;
}
interface Left {
  readonly tenantId: string;
  readonly at: number;
  readonly asked: number;
}

/** Runs that are parked when it is not their turn and ask again when they were told to, on so many processes. */
async function simulate(
  limits: readonly RateLimit[],
  callers: readonly Caller[],
  { replicas = 1, hours = 24, act = () => {} }: SimulationOptions = {},
): Promise<readonly Left[]> {
  const time = new VirtualClock(START);
  const clock = time.forProcess(() => false);
  const shared = createRateStore();
  const store = replicas === 1 ? shared : remoteStore(shared);
  const limiters = Array.from({ length: replicas }, () => new RateLimiter({ rates: store, clock }));
  const left: Left[] = [];
  callers.forEach(({ tenantId, at }, index) => {
    const call = callOf(tenantId, limits);
    const limiter = limiters[index % replicas]!;
    let asked = 0;
    const ask = async () => {
      asked += 1;
      const turn = await limiter.turn(call, `run ${index}`, 60_000);
      if (turn.kind === "waits") return void clock.after(turn.at - clock.now(), ask);
      left.push({ tenantId, at: clock.now() - START, asked });
      limiter.ended(call, `run ${index}`);
      act(limiter, call, left.length);
    };
    clock.after(at, ask);
  });
  const end = START + hours * 3_600_000;
  do {
    // Whatever a timer has set off is done before time moves on.
    for (let n = 0; n < 12; n += 1) await Promise.resolve();
  } while (time.advance(end));
  return left;
}
interface SimulationOptions {
  readonly replicas?: number;
  readonly hours?: number;
  readonly act?: (limiter: RateLimiter, call: RateCall, count: number) => void;
}

function callOf(tenantId: string, rateLimits: readonly RateLimit[], patch: Partial<RateCall> = {}): RateCall {
  const connector: Pick<ConnectorDefinition, "rateLimits" | "maxConcurrentCalls"> = { rateLimits };
  return { connectorName: "acme", connector, tenantId, connectionId: `conn of ${tenantId}`, method: "send", ...patch };
}

/** The most that any window saw. */
function busiest(times: readonly number[], windowMs: number): number {
  const sorted = [...times].sort((a, b) => a - b);
  let first = 0;
  let most = 0;
  sorted.forEach((at, index) => {
    while (sorted[first]! <= at - windowMs) first += 1;
    most = Math.max(most, index - first + 1);
  });
  return most;
}
const timesOf = (left: readonly Left[]) => left.map(({ at }) => at);
const crowd = (tenantId: string, count: number, at = 0): Caller[] =>
  Array.from({ length: count }, () => ({ tenantId, at }));

describe("a limit of so many in a window", () => {
  test("is never passed, wherever the window begins, and nobody is left behind", async () => {
    const limit = fc.record({
      requests: fc.integer({ min: 1, max: 40 }),
      perMs: fc.integer({ min: 500, max: 120_000 }),
    });
    const arrivals = fc.array(
      fc.record({ tenantId: fc.constantFrom("a", "b", "c"), at: fc.constantFrom(0, 0, 0, 700, 15_000) }),
      {
        minLength: 80,
        maxLength: 160,
      },
    );
    await fc.assert(
      fc.asyncProperty(limit, arrivals, async (numbers, callers) => {
        const left = await simulate([{ title: "All", scope: "app", ...numbers }], callers);
        expect(left).toHaveLength(callers.length);
        expect(busiest(timesOf(left), numbers.perMs)).toBeLessThanOrEqual(numbers.requests);
      }),
      { numRuns: 60, seed: 7 },
    );
  });

  test("is used to more than nine tenths, evenly, while many wait", async () => {
    const limit: RateLimit = { title: "All", scope: "connection", requests: 100, perMs: 10 * SECOND };
    const left = await simulate([limit], crowd("a", 1_000));
    const last = Math.max(...timesOf(left));
    expect(last).toBeLessThan(110 * SECOND);
    expect(busiest(timesOf(left), SECOND)).toBeLessThanOrEqual(10 + 10);
    expect(
      busiest(
        timesOf(left).filter((at) => at > SECOND),
        SECOND,
      ),
    ).toBeLessThanOrEqual(11);
  });

  test("is shared by three replicas", async () => {
    const limit: RateLimit = { title: "All", scope: "app", requests: 60, perMs: 60 * SECOND };
    const left = await simulate([limit], [...crowd("a", 200), ...crowd("b", 100)], { replicas: 3 });
    expect(left).toHaveLength(300);
    expect(busiest(timesOf(left), 60 * SECOND)).toBeLessThanOrEqual(60);
    // What a replica leased and did not spend within a second is lost; most is used all the same.
    expect(Math.max(...timesOf(left))).toBeLessThan(2 * 300 * SECOND);
  });
});

test("a provider's own bucket lets its burst leave at once and then its rate", async () => {
  const limit: RateLimit = { title: "Bucket", scope: "connection", requests: 2, perMs: SECOND, burst: 40 };
  const left = await simulate([limit], crowd("a", 60));
  expect(timesOf(left).filter((at) => at === 0)).toHaveLength(40);
  expect(Math.max(...timesOf(left))).toBeWithin(9 * SECOND, 11 * SECOND);
});

test("a tenant with ten calls does not wait for another's thousand", async () => {
  const limit: RateLimit = { title: "App", scope: "app", requests: 60, perMs: 60 * SECOND };
  const left = await simulate([limit], [...crowd("big", 1_000), ...crowd("small", 10, 30 * SECOND)]);
  const small = left.filter(({ tenantId }) => tenantId === "small");
  expect(small).toHaveLength(10);
  // Alone it would take ten seconds; in turn with the other twice as long.
  expect(Math.max(...timesOf(small))).toBeLessThan(30 * SECOND + 40 * SECOND);
  expect(left).toHaveLength(1_010);
  expect(Math.max(...left.map(({ asked }) => asked))).toBeLessThan(30);
});

test("what counts for a connection alone is its own; methods have theirs", async () => {
  const limits: RateLimit[] = [
    { title: "Each", scope: "connection", method: "each", requests: 1, perMs: 60 * SECOND },
    { title: "Searches", scope: "connection", method: "search", requests: 1, perMs: 3_600 * SECOND },
  ];
  const limiter = new RateLimiter({ rates: createRateStore(), clock: { now: () => START, after: () => () => {} } });
  const turn = async (ticket: string, patch: Partial<RateCall>) =>
    (await limiter.turn(callOf("a", limits, patch), ticket, 0)).kind;
  expect(await turn("1", { method: "send" })).toBe("granted");
  expect(await turn("2", { method: "send" })).toBe("waits");
  expect(await turn("3", { method: "search" })).toBe("granted");
  expect(await turn("4", { method: "send", connectionId: "another" })).toBe("granted");
});

describe("a refusal", () => {
  const limit: RateLimit = { title: "All", scope: "connection", requests: 60, perMs: 60 * SECOND };

  test("freezes the scope for as long as the provider says; then those that wait leave at its rate, not all at once", async () => {
    let frozen = false;
    const left = await simulate([limit], crowd("a", 100), {
      act(limiter, call) {
        if (frozen) return;
        frozen = true;
        expect(limiter.refused(call, "refused", 30 * SECOND)).toBe(START + 30 * SECOND);
      },
    });
    const after = timesOf(left).slice(1);
    expect(Math.min(...after)).toBeGreaterThanOrEqual(30 * SECOND);
    expect(busiest(after, 10 * SECOND)).toBeLessThanOrEqual(11);
    expect(left).toHaveLength(100);
  });

  test("without a time is waited for longer each time", () => {
    const limiter = new RateLimiter({ rates: createRateStore(), clock: { now: () => START, after: () => () => {} } });
    const waits = [1, 2, 3].map((n) => limiter.refused(callOf("a", [limit]), `run ${n}`, null)! - START);
    expect(waits[0]!).toBe(SECOND);
    expect(waits[1]!).toBeGreaterThanOrEqual(2 * SECOND);
    expect(waits[2]!).toBeGreaterThanOrEqual(4 * SECOND);
  });

  test("makes a connection careful for which no limit is declared, and leaves calls without one to their own wait", async () => {
    let refused = 0;
    const left = await simulate([], crowd("a", 50), {
      act(limiter, call) {
        refused += 1;
        if (refused === 50) limiter.refused(call, "late", 10 * SECOND);
      },
    });
    expect(busiest(timesOf(left), 1)).toBe(50);
    const time = new VirtualClock(START);
    const limiter = new RateLimiter({ rates: createRateStore(), clock: time.forProcess(() => false) });
    const call = callOf("a", []);
    expect((await limiter.turn(call, "1", 0)).kind).toBe("granted");
    expect(limiter.refused(call, "1", 10 * SECOND)).toBe(START + 10 * SECOND);
    const [two, three] = [await limiter.turn(call, "2", 0), await limiter.turn(call, "3", 0)];
    expect([two, three]).toMatchObject([{ at: START + 10_200 }, { at: START + 10_400 }]);
    expect(limiter.refused(callOf("a", [], { connectionId: null }), "x", SECOND)).toBeNull();
  });
});

describe("what the provider says in its headers", () => {
  const readHeaders: RateLimit["readHeaders"] = ({ headers }) =>
    headers.left === undefined ? null : { remaining: Number(headers.left), resetAt: START + 60 * SECOND };
  const limit: RateLimit = {
    title: "All",
    scope: "connection",
    requests: 600,
    perMs: 60 * SECOND,
    burst: 100,
    readHeaders,
  };
  const response = (left: number) => ({
    status: 200,
    headers: { left: String(left) },
    body: new Uint8Array(),
    url: "",
  });

  test("slows calls down to what is left", async () => {
    const left = await simulate([limit], crowd("a", 30), {
      act: (limiter, call, count) => void (count === 1 && limiter.observe(call, response(12))),
    });
    expect(timesOf(left).filter((at) => at < 60 * SECOND).length).toBeLessThanOrEqual(14);
    expect(left).toHaveLength(30);
  });

  test.each([
    ["larger", 15_000, 1_000_000, 3_600 * SECOND],
    ["smaller", 15_000, 1_500, 90 * 3_600 * SECOND],
  ])("makes a %s account's budget the one that is kept", async (_, declared, told, within) => {
    // As Salesforce does it: used and granted of the last 24 hours, and no time at which it is full again.
    const daily: RateLimit = {
      title: "Day",
      scope: "connection",
      requests: declared,
      perMs: 24 * 3_600 * SECOND,
      readHeaders: () => ({ limit: told, remaining: told - 1 }),
    };
    const left = await simulate([daily], crowd("a", 5_000), {
      hours: 100,
      act: (limiter, call) => limiter.observe(call, response(1)),
    });
    expect(left).toHaveLength(5_000);
    expect(Math.max(...timesOf(left))).toBeLessThan(within);
    if (told < declared) expect(Math.max(...timesOf(left))).toBeGreaterThan(48 * 3_600 * SECOND);
  });

  test("stops them when nothing is left", async () => {
    const left = await simulate([limit], crowd("a", 3), {
      act: (limiter, call, count) => void (count === 1 && limiter.observe(call, response(0))),
    });
    expect(timesOf(left)[1]).toBeGreaterThanOrEqual(60 * SECOND);
  });
});

test("a connection has no more calls under way than it may have, and a lost one frees its place", async () => {
  const time = new VirtualClock(START);
  const limiter = new RateLimiter({ rates: createRateStore(), clock: time.forProcess(() => false) });
  const call = callOf("a", [], { connector: { maxConcurrentCalls: 2 } });
  const kinds = async (...tickets: string[]) => {
    const turns = [];
    for (const ticket of tickets) turns.push((await limiter.turn(call, ticket, 10 * SECOND)).kind);
    return turns;
  };
  expect(await kinds("1", "2", "3")).toEqual(["granted", "granted", "waits"]);
  limiter.ended(call, "1");
  expect(await kinds("3", "4")).toEqual(["granted", "waits"]);
  expect(limiter.callsUnderWay("conn of a")).toBe(2);
  time.forProcess(() => false).after(11 * SECOND, () => {});
  time.advance(START + 12 * SECOND);
  expect(await kinds("4", "5")).toEqual(["granted", "granted"]);
});
