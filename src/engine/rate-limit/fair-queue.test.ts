import { expect, test } from "bun:test";
import { FairQueue } from "./fair-queue.ts";

function serve(queue: FairQueue, tickets: readonly (readonly [ticket: string, tenant: string])[]): string[] {
  const served: string[] = [];
  const left = [...tickets];
  while (left.length > 0) {
    const index = left.findIndex(([ticket, tenant]) => queue.place(ticket, tenant, 0) === 0);
    const [ticket] = left.splice(index, 1)[0]!;
    queue.leave(ticket, true);
    served.push(ticket);
  }
  return served;
}

test("tenants are served in turn, however many each has waiting", () => {
  const queue = new FairQueue();
  const crowd = Array.from({ length: 6 }, (_, n) => [`a${n}`, "a"] as const);
  const tickets = [...crowd, ["b0", "b"], ["b1", "b"]] as const;
  for (const [ticket, tenant] of tickets) queue.place(ticket, tenant, 0);
  expect(serve(queue, tickets)).toEqual(["a0", "b0", "a1", "b1", "a2", "a3", "a4", "a5"]);
  expect(queue.length).toBe(0);
});

test("a place is kept by its ticket, and lost by who does not come", () => {
  const queue = new FairQueue();
  expect(queue.place("a", "t", 0)).toBe(0);
  expect(queue.place("b", "t", 0)).toBe(1);
  expect(queue.place("a", "t", 0)).toBe(0);
  queue.comesAt("b", 20_000);
  expect(queue.place("b", "t", 6_000)).toBe(0);
});
