import { expect, test } from "bun:test";
import { openWorkspaces } from "../../test/api/open-workspaces.ts";
import { sampleLink } from "../backend/contract/people-samples.ts";
import { createSignInPruning } from "./prune-sign-ins.ts";

test("what has run out is removed every so often, in chunks, and nothing after the stop", async () => {
  const world = await openWorkspaces();
  try {
    const delays: number[] = [];
    let due = () => {};
    const clock = {
      now: () => 1_000_000,
      after(delayMs: number, callback: () => void) {
        delays.push(delayMs);
        due = callback;
        return () => {};
      },
    };
    const { links } = world.backend;
    for (let n = 0; n < 501; n += 1)
      await links.create(sampleLink(world.ours, "two_factor", { expiresAt: 999_999 }), `old ${n}`, null);
    await links.create(sampleLink(world.ours, "two_factor", { expiresAt: 1_000_001 }), "alive", null);
    const pruning = createSignInPruning(world.backend, clock);
    pruning.start();
    for (let turn = 1; turn <= 3; turn += 1) {
      due();
      for (let tries = 0; delays.length <= turn && tries < 500; tries += 1) await Bun.sleep(10);
    }
    const [first, second, third, fourth] = delays;
    expect([second, third]).toEqual([200, 200]);
    expect(fourth).toBe(first!);
    expect(await links.prune(1_000_000, 10)).toBe(0);
    expect(await links.find("two_factor", "alive", 1_000_000)).not.toBeNull();
    await pruning.stop();
    due();
    await Bun.sleep(30);
    expect(delays).toHaveLength(4);
  } finally {
    await world.close();
  }
});
