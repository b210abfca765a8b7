import { afterAll, beforeAll, expect, test } from "bun:test";
import { type Installation, openInstallation } from "./installation.ts";
import { callsOf, type SinkProcess, startSink, untilCalled } from "./sink-process.ts";
import { callSink, onWebhook } from "./workflows.ts";

let installation: Installation;
let sink: SinkProcess;
beforeAll(async () => {
  [installation, sink] = await Promise.all([openInstallation(), startSink()]);
});
afterAll(async () => {
  await installation.close();
  await sink.stop();
});

test("a run with which the server dies for the third time is reviewed, those that were beside it go on", async () => {
  const innocents = ["innocent 1", "innocent 2", "innocent 3"];
  let server = await installation.start();
  const workflow = await server.publish(
    onWebhook("calls", [
      callSink(sink, { id: "{{ trigger.body.id }}", hold: "{{ trigger.body.hold }}" }, { keyed: true }),
    ]),
  );
  const poison = await server.deliver(workflow, { id: "poison", hold: true });
  const innocentRuns: string[] = [];
  for (const id of innocents) innocentRuns.push(await server.deliver(workflow, { id, hold: true }));

  for (const times of [1, 2]) {
    for (const id of ["poison", ...innocents]) await untilCalled(sink, id, times);
    await server.kill();
    server = await installation.start();
  }
  // Under suspicion now, they are taken up one at a time: the oldest is alone with the third death.
  await untilCalled(sink, "poison", 3);
  const fresh = await server.deliver(workflow, { id: "fresh", hold: false });
  await server.untilRun(fresh, (run) => run.status === "succeeded");
  for (const id of innocents) expect(await callsOf(sink, id)).toHaveLength(2);
  await server.kill();

  await sink.release();
  server = await installation.start();
  for (const runId of innocentRuns) await server.untilRun(runId, (run) => run.status === "succeeded");
  const run = await server.untilRun(poison, ({ status }) => status === "needs_review");
  expect(run.steps[0]).toMatchObject({ status: "needs_review", attempts: 3, error: { code: "unknown_outcome" } });
  expect(await callsOf(sink, "poison")).toHaveLength(3);

  const resolution = { body: { as: "retry" } };
  await server.api("POST", `/runs/${poison}/steps/${run.steps[0]!.id}/resolve`, resolution);
  await server.untilRun(poison, ({ status }) => status === "succeeded");
  for (const id of ["poison", ...innocents])
    expect((await callsOf(sink, id)).filter(({ hasEffect }) => hasEffect)).toHaveLength(1);
}, 60_000);
