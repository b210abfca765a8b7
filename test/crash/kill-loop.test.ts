import { afterAll, beforeAll, expect, test } from "bun:test";
import type { RunStatus } from "../../src/domain/run.ts";
import type { WorkflowDefinition } from "../../src/domain/workflow.ts";
import { seededRandom } from "../simulation/seeded-random.ts";
import { type Installation, openInstallation, type Server } from "./installation.ts";
import { type Load, startLoad } from "./load.ts";
import { countEffects, type SinkProcess, startSink } from "./sink-process.ts";
import { until } from "./until.ts";
import { callSink, onWebhook } from "./workflows.ts";

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
/** Of the first calls, these are answered late. */
const SLOW_SHARE = 0.15;
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
    const keyed = await server.publish(routeOrders("Keyed orders", true));
    const unsafe = await server.publish(routeOrders("Unsafe orders", false));
    const senders = [keyed, unsafe].flatMap(({ path }, workflow) =>
      Array.from({ length: SENDERS_PER_WORKFLOW }, (_, sender) => ({
        name: `${workflow === 0 ? "keyed" : "unsafe"}-${sender}`,
        url: () => server.url + path,
        body: randomOrder,
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
    await untilQuiet(server);

    const statuses = new Map((await server.listRuns()).map(({ id, status }) => [id, status]));
    const effects = countEffects(await sink.calls());
    report(load, statuses, effects, performance.now() - startedAt);

    expect(findBroken(load, statuses, effects)).toEqual([]);
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

/** webhook → set → branch → POST, and another POST: the first is stored with the delivery, the second in mid-run. */
function routeOrders(name: string, keyed: boolean): WorkflowDefinition {
  const order = { id: "{{ trigger.body.id }}", answerAfterMs: "{{ trigger.body.answerAfterMs }}" };
  const isEuropean = {
    any: [{ all: [{ left: "{{ steps.order.output.region }}", operator: "equals" as const, right: "EU" }] }],
  };
  return onWebhook(name, [
    { id: "order", kind: "set", values: { region: "{{ trigger.body.region }}" } },
    {
      id: "route",
      kind: "branch",
      branches: [{ name: "EU", when: isEuropean, steps: [callSink(sink, order, { id: "sendEu", keyed })] }],
      otherwise: [callSink(sink, order, { id: "sendOther", keyed })],
    },
    callSink(sink, { id: receiptOf("{{ trigger.body.id }}") }, { id: "receipt", keyed }),
  ]);
}

function receiptOf(id: string): string {
  return `${id} receipt`;
}

function randomOrder(id: string) {
  const answerAfterMs = random() < SLOW_SHARE ? Math.round(random() * 400) : 0;
  return { id, region: random() < 0.5 ? "EU" : "US", answerAfterMs };
}

async function untilQuiet({ api, log }: Server): Promise<void> {
  const isQuiet = async () => {
    for (const status of ["queued", "running", "waiting"]) {
      const { body } = await api("GET", `/runs?status=${status}&limit=1`);
      if (body.data.length > 0) return false;
    }
    return true;
  };
  await until(`no run is under way. ${log()}`, isQuiet, 30_000 + KILLS * 1_000);
}

// The verdict ---------------------------------------------------------------------------------------------------------

/** A line for everything that breaks the promise. */
function findBroken(
  { acknowledged, cutOff }: Load,
  statuses: ReadonlyMap<string, RunStatus>,
  effects: ReadonlyMap<string, number>,
): readonly string[] {
  const broken: string[] = [];
  const timesOf = (id: string) => [effects.get(id) ?? 0, effects.get(receiptOf(id)) ?? 0];
  for (const [runId, id] of acknowledged) {
    const status = statuses.get(runId) ?? "missing";
    const times = timesOf(id);
    const isKept =
      status === "succeeded"
        ? times.every((each) => each === 1)
        : status === "needs_review" && times.every((each) => each <= 1);
    if (!isKept) broken.push(`${runId} (${id}) is ${status}, its calls took effect ${times.join(" and ")} times`);
  }
  // What was not acknowledged may have been stored or not; it is not done twice either.
  for (const id of cutOff) if (timesOf(id).some((each) => each > 1)) broken.push(`${id} was cut off and done twice`);
  return broken;
}

async function checkFile(): Promise<readonly string[]> {
  const rows = await installation.storage.run<{ integrity_check: string }>("PRAGMA integrity_check");
  return rows.map((row) => row.integrity_check);
}

function report(
  { acknowledged, cutOff }: Load,
  statuses: ReadonlyMap<string, RunStatus>,
  effects: ReadonlyMap<string, number>,
  ms: number,
): void {
  const runIds = [...acknowledged.keys()];
  const delivered = runIds.filter((runId) => effects.get(acknowledged.get(runId) ?? "") === 1).length;
  const inReview = runIds.filter((runId) => statuses.get(runId) === "needs_review").length;
  process.stdout.write(
    `kill -9: ${KILLS} kills in ${(ms / 1_000).toFixed(1)} s (SEED=${SEED}): ${acknowledged.size} acknowledged, ` +
      `${delivered} delivered once, ${inReview} in review, ${cutOff.size} cut off\n`,
  );
}
