import { expect, test } from "bun:test";
import { Slots } from "./slots.ts";

test("so many are let in at a time, the others in the order they came", async () => {
  const slots = new Slots(2, 1_000);
  const order: string[] = [];
  const enter = async (name: string) => {
    const release = await slots.acquire();
    order.push(name);
    return release;
  };
  const [a, b] = await Promise.all([enter("a"), enter("b")]);
  const c = enter("c");
  const d = enter("d");
  await Bun.sleep(5);
  expect(order).toEqual(["a", "b"]);
  expect(slots.stats()).toEqual({ taken: 2, waiting: 2, turnedAway: 0 });
  b();
  await c;
  a();
  await d;
  expect(order).toEqual(["a", "b", "c", "d"]);
  expect(slots.stats()).toEqual({ taken: 2, waiting: 0, turnedAway: 0 });
});

test("who waits for too long is turned away and takes no slot later", async () => {
  const slots = new Slots(1, 20);
  const release = await slots.acquire();
  await expect(slots.acquire()).rejects.toMatchObject({ code: "unavailable", retryAfterMs: 1_000 });
  release();
  expect(slots.stats()).toEqual({ taken: 0, waiting: 0, turnedAway: 1 });
  (await slots.acquire())();
});

test("draining waits for those inside, but not for ever", async () => {
  const slots = new Slots(2, 1_000);
  await slots.drain(1_000);
  const release = await slots.acquire();
  setTimeout(release, 20);
  await slots.drain(1_000);
  expect(slots.stats().taken).toBe(0);
  await slots.acquire();
  const startedAt = performance.now();
  await slots.drain(20);
  expect(performance.now() - startedAt).toBeLessThan(500);
});
