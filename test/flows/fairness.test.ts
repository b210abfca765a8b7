import { afterAll, beforeAll, expect, test } from "bun:test";
import { BY_WEBHOOK, type FlowWorld, openFlowWorld } from "./flow-world.ts";
import { type Peer, startPeer } from "./peer.ts";
import { send } from "./steps.ts";

let world: FlowWorld;
/** Connections to one host are limited, and here it is the server that is to be fair. */
let otherPeer: Peer;
beforeAll(async () => {
  world = await openFlowWorld();
  otherPeer = startPeer();
});
afterAll(async () => {
  await world.close();
  await otherPeer.stop();
});

const FLOOD = 2_000;
const AT_ONCE = 50;

test("while one tenant's 2,000 runs hang in slow calls, another tenant's runs finish at once", async () => {
  const { peer } = world;
  const { promise, resolve } = Promise.withResolvers<void>();
  peer.answer("/flood", { after: promise });
  const flood = await world.publish({
    trigger: BY_WEBHOOK,
    steps: [send("call", `${peer.origin}/flood`, {}, { timeoutMs: 60_000 })],
  });
  for (let sent = 0; sent < FLOOD; sent += AT_ONCE)
    await Promise.all(Array.from({ length: AT_ONCE }, () => flood.accept()));

  const neighbour = await world.openBuilder("neighbour");
  const workflow = await neighbour.publish({
    trigger: BY_WEBHOOK,
    steps: [
      send("call", `${otherPeer.origin}/neighbour`),
      { id: "pause", kind: "delay", for: "PT0.05S" },
      send("again", `${otherPeer.origin}/neighbour`),
    ],
  });
  const runs = await Promise.all(Array.from({ length: 10 }, () => workflow.accept()));
  for (const runId of runs) await neighbour.until(runId, "succeeded");
  // All of that while the flood still hangs: nobody has let go of it.
  expect(otherPeer.calls("/neighbour")).toHaveLength(20);

  // No more of the flood is in memory than one tenant may hold; the rest waits in the database.
  expect(peer.calls("/flood").length).toBeLessThanOrEqual(256);
  resolve();
  await peer.called("/flood", FLOOD);
  for (let left = 1; left > 0; ) left = (await world.api("GET", "/runs?status=running&limit=1")).body.data.length;
  expect((await world.api("GET", "/runs?status=queued&limit=1")).body.data).toEqual([]);
  expect((await world.api("GET", "/runs?status=failed&limit=1")).body.data).toEqual([]);
}, 120_000);
