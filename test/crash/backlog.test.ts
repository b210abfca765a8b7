import { afterAll, beforeAll, expect, test } from "bun:test";
import { type Installation, openInstallation } from "./installation.ts";
import { type SinkProcess, startSink } from "./sink-process.ts";
import { until } from "./until.ts";
import { callSink, onWebhook } from "./workflows.ts";

/** More than a server holds of one tenant at a time (256), so that the rest stands in the queue. */
const DELIVERIES = 320;

let installation: Installation;
let sink: SinkProcess;
beforeAll(async () => {
  [installation, sink] = await Promise.all([openInstallation(), startSink()]);
});
afterAll(async () => {
  await installation.close();
  await sink.stop();
});

test("a backlog and the calls under way survive two kills: all of it is delivered once", async () => {
  const order = { id: "{{ trigger.body.id }}", hold: true };
  let server = await installation.start();
  const workflow = await server.publish(onWebhook("orders", [callSink(sink, order, { keyed: true })]));
  const runIds = new Map<string, string>();
  for (let number = 0; number < DELIVERIES; number += 1)
    runIds.set(await server.deliver(workflow, { id: String(number) }), String(number));
  const underWay = await until("the sink holds as many calls as it gets", async () => {
    const calls = await sink.calls();
    const queued = await server.api("GET", "/runs?status=queued&limit=200");
    return calls.length + queued.body.data.length === DELIVERIES && calls.length;
  });
  expect(underWay).toBeLessThan(DELIVERIES);

  await server.kill();
  server = await installation.start();
  await until("the calls under way are made again", async () => (await sink.calls()).length >= 2 * underWay);
  await server.kill();
  await sink.release();
  server = await installation.start();

  await until("all runs have ended", async () => {
    const statuses = (await server.listRuns()).map(({ status }) => status);
    return statuses.every((status) => status === "succeeded");
  });
  expect((await server.listRuns()).map(({ id }) => runIds.get(id)).sort()).toEqual([...runIds.values()].sort());
  const delivered = (await sink.calls()).filter(({ hasEffect }) => hasEffect).map(({ id }) => id);
  expect(delivered.sort()).toEqual([...runIds.values()].sort());
}, 60_000);
