import { afterAll, beforeAll, expect, test } from "bun:test";
import { type Installation, openInstallation, type Server } from "../crash/installation.ts";
import { startLoad } from "../crash/load.ts";
import { isQuiet, judge, randomOrder, routeOrders } from "../crash/orders.ts";
import { type SinkProcess, startSink } from "../crash/sink-process.ts";
import { seededRandom } from "../simulation/seeded-random.ts";
import { until } from "../until.ts";

/**
 * The promise, with three replicas on one Postgres: one of them is killed every second and started again, and what any
 * of them answered with 2xx is delivered once, or a person is asked. The others take over after a real lease.
 *
 *   KILLS=30 SEED=7 bun test test/replicas/kill-replicas.test.ts
 */
const KILLS = Number(process.env.KILLS ?? 6);
const SEED = Number(process.env.SEED ?? Date.now() % 1_000_000);
const REPLICAS = 3;
const SENDERS_PER_REPLICA = 4;
const PAUSE_MS = 20;
const KILL_EVERY_MS = 1_000;
const random = seededRandom(SEED);

let installation: Installation;
let sink: SinkProcess;
const replicas: Server[] = [];
beforeAll(async () => {
  const several = { backend: "postgres", severalServers: true } as const;
  [installation, sink] = await Promise.all([openInstallation(several), startSink()]);
  replicas.push(...(await Promise.all(Array.from({ length: REPLICAS }, () => installation.start()))));
}, 60_000);
afterAll(async () => {
  await installation.close();
  await sink.stop();
});

test(
  `after ${KILLS} kills among ${REPLICAS} replicas under load every acknowledged delivery has gone out once or needs a review`,
  async () => {
    const [first] = replicas as [Server];
    const workflows = [
      { name: "keyed", ...(await first.publish(routeOrders(sink, "Keyed orders", true))) },
      { name: "unsafe", ...(await first.publish(routeOrders(sink, "Unsafe orders", false))) },
    ];
    const senders = replicas.flatMap((_, replica) =>
      Array.from({ length: SENDERS_PER_REPLICA }, (__, sender) => {
        const { name, path } = workflows[sender % workflows.length]!;
        return {
          name: `${name}-${replica}-${sender}`,
          url: () => replicas[replica]!.url + path,
          body: (id: string) => randomOrder(id, random),
        };
      }),
    );

    const startedAt = performance.now();
    const load = startLoad(senders, PAUSE_MS);
    const restarts: Promise<void>[] = [];
    for (let kill = 0; kill < KILLS; kill += 1) {
      await Bun.sleep(KILL_EVERY_MS);
      const victim = kill % REPLICAS;
      await replicas[victim]!.kill();
      restarts.push(
        installation.start().then((server) => {
          replicas[victim] = server;
        }),
      );
      // Before it is killed again it has to be there: every third second, with three replicas.
      if (kill % REPLICAS === REPLICAS - 1) await Promise.all(restarts);
    }
    await Promise.all(restarts);
    const killedFor = performance.now() - startedAt;
    await Bun.sleep(1_000);
    await load.stop();
    await until("no run is under way", () => isQuiet(replicas[0]!), 60_000 + KILLS * 1_000);

    const { broken, summary } = await judge(load, replicas[0]!, sink);
    const quietAfter = ((performance.now() - startedAt - killedFor) / 1_000).toFixed(1);
    process.stdout.write(
      `kill -9 of one of ${REPLICAS} replicas, ${KILLS} times in ${(killedFor / 1_000).toFixed(1)} s (SEED=${SEED}): ` +
        `${summary}; quiet ${quietAfter} s later\n`,
    );
    expect(broken).toEqual([]);
    expect(load.acknowledged.size).toBeGreaterThan(KILLS * 10);
    // A replica that starts says so with 503; nobody is told anything else but 202.
    expect([...load.refused.values()].filter(({ status }) => status !== 503)).toEqual([]);
    for (const replica of replicas) expect(await replica.terminate()).toBe(0);
  },
  120_000 + KILLS * 4_000,
);
