import { afterAll, beforeAll, expect, test } from "bun:test";
import type { WaitingFor } from "../../src/domain/run.ts";
import type { Step } from "../../src/domain/workflow.ts";
import {
  type Installation,
  openInstallation,
  type Published,
  post,
  type Server,
  type ShownRun,
} from "./installation.ts";
import { callsOf, type SinkProcess, startSink, untilCalled } from "./sink-process.ts";
import { callSink, onWebhook } from "./workflows.ts";

/**
 * A server is killed with a run in every state, and started again. Each test looks at one of the runs: where it stood
 * at the kill, and how it went on.
 */
let installation: Installation;
let sink: SinkProcess;
let server: Server;
let answering: Published;
let restartedAt = 0;
const LONG_DELAY_MS = 8_000;
/** The runs by name, as they stood at the kill. */
const stood = new Map<string, ShownRun>();

beforeAll(async () => {
  [installation, sink] = await Promise.all([openInstallation(), startSink()]);
  server = await installation.start();
  await bringRunsIntoEveryState();
  await server.kill();
  await sink.release();
  const shortDelayEndsAt = Date.parse(endOfDelay(stoodAt("short delay")));
  await Bun.sleep(Math.max(0, shortDelayEndsAt - Date.now() + 100));
  restartedAt = Date.now();
  server = await installation.start();
}, 60_000);
afterAll(async () => {
  await installation.close();
  await sink.stop();
});

/** What each run does, and what it waits for when the server is killed: a call that is held, or something else. */
type Standing = "held call" | "code" | WaitingFor;
type Story = { readonly steps: readonly Step[]; readonly stands: Standing };

async function bringRunsIntoEveryState(): Promise<void> {
  const child = await server.publish({
    name: "child",
    trigger: { connector: "manual", trigger: "run", input: {} },
    steps: [
      callSink(sink, { id: "parent", hold: true }, { keyed: true }),
      { id: "end", kind: "stop", outcome: "succeeded", output: 42 },
    ],
  });
  answering = await server.publish(
    onWebhook("answering", [
      callSink(sink, { id: "answering", hold: true }, { keyed: true }),
      { id: "answer", kind: "respond", status: 201, body: { thanks: true } },
    ]),
  );
  // Whoever waits for the answer is cut off by the kill.
  post(server.url + answering.path, {}, DELIVERY).catch(() => {});

  const stories = Object.entries(tellStories(child.id));
  const published = await Promise.all(stories.map(([name, { steps }]) => server.publish(onWebhook(name, steps))));
  const runIds = await Promise.all(published.map((workflow) => server.deliver(workflow, {})));
  // Of all at the same time: some do not stand there for long.
  await Promise.all(
    stories.map(async ([name, { stands }], index) => {
      if (stands === "held call") await untilCalled(sink, name, 1);
      stood.set(name, await server.untilRun(runIds[index] ?? "", (run) => standsAt(run, stands)));
    }),
  );
  await untilCalled(sink, "answering", 1);
}

const DELIVERY = { "idempotency-key": "delivery 1" };
const SLOW_CODE = "export default () => { const end = Date.now() + 2500; while (Date.now() < end); return 42; }";

function tellStories(childId: string): Record<string, Story> {
  const held = (id: string) => ({ id, hold: true });
  const refused = (id: string) => ({ id, refuseTimes: 1, retryAfterSeconds: 4 });
  const loop: Step = {
    id: "each",
    kind: "loop",
    items: [0, 1, 2, 3, 4, 5],
    steps: [callSink(sink, { id: "loop item {{ item }}", hold: "{{ item == 3 }}" }, { keyed: true })],
  };
  return {
    read: { steps: [callSink(sink, held("read"), { method: "GET" })], stands: "held call" },
    keyed: { steps: [callSink(sink, held("keyed"), { keyed: true })], stands: "held call" },
    unsafe: { steps: [callSink(sink, held("unsafe"))], stands: "held call" },
    repeated: { steps: [callSink(sink, held("repeated"), { onUnknown: "retry" })], stands: "held call" },
    failed: { steps: [callSink(sink, held("failed"), { onUnknown: "fail" })], stands: "held call" },
    "loop item 3": { steps: [loop], stands: "held call" },
    parent: { steps: [{ id: "sub", kind: "workflow", workflow: childId }], stands: "sub_workflow" },
    approval: { steps: [{ id: "ok", kind: "approval", message: "Go on?" }], stands: "approval" },
    retry: { steps: [callSink(sink, { ...refused("retry"), refuseStatus: 503 })], stands: "retry" },
    "rate limit": { steps: [callSink(sink, refused("rate limit"))], stands: "rate_limit" },
    "long delay": { steps: [{ id: "pause", kind: "delay", for: "PT8S" }], stands: "delay" },
    "short delay": { steps: [{ id: "pause", kind: "delay", for: "PT4S" }], stands: "delay" },
    code: { steps: [{ id: "calc", kind: "code", source: SLOW_CODE }], stands: "code" },
  };
}

function standsAt(run: ShownRun, stands: Standing): boolean {
  if (stands === "held call") return run.status === "running";
  return stands === "code" ? run.finishedAt === null : run.waitingFor === stands;
}

function stoodAt(name: string): ShownRun {
  const run = stood.get(name);
  if (!run) throw new Error(`no run is called ${name}`);
  return run;
}

function endOfDelay(run: ShownRun): string {
  return (run.steps[0]!.output as { until: string }).until;
}

/** The run of that name after the restart, as soon as it has this status. */
async function goesOn(name: string, status: ShownRun["status"]): Promise<ShownRun> {
  return server.untilRun(stoodAt(name).id, (run) => run.status === status);
}

test("a read under way is done again", async () => {
  const run = await goesOn("read", "succeeded");
  expect(run.steps[0]).toMatchObject({ status: "succeeded", attempts: 2 });
  expect(await callsOf(sink, "read")).toHaveLength(2);
});

test("a keyed call under way is repeated with the same key, so that its effect is there once", async () => {
  const run = await goesOn("keyed", "succeeded");
  expect(run.steps[0]).toMatchObject({ status: "succeeded", attempts: 2 });
  const calls = await callsOf(sink, "keyed");
  expect(calls.map(({ key, hasEffect }) => ({ key, hasEffect }))).toEqual([
    { key: run.steps[0]!.idempotencyKey, hasEffect: true },
    { key: run.steps[0]!.idempotencyKey, hasEffect: false },
  ]);
});

test("an unsafe call under way is not repeated but reviewed, and what a person says of it lets the run go on", async () => {
  const run = await goesOn("unsafe", "needs_review");
  expect(run.steps[0]).toMatchObject({ status: "needs_review", attempts: 1, error: { code: "unknown_outcome" } });
  const decided = await server.api("POST", `/runs/${run.id}/steps/${run.steps[0]!.id}/resolve`, {
    body: { as: "done", output: { seen: true } },
  });
  expect(decided.body).toMatchObject({ status: "succeeded", steps: [{ status: "succeeded", output: { seen: true } }] });
  expect(await callsOf(sink, "unsafe")).toHaveLength(1);
});

test("an unsafe call whose step says so is repeated", async () => {
  await goesOn("repeated", "succeeded");
  expect(await callsOf(sink, "repeated")).toHaveLength(2);
});

test("an unsafe call whose step says so fails its run", async () => {
  const run = await goesOn("failed", "failed");
  expect(run.steps[0]).toMatchObject({ status: "failed", error: { code: "unknown_outcome" } });
  expect(await callsOf(sink, "failed")).toHaveLength(1);
});

test("a loop goes on at the item where it was", async () => {
  const run = await goesOn("loop item 3", "succeeded");
  const calls = (await sink.calls()).map(({ id }) => id).filter((id) => id.startsWith("loop item"));
  expect(calls).toEqual([0, 1, 2, 3, 3, 4, 5].map((item) => `loop item ${item}`));
  expect((run.output as { status: number }[]).map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 200]);
});

test("a run waits on for the sub-workflow that it has started, and starts no second one", async () => {
  const run = await goesOn("parent", "succeeded");
  expect(run.steps[0]).toMatchObject({ status: "succeeded", output: 42 });
  const children = (await server.listRuns()).filter(({ source }) => source === "workflow");
  expect(children.map(({ status }) => status)).toEqual(["succeeded"]);
  expect((await callsOf(sink, "parent")).filter(({ hasEffect }) => hasEffect)).toHaveLength(1);
});

test("an approval is waited for as before, and given", async () => {
  const run = await server.find(stoodAt("approval").id);
  expect(run).toEqual(stoodAt("approval"));
  const approved = await server.api("POST", `/runs/${run.id}/steps/${run.steps[0]!.id}/approve`);
  expect(approved.body).toMatchObject({ status: "succeeded", output: { approved: true } });
});

test("a retry comes when it was due, with the same key", async () => {
  const run = await goesOn("retry", "succeeded");
  expect(run.steps[0]).toMatchObject({ attempts: 2, idempotencyKey: stoodAt("retry").steps[0]!.idempotencyKey });
  expect(Date.parse(run.finishedAt!) - Date.parse(run.startedAt!)).toBeGreaterThanOrEqual(4_000);
  expect(await callsOf(sink, "retry")).toHaveLength(2);
});

test("a call parked by a rate limit is made when the limit says, without using an attempt", async () => {
  const run = await goesOn("rate limit", "succeeded");
  expect(run.steps[0]).toMatchObject({ attempts: 1 });
  expect(Date.parse(run.finishedAt!) - Date.parse(run.startedAt!)).toBeGreaterThanOrEqual(4_000);
  expect(await callsOf(sink, "rate limit")).toHaveLength(2);
});

test("a delay ends when it was going to, not a whole delay after the restart", async () => {
  const endsAt = endOfDelay(stoodAt("long delay"));
  const run = await goesOn("long delay", "succeeded");
  expect(run.steps[0]?.output).toEqual({ until: endsAt });
  expect(Date.parse(run.finishedAt!)).toBeWithin(Date.parse(endsAt), restartedAt + LONG_DELAY_MS);
});

test("a delay that ended while no server ran ends at the restart", async () => {
  const run = await goesOn("short delay", "succeeded");
  expect(run.steps[0]?.output).toEqual({ until: endOfDelay(stoodAt("short delay")) });
});

test("code under way is run again", async () => {
  const run = await goesOn("code", "succeeded");
  expect(run).toMatchObject({ output: 42, steps: [{ status: "succeeded", output: 42 }] });
});

test("the answer that nobody could be given is kept for the delivery's repetition", async () => {
  await untilCalled(sink, "answering", 2);
  const again = await post(server.url + answering.path, {}, DELIVERY);
  expect([again.status, await again.json()]).toEqual([201, { thanks: true }]);
  expect((await callsOf(sink, "answering")).filter(({ hasEffect }) => hasEffect)).toHaveLength(1);
});
