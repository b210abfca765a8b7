import { afterAll, beforeAll, expect, test } from "bun:test";
import type { WorkflowDefinition } from "../../src/domain/workflow.ts";
import { type Installation, openInstallation, type Published, post, type Server, type ShownRun } from "./installation.ts";
import { type Call, callsOf, type SinkProcess, startSink } from "./sink-process.ts";
import { until } from "./until.ts";
import { callSink, onWebhook } from "./workflows.ts";

/**
 * A server is killed with a run in every state and started again. Each test looks at one of the runs: where it stood
 * at the kill, and how it went on.
 */

/** How long nothing runs between the kill and the next start. */
const DOWN_MS = 1_200;

let installation: Installation;
let sink: SinkProcess;
let before: Server;
let after: Server;
let answering: Published;
/** The runs by the name of their workflow, as they stood at the kill. */
const stood = new Map<string, ShownRun>();

beforeAll(async () => {
  [installation, sink] = await Promise.all([openInstallation(), startSink()]);
  before = await installation.start();
  await bringRunsIntoEveryState();
  await before.kill();
  await sink.release();
  await Bun.sleep(DOWN_MS);
  after = await installation.start();
}, 60_000);
afterAll(async () => {
  await installation.close();
  await sink.stop();
});

async function bringRunsIntoEveryState(): Promise<void> {
  const { id: childId } = await before.publish({
    name: "child",
    trigger: { connector: "manual", trigger: "run", input: {} },
    steps: [
      callSink(sink, { id: "child", hold: true }, { keyed: true }),
      { id: "end", kind: "stop", outcome: "succeeded", output: 42 },
    ],
  });
  answering = await before.publish(
    onWebhook("answering", [
      callSink(sink, { id: "answering", hold: true }, { keyed: true }),
      { id: "answer", kind: "respond", status: 201, body: { thanks: true } },
    ]),
  );
  // Its sender is cut off by the kill.
  post(before.url + answering.path, {}, { "idempotency-key": "order 1" }).catch(() => {});
  await standAt("answering", "running");

  await deliverTo("read", [callSink(sink, { id: "read", hold: true }, { method: "GET" })]);
  await deliverTo("keyed", [callSink(sink, { id: "keyed", hold: true }, { keyed: true })]);
  await deliverTo("unsafe", [callSink(sink, { id: "unsafe", hold: true })]);
  await deliverTo("unsafe but retried", [callSink(sink, { id: "unsafe but retried", hold: true }, { onUnknown: "retry" })]);
  await deliverTo("unsafe and failed", [callSink(sink, { id: "unsafe and failed", hold: true }, { onUnknown: "fail" })]);
  await deliverTo("loop", [
    {
      id: "each",
      kind: "loop",
      items: [0, 1, 2, 3, 4, 5],
      steps: [callSink(sink, { id: "loop {{ item }}", hold: "{{ item == 3 }}" }, { keyed: true })],
    },
  ]);
  await deliverTo("parent", [{ id: "sub", kind: "workflow", workflow: childId }]);
  await deliverTo("approval", [{ id: "ok", kind: "approval", message: "Go on?" }, callSink(sink, { id: "approval" })]);
  for (const id of ["answering", "child", "read", "keyed", "unsafe", "unsafe but retried", "unsafe and failed", "loop 3"])
    await until(`the call ${id} is held`, async () => (await callsOf(sink, id)).length === 1);

  await deliverTo("retry", [callSink(sink, { id: "retry", refuseTimes: 1, refuseStatus: 503, retryAfterSeconds: 2 })]);
  await deliverTo("rate limit", [callSink(sink, { id: "rate limit", refuseTimes: 1, retryAfterSeconds: 2 })]);
  await deliverTo("long delay", [{ id: "pause", kind: "delay", for: "PT4S" }]);
  await deliverTo("short delay", [{ id: "pause", kind: "delay", for: "PT1S" }]);
  await deliverTo("code", [{ id: "calc", kind: "code", source: SLOW_CODE }]);
}
