import { expect, test } from "bun:test";
import { VirtualClock } from "../../test/simulation/virtual-clock.ts";
import { sampleConnection } from "../backend/contract/samples.ts";
import type { Connection } from "../domain/connection.ts";
import type { DueWork } from "../domain/connection-store.ts";
import { ENGINE_PERMISSIONS } from "../domain/permission.ts";
import { grantScope } from "../domain/tenant.ts";
import { ConnectionTicker, type ConnectionTickerDeps } from "./connection-ticker.ts";

const START = 1_000_000;
const SECOND = 1_000;
const SCOPE = grantScope("ten_1", "ws_1", { kind: "system", id: "test" }, ENGINE_PERMISSIONS);

interface World {
  readonly refreshed: readonly { readonly connector: string; readonly at: number }[];
  readonly told: readonly number[];
  readonly looks: number;
}

/** Connections that are all due now; how long their provider takes to answer, by connector. */
async function tick(
  due: readonly { connector: string; count: number }[],
  answersIn: Record<string, () => number>,
  forMs: number,
): Promise<World> {
  const time = new VirtualClock(START);
  const clock = time.forProcess(() => false);
  const connections = new Map<string, Connection>();
  const queue: DueWork[] = [];
  const add = (kind: DueWork["kind"], connector: string, state: Connection["state"]) => {
    const connection = { ...sampleConnection(SCOPE), connector, state };
    connections.set(connection.id, connection);
    queue.push({ kind, subject: connection.id, tenantId: "ten_1", workspaceId: "ws_1", dueAt: START - 1 });
  };
  for (const { connector, count } of due) for (let n = 0; n < count; n += 1) add("refresh", connector, "ready");
  add("tell_reconnect", "other", "needs_reconnect");
  const refreshed: { connector: string; at: number }[] = [];
  const told: number[] = [];
  let looks = 0;
  const indexOf = (work: DueWork) =>
    queue.findIndex(
      ({ kind, subject, dueAt }) => kind === work.kind && subject === work.subject && dueAt === work.dueAt,
    );
  const wait = (ms: number) => new Promise<void>((resolve) => void clock.after(ms, resolve));
  const ticker = new ConnectionTicker({
    backend: {
      connections: {
        async due(now: number, limit: number) {
          looks += 1;
          return queue
            .filter(({ dueAt }) => dueAt <= now)
            .sort((a, b) => a.dueAt - b.dueAt)
            .slice(0, limit);
        },
        async postpone(work: DueWork, dueAt: number) {
          const at = indexOf(work);
          if (at >= 0) queue[at] = { ...work, dueAt };
          return at >= 0;
        },
        async done(work: DueWork) {
          const at = indexOf(work);
          if (at >= 0) queue.splice(at, 1);
        },
        find: async (_: unknown, id: string) => connections.get(id) ?? null,
        mentionedBy: async () => [],
        parkedRuns: async () => ({ count: 0, runs: [] }),
      },
      oauth: {},
    } as unknown as ConnectionTickerDeps["backend"],
    clock,
    connectors: {},
    refresher: {
      async refresh(_: unknown, id: string) {
        const { connector } = connections.get(id)!;
        refreshed.push({ connector, at: clock.now() - START });
        const takes = answersIn[connector]?.() ?? 1;
        await wait(takes);
        const at = queue.findIndex(({ subject }) => subject === id);
        queue[at] = { ...queue[at]!, dueAt: clock.now() + 3_600 * SECOND };
        return { kind: takes > SECOND ? "later" : "refreshed" };
      },
    } as unknown as ConnectionTickerDeps["refresher"],
    announce: async () => void told.push(clock.now() - START),
    trouble: () => {},
    random: () => 0.5,
  } as unknown as ConnectionTickerDeps);
  ticker.start();
  do {
    for (let n = 0; n < 60; n += 1) await Promise.resolve();
  } while (time.advance(START + forMs));
  return { refreshed, told, looks };
}
const of = ({ refreshed }: World, connector: string) => refreshed.filter((each) => each.connector === connector);

test("a provider that hangs keeps neither other providers' tokens from being refreshed nor people from being told", async () => {
  const world = await tick(
    [
      { connector: "hangs", count: 3_000 },
      { connector: "works", count: 20 },
    ],
    { hangs: () => 65 * SECOND },
    10 * 60 * SECOND,
  );
  // Those that began before anybody knew are the only ones that others wait for.
  expect(of(world, "works")).toHaveLength(20);
  expect(Math.max(...of(world, "works").map(({ at }) => at))).toBeLessThan(150 * SECOND);
  expect(world.told).toHaveLength(1);
  expect(world.told[0]!).toBeLessThan(150 * SECOND);
  expect(of(world, "hangs").length).toBeLessThan(60);
});

test("and all of its own are refreshed when it answers again", async () => {
  let now = 65 * SECOND;
  const world = await tick(
    [{ connector: "hangs", count: 1_000 }],
    { hangs: () => (now = now > 0 ? now - SECOND : 0) },
    3_600 * SECOND,
  );
  expect(of(world, "hangs").length).toBeGreaterThanOrEqual(1_000);
});

test("after an outage thousands are refreshed one after the other, as fast as their providers answer", async () => {
  const world = await tick([{ connector: "works", count: 2_000 }], { works: () => 100 }, 60 * SECOND);
  expect(of(world, "works")).toHaveLength(2_000);
  expect(Math.max(...of(world, "works").map(({ at }) => at))).toBeLessThan(10 * SECOND);
  expect(world.looks).toBeLessThan(200);
});
