import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Step, WorkflowDefinition } from "../../src/domain/workflow.ts";
import { findBinary } from "../crash/find-binary.ts";
import { type Installation, openInstallation, post, type Server, type ShownRun } from "../crash/installation.ts";
import { serverEnvironment } from "../crash/server-process.ts";
import { type SinkProcess, startSink, untilCalled } from "../crash/sink-process.ts";
import { callSink, onWebhook } from "../crash/workflows.ts";
import { until } from "../until.ts";

/**
 * Three servers, each a process of its own, on one Postgres database. What a test does at one of them concerns a run
 * that another holds: a delivery is worked on by the replica that accepted it while that has room.
 */
let installation: Installation;
let sink: SinkProcess;
let a: Server;
let b: Server;
let c: Server;

beforeAll(async () => {
  [installation, sink] = await Promise.all([
    openInstallation({ backend: "postgres", severalServers: true }),
    startSink(),
  ]);
  // All at once, as an orchestrator starts them.
  [a, b, c] = (await Promise.all([1, 2, 3].map(() => installation.start()))) as [Server, Server, Server];
}, 60_000);
afterAll(async () => {
  await installation.close();
  await sink.stop();
});

/** A call that is under way until somebody lets go of it, and something else beside it. */
function beside(id: string, ...steps: readonly Step[]): WorkflowDefinition {
  return onWebhook(id, [
    {
      id: "both",
      kind: "parallel",
      branches: [
        { name: "call", steps: [callSink(sink, { id, hold: true }, { id: "call", keyed: true })] },
        { name: "beside", steps },
      ],
    },
  ]);
}

async function startAt(server: Server, definition: WorkflowDefinition): Promise<ShownRun> {
  const runId = await server.deliver(await server.publish(definition), {});
  await untilCalled(sink, definition.name, 1);
  return server.find(runId);
}

function stepOf(run: ShownRun, stepId: string) {
  const found = run.steps.find((step) => step.stepId === stepId);
  if (!found) throw new Error(`the run has no step ${stepId}`);
  return found;
}

describe("a run that another replica holds", () => {
  test("hears of an approval at once, not when its call under way ends", async () => {
    const run = await startAt(a, beside("approved", { id: "ok", kind: "approval", message: "Go on?" }));
    const askedAt = performance.now();
    const answer = await b.api("POST", `/runs/${run.id}/steps/${stepOf(run, "ok").id}/approve`);
    expect(answer.status).toBe(200);
    expect(stepOf(answer.body, "ok")).toMatchObject({ status: "succeeded", output: { approved: true } });
    expect(stepOf(answer.body, "call").status).toBe("started");
    expect(performance.now() - askedAt).toBeLessThan(1_000);
  }, 20_000);

  test("hears of what a person decided about a step in review", async () => {
    const refused = callSink(sink, { id: "no answer", refuseTimes: 1, refuseStatus: 500 }, { id: "doubt" });
    const started = await startAt(a, beside("resolved", refused));
    const run = await b.untilRun(started.id, (each) => stepOf(each, "doubt").status === "needs_review");
    const answer = await c.api("POST", `/runs/${run.id}/steps/${stepOf(run, "doubt").id}/resolve`, {
      body: { as: "done", output: { seen: true } },
    });
    expect(answer.status).toBe(200);
    expect(stepOf(answer.body, "doubt")).toMatchObject({ status: "succeeded", output: { seen: true } });
  }, 20_000);

  test("is cancelled: what is under way is waited for, and nothing follows", async () => {
    const pause: Step = { id: "pause", kind: "delay", for: "PT1S" };
    const next = callSink(sink, { id: "never" }, { id: "never" });
    const run = await startAt(a, beside("cancelled", pause, next));
    expect((await b.api("POST", `/runs/${run.id}/cancel`)).status).toBe(202);
    await Bun.sleep(1_200);
    expect((await c.find(run.id)).status).toBe("running");
    expect((await sink.calls()).filter(({ id }) => id === "never")).toEqual([]);
  }, 20_000);
});

test("a run's page that is open at one replica hears of what the run does at another", async () => {
  const run = await startAt(a, beside("watched", { id: "ok", kind: "approval", message: "Go on?" }));
  const cookie = await signInAt(b);
  const page = await fetch(`${b.url}/runs/${run.id}`, { headers: { cookie } });
  expect(await page.text()).toContain("Waits for somebody to approve it");
  const live = await fetch(`${b.url}/runs/${run.id}/live`, { headers: { cookie } });
  expect(live.headers.get("content-type")).toContain("text/event-stream");
  const reader = live.body!.pipeThrough(new TextDecoderStream()).getReader();
  const heard = (async () => {
    for (let text = ""; ; ) {
      const { value, done } = await reader.read();
      text += value ?? "";
      if (done || text.includes("event: changed")) return text;
    }
  })();
  await c.api("POST", `/runs/${run.id}/steps/${stepOf(run, "ok").id}/approve`);
  const askedAt = performance.now();
  expect(await heard).toContain("event: changed");
  expect(performance.now() - askedAt).toBeLessThan(2_000);
  const again = await fetch(`${b.url}/runs/${run.id}`, { headers: { cookie } });
  expect(await again.text()).not.toContain("Waits for somebody to approve it");
  await reader.cancel();
}, 20_000);

/** A person of the installation's tenant, signed in at this replica: the cookie of the session. */
async function signInAt(server: Server): Promise<string> {
  const [email, password] = ["ada@example.com", "correct horse battery staple"];
  const words = ["user", "create", "--tenant", "acme", "--email", email, "--role", "builder", "--password-stdin"];
  const { storage } = installation;
  const env = serverEnvironment(storage);
  const made = Bun.spawnSync([findBinary(), ...words], { cwd: storage.dataDir, env, stdin: Buffer.from(password) });
  expect(made.exitCode, made.stderr.toString()).toBe(0);
  const body = new URLSearchParams({ email, password });
  const headers = { origin: server.url };
  const response = await fetch(`${server.url}/sign-in`, { method: "POST", redirect: "manual", headers, body });
  return response.headers
    .getSetCookie()
    .map((each) => each.split(";")[0])
    .join("; ");
}

test("a change of configuration is known everywhere at once", async () => {
  const published = await a.publish(onWebhook("changing", [{ id: "one", kind: "set", values: { version: 1 } }]));
  const first = await b.deliver(published, {});
  await c.untilRun(first, ({ status }) => status === "succeeded");
  expect((await b.api("POST", `/workflows/${published.id}/unpublish`)).status).toBe(204);
  await until(
    "every replica knows",
    async () => {
      const answers = await Promise.all([a, b, c].map(({ url }) => post(url + published.path, {})));
      return answers.every(({ status }) => status === 404);
    },
    1_000,
  );
});

describe("a caller who waits for the workflow's answer", () => {
  test("gets it from the replica that holds the request while another runs the run", async () => {
    const flood = await a.publish(
      onWebhook("flood", [callSink(sink, { id: "{{ trigger.body.id }}", hold: true }, { keyed: true })]),
    );
    const answering = await a.publish(
      onWebhook("answering", [
        callSink(sink, { id: "asked" }, { keyed: true }),
        { id: "answer", kind: "respond", status: 201, body: { got: "{{ steps.send.output.body.got }}" } },
      ]),
    );
    // A holds 256 runs of one tenant at most; whatever it accepts beyond that, another replica takes.
    const runIds = await Promise.all(Array.from({ length: 256 }, (_, n) => a.deliver(flood, { id: `flood ${n}` })));
    const heldByWorkers = () =>
      installation.storage.run<{ count: number }>(
        "SELECT count(*)::integer AS count FROM run_queue WHERE lease_owner IS NOT NULL GROUP BY lease_owner ORDER BY 1",
      );
    await until("A has no room", async () => ((await heldByWorkers()).at(-1)?.count ?? 0) >= 256);
    const askedAt = performance.now();
    const response = await post(a.url + answering.path, {});
    expect([response.status, await response.json()]).toEqual([201, { got: "asked" }]);
    expect(performance.now() - askedAt).toBeLessThan(3_000);
    const heldBy = await heldByWorkers();
    expect(heldBy.at(-1)?.count).toBeGreaterThanOrEqual(256);

    await sink.release();
    for (const runId of runIds) await b.untilRun(runId, ({ status }) => status === "succeeded");
  }, 60_000);

  test("gets the first run's answer for a repeated delivery, at another replica", async () => {
    const workflow = await a.publish(
      onWebhook("repeated", [
        callSink(sink, { id: "repeated", answerAfterMs: 700 }, { keyed: true }),
        { id: "answer", kind: "respond", status: 201, body: { once: true } },
      ]),
    );
    const headers = { "idempotency-key": "delivery 1" };
    const first = post(a.url + workflow.path, {}, headers);
    await untilCalled(sink, "repeated", 1);
    const again = await post(b.url + workflow.path, {}, headers);
    expect([again.status, await again.json()]).toEqual([201, { once: true }]);
    expect([(await first).status, await (await first).json()]).toEqual([201, { once: true }]);
  }, 20_000);
});

test("a schedule fires each tick once", async () => {
  const { id } = await b.publish({
    name: "scheduled",
    trigger: { connector: "schedule", trigger: "interval", input: { every: "PT1S" } },
    steps: [{ id: "note", kind: "set", values: { at: "{{ trigger.body.scheduledAt }}" } }],
  });
  const ran = async () => (await c.api("GET", `/runs?workflowId=${id}&status=succeeded&limit=200`)).body.data;
  await until("five ticks have run", async () => (await ran()).length >= 5);
  expect((await a.api("POST", `/workflows/${id}/unpublish`)).status).toBe(204);
  const runs = await ran();
  const ticks = await Promise.all(runs.map(async (run: { id: string }) => (await b.find(run.id)).output));
  expect(new Set(ticks.map((tick) => JSON.stringify(tick))).size).toBe(runs.length);
}, 30_000);

test("a sub-workflow's end reaches its parent, whichever replicas run the two", async () => {
  const child = await a.publish({
    name: "child",
    trigger: { connector: "manual", trigger: "run", input: {} },
    steps: [{ id: "end", kind: "stop", outcome: "succeeded", output: 42 }],
  });
  const parent = await a.publish(beside("parent", { id: "sub", kind: "workflow", workflow: child.id }));
  const runIds = await Promise.all([a, b, c].flatMap((server) => [1, 2, 3].map(() => server.deliver(parent, {}))));
  for (const runId of runIds)
    await a.untilRun(runId, (run) =>
      run.steps.some(({ stepId, status }) => stepId === "sub" && status === "succeeded"),
    );
});

test("the runs of a replica that is killed go on elsewhere after one lease", async () => {
  const call = (id: string) => onWebhook(id, [callSink(sink, { id, answerAfterMs: 2_000 }, { keyed: true })]);
  const workflow = await c.publish(call("orphaned"));
  const runIds = await Promise.all([1, 2, 3].map(() => c.deliver(workflow, {})));
  await untilCalled(sink, "orphaned", 3);
  await c.kill();
  const killedAt = performance.now();
  for (const runId of runIds) await a.untilRun(runId, ({ status }) => status === "succeeded", 30_000);
  const waitedMs = performance.now() - killedAt;
  process.stdout.write(
    `a killed replica's runs went on elsewhere and ended after ${(waitedMs / 1_000).toFixed(1)} s\n`,
  );
  // The lease of 15 s, renewed up to 5 s before the kill; looking for it every second; the call itself.
  expect(waitedMs).toBeLessThan(15_000 + 1_000 + 2_000 + 5_000);
  const calls = (await sink.calls()).filter(({ id }) => id === "orphaned");
  expect(calls.filter(({ hasEffect }) => hasEffect)).toHaveLength(3);
}, 60_000);
