import { expect, test } from "bun:test";
import { VirtualClock } from "../../../test/simulation/virtual-clock.ts";
import { TriggerWork } from "./trigger-work.ts";

const MINUTE = 60_000;

interface Item {
  readonly tenantId: string;
  readonly workflowId: string;
  nextAt: number;
}

/** Tenants with so many polls, all due since long ago, whose providers take a minute for each. */
async function work(tenants: Readonly<Record<string, number>>, forMs: number) {
  const time = new VirtualClock(1_000_000);
  const clock = time.forProcess(() => false);
  const items = Object.entries(tenants).flatMap(([tenantId, count], place) =>
    Array.from({ length: count }, (_, n): Item => ({ tenantId, workflowId: `${tenantId} ${n}`, nextAt: place })),
  );
  const begun: { readonly tenantId: string; readonly at: number }[] = [];
  let looks = 0;
  const triggers = new TriggerWork<Item>({
    clock,
    async due(limit, except) {
      looks += 1;
      return items
        .filter(({ nextAt, tenantId }) => nextAt <= clock.now() && !except.includes(tenantId))
        .sort((a, b) => a.nextAt - b.nextAt)
        .slice(0, limit);
    },
    nextDueAt: async () => Math.min(...items.map(({ nextAt }) => nextAt)),
    async work(item) {
      item.nextAt = clock.now() + 2.5 * MINUTE;
      begun.push({ tenantId: item.tenantId, at: clock.now() - 1_000_000 });
      await new Promise<void>((resolve) => void clock.after(MINUTE, resolve));
      item.nextAt = clock.now() + 60 * MINUTE;
    },
  });
  triggers.start();
  do {
    for (let n = 0; n < 30; n += 1) await Promise.resolve();
  } while (time.advance(1_000_000 + forMs));
  return { looks, of: (tenantId: string) => begun.filter((each) => each.tenantId === tenantId) };
}

test("a tenant with thousands of polls at a slow provider does not keep those of others waiting", async () => {
  const { of, looks } = await work({ big: 5_000, small: 3 }, 5_000);
  expect(of("big")).toHaveLength(8);
  expect(of("small").map(({ at }) => at < 2_000)).toEqual([true, true, true]);
  // Whoever may not begin is not looked at again all the time.
  expect(looks).toBeLessThan(40);
});

test("nor do many such tenants together", async () => {
  const slow = Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`slow ${n}`, 500]));
  const { of } = await work({ ...slow, small: 1 }, 5_000);
  expect(of("small")).toHaveLength(1);
  expect(of("slow 19").length).toBeGreaterThan(0);
});

test("all are worked on in the end", async () => {
  const { of } = await work({ big: 100, small: 1 }, 20 * MINUTE);
  expect(of("big")).toHaveLength(100);
});
