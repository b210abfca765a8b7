import { afterEach, beforeEach, expect, test } from "bun:test";
import { BACKEND } from "../test-storage.ts";
import { until } from "../until.ts";
import { type Installation, openInstallation, post } from "./installation.ts";
import { callsOf, type SinkProcess, startSink, untilCalled } from "./sink-process.ts";
import { callSink, onWebhook } from "./workflows.ts";

let installation: Installation;
let sink: SinkProcess;
beforeEach(async () => {
  [installation, sink] = await Promise.all([openInstallation(), startSink()]);
});
afterEach(async () => {
  await installation.close();
  await sink.stop();
});

test("SIGTERM lets the call under way finish and its sender have the answer, then ends with 0 and leaves nothing to repeat", async () => {
  const server = await installation.start();
  const workflow = await server.publish(
    onWebhook("answering", [
      callSink(sink, { id: "slow", answerAfterMs: 1_000 }),
      { id: "answer", kind: "respond", status: 201, body: { got: "{{ steps.send.output.body.got }}" } },
      callSink(sink, { id: "afterwards" }, { id: "afterwards" }),
    ]),
  );
  const answer = post(server.url + workflow.path, {});
  await untilCalled(sink, "slow", 1);
  const ended = server.terminate();
  const response = await answer;
  expect([response.status, await response.json()]).toEqual([201, { got: "slow" }]);
  expect(await ended).toBe(0);

  const next = await installation.start();
  const runs = await next.listRuns();
  expect(runs).toHaveLength(1);
  await next.untilRun(runs[0]!.id, ({ status }) => status === "succeeded");
  for (const id of ["slow", "afterwards"]) expect(await callsOf(sink, id)).toHaveLength(1);
  expect(await next.terminate()).toBe(0);
}, 30_000);

test("SIGTERM ends with 0 soon after SHUTDOWN_GRACE_MS although a call hangs, and the next start goes on by its effect", async () => {
  const server = await installation.start({ environment: { SHUTDOWN_GRACE_MS: "300" } });
  const hanging = (id: string, keyed: boolean) => onWebhook(id, [callSink(sink, { id, hold: true }, { keyed })]);
  const keyed = await server.deliver(await server.publish(hanging("hanging keyed", true)), {});
  const unsafe = await server.deliver(await server.publish(hanging("hanging unsafe", false)), {});
  await untilCalled(sink, "hanging keyed", 1);
  await untilCalled(sink, "hanging unsafe", 1);
  const askedAt = performance.now();
  expect(await server.terminate()).toBe(0);
  // The grace, the last answers (2 s), and room for a busy machine.
  expect(performance.now() - askedAt).toBeLessThan(300 + 2_000 + 3_000);

  await sink.release();
  const next = await installation.start();
  await next.untilRun(keyed, ({ status }) => status === "succeeded");
  await next.untilRun(unsafe, ({ status }) => status === "needs_review");
  expect((await callsOf(sink, "hanging keyed")).map(({ hasEffect }) => hasEffect)).toEqual([true, false]);
  expect(await callsOf(sink, "hanging unsafe")).toHaveLength(1);
  expect(await next.terminate()).toBe(0);
}, 30_000);

test("a second SIGTERM ends it at once with 1, and nothing is lost by that either", async () => {
  const server = await installation.start();
  const workflow = await server.publish(
    onWebhook("hasty", [callSink(sink, { id: "hasty", hold: true }, { keyed: true })]),
  );
  const runId = await server.deliver(workflow, {});
  await untilCalled(sink, "hasty", 1);
  const asked = server.terminate();
  const refuses = () =>
    post(server.url, {})
      .then(() => false)
      .catch(() => true);
  await until("it takes no more requests", refuses);
  const askedAgain = server.terminate();
  expect(await Promise.all([asked, askedAgain])).toEqual([1, 1]);

  await sink.release();
  const next = await installation.start();
  await next.untilRun(runId, ({ status }) => status === "succeeded");
  expect((await callsOf(sink, "hasty")).map(({ hasEffect }) => hasEffect)).toEqual([true, false]);
  expect(await next.terminate()).toBe(0);
}, 30_000);

// On Postgres any number of servers work on the same data (`replicas.test.ts`).
if (BACKEND === "sqlite")
  test("a second server on the same data ends with 1 and says why, and the first goes on", async () => {
    const server = await installation.start();
    const second = installation.launch();
    expect(await second.exited).toBe(1);
    expect(second.log()).toContain(`Another IntegrationSync server is using ${installation.storage.dataDir}`);

    const workflow = await server.publish(onWebhook("still here", [callSink(sink, { id: "still here" })]));
    const runId = await server.deliver(workflow, {});
    await server.untilRun(runId, ({ status }) => status === "succeeded");
    expect(await server.terminate()).toBe(0);
  }, 30_000);
