import { afterAll, beforeAll, expect, test } from "bun:test";
import { seededRandom } from "../simulation/seeded-random.ts";
import { until } from "../until.ts";
import { type Installation, openInstallation } from "./installation.ts";
import { startLoad } from "./load.ts";
import { isQuiet, judge, randomOrder, routeOrders } from "./orders.ts";
import { type SinkProcess, startSink } from "./sink-process.ts";

/**
 * The promise, against the binary itself: what was answered with 2xx is delivered once, or a person is asked.
 *
 *   KILLS=500 SEED=7 bun test test/crash/kill-loop.test.ts
 */
const KILLS = Number(process.env.KILLS ?? 20);
const SEED = Number(process.env.SEED ?? Date.now() % 1_000_000);
const SENDERS_PER_WORKFLOW = 6;
const PAUSE_MS = 10;
/** However slow the machine is: no server is killed before it has taken on work. */
const MIN_ACKNOWLEDGED_EACH = 20;
const random = seededRandom(SEED);

let installation: Installation;
let sink: SinkProcess;
beforeAll(async () => {
  [installation, sink] = await Promise.all([openInstallation(), startSink()]);
});
afterAll(async () => {
  await installation.close();
  await sink.stop();
});

test(
  `after ${KILLS} kills under load every acknowledged delivery has gone out once or needs a review`,
  async () => {
    let server = await installation.start();
    const keyed = await server.publish(routeOrders(sink, "Keyed orders", true));
    const unsafe = await server.publish(routeOrders(sink, "Unsafe orders", false));
    const senders = [keyed, unsafe].flatMap(({ path }, workflow) =>
      Array.from({ length: SENDERS_PER_WORKFLOW }, (_, sender) => ({
        name: `${workflow === 0 ? "keyed" : "unsafe"}-${sender}`,
        url: () => server.url + path,
        body: (id: string) => randomOrder(id, random),
      })),
    );

    const startedAt = performance.now();
    const load = startLoad(senders, PAUSE_MS);
    for (let kill = 1; kill <= KILLS; kill += 1) {
      const enough = load.acknowledged.size + MIN_ACKNOWLEDGED_EACH;
      await until("some deliveries are acknowledged", () => load.acknowledged.size >= enough);
      await Bun.sleep(random() * 900);
      await server.kill();
      // Now and then the next one is killed before it has taken over what the last one left.
      if (kill % 5 === 0) await killWhileStarting();
      server = await installation.start();
    }
    await Bun.sleep(500);
    await load.stop();
    await until(`no run is under way. ${server.log()}`, () => isQuiet(server), 30_000 + KILLS * 1_000);

    const { broken, summary } = await judge(load, server, sink);
    const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
    process.stdout.write(`kill -9: ${KILLS} kills in ${seconds} s (SEED=${SEED}): ${summary}\n`);
    expect(broken).toEqual([]);
    expect([...load.refused.values()].filter(({ body }) => body !== "Starting.\n")).toEqual([]);
    expect(load.acknowledged.size).toBeGreaterThanOrEqual(KILLS * MIN_ACKNOWLEDGED_EACH);
    await server.terminate();
    if (installation.storage.kind === "sqlite") expect(await checkFile()).toEqual(["ok"]);
  },
  40_000 + KILLS * 4_000,
);

async function killWhileStarting(): Promise<void> {
  const starting = installation.launch();
  await Bun.sleep(random() * 200);
  await starting.kill();
}

async function checkFile(): Promise<readonly string[]> {
  const rows = await installation.storage.run<{ integrity_check: string }>("PRAGMA integrity_check");
  return rows.map((row) => row.integrity_check);
}
