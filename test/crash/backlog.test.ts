import { afterAll, beforeAll, expect, test } from "bun:test";
import { until } from "../until.ts";
import { type Installation, openInstallation } from "./installation.ts";
import { type SinkProcess, startSink } from "./sink-process.ts";
import { callSink, onWebhook } from "./workflows.ts";

/** More than a server holds at a time (512, and 256 of one tenant), so that the rest stands in the queue. */
const DELIVERIES = 600;
/** Connections to one host that a tenant gets while nobody else wants any (`share-host.ts`). */
const CALLS_AT_ONCE = 128;

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
  const callCount = async () => (await sink.calls()).length;
  await until("as many calls are under way as may be", async () => (await callCount()) === CALLS_AT_ONCE);
  const queued = (await server.listRuns()).filter(({ status }) => status === "queued");
  expect(queued.length).toBeGreaterThan(0);

  await server.kill();
  server = await installation.start();
  await until("the calls under way are made again", async () => (await callCount()) >= 2 * CALLS_AT_ONCE);
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
