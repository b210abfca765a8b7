import { afterEach, describe, expect, test } from "bun:test";
import type { JsonObject } from "../../src/domain/json.ts";
import { type Builder, createBuilder } from "../flows/flow-world.ts";
import { set } from "../flows/steps.ts";
import { startSmtpPeer } from "../mail/smtp-peer.ts";
import { type StartedApp, startApp } from "../start-app.ts";
import { openTestStorage } from "../test-storage.ts";

/** Two replicas of which one's host has a clock that is minutes off: the database's is the one that counts. */

const MINUTE = 60_000;
const PATIENCE_MS = 20_000;
/** A first failure waits for others that go into the same mail. */
const MAIL_PATIENCE_MS = 60_000;
const FAILING = [{ id: "fail", kind: "stop", outcome: "failed", message: "no such order" }];

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

interface Replicas {
  readonly right: StartedApp;
  readonly wrong: StartedApp;
  readonly atRight: Builder;
  readonly atWrong: Builder;
  readonly mails: readonly { readonly to: readonly string[] }[];
}

async function startReplicas(aheadMs: number): Promise<Replicas> {
  const storage = await openTestStorage("postgres");
  closing.push(() => storage.remove());
  const smtp = await startSmtpPeer();
  closing.push(() => smtp.stop());
  const environment = {
    ...storage.environment,
    PUBLIC_URL: "http://integrations.test",
    SMTP_URL: `smtp://127.0.0.1:${smtp.port}`,
    MAIL_FROM: "integrations@example.com",
  };
  const start = async (hostNow: () => number) => {
    const app = await startApp(environment, null, storage, {}, hostNow);
    closing.push(() => app.stop());
    return app;
  };
  const [right, wrong] = [await start(Date.now), await start(() => Date.now() + aheadMs)];
  const tenant = await right.createTenant("ours");
  const owner = {
    email: "owner@ours.example",
    name: "Owner",
    role: "owner",
    password: "correct horse battery",
  } as const;
  await right.app.services.accounts.createUser(tenant.scope, owner);
  const key = await tenant.createKey();
  return {
    right,
    wrong,
    atRight: createBuilder(right.url, key),
    atWrong: createBuilder(wrong.url, key),
    mails: smtp.mails,
  };
}

async function until(holds: () => boolean | Promise<boolean>, patienceMs = PATIENCE_MS): Promise<void> {
  for (const from = performance.now(); !(await holds()); await Bun.sleep(20))
    if (performance.now() - from > patienceMs) throw new Error("It has not come about.");
}

async function ticksOf(builder: Builder, workflowId: string): Promise<readonly number[]> {
  const { data } = (await builder.api("GET", `/runs?workflowId=${workflowId}&limit=200`)).body;
  const runs = await Promise.all((data as { id: string }[]).map(({ id }) => builder.settled(id)));
  return runs.map((run) => Date.parse((run.output as { at: string }).at)).sort((a, b) => a - b);
}

describe.each([5 * MINUTE, -5 * MINUTE])("with a host whose clock is %d ms ahead", (aheadMs) => {
  test("both go by the same time, and how far the host is off is told", async () => {
    const { right, wrong } = await startReplicas(aheadMs);
    for (const { app } of [right, wrong]) expect(Math.abs(app.services.clock.now() - Date.now())).toBeLessThan(1_000);
    const ahead = wrong.backend.metrics().postgres_clock_ahead_seconds ?? Number.NaN;
    expect(Math.abs(ahead - aheadMs / 1_000)).toBeLessThan(1);
    await until(() => wrong.warnings.some(({ message }) => message.includes("clock")));
    expect(right.warnings.filter(({ message }) => message.includes("clock"))).toEqual([]);
  }, 60_000);

  test("a schedule fires at its times, each once", async () => {
    const { atRight, atWrong } = await startReplicas(aheadMs);
    const trigger = { connector: "schedule", trigger: "interval", input: { every: "PT1S" } };
    const steps = [set("tick", { at: "{{ trigger.body.scheduledAt }}" })];
    for (const [publisher, reader] of [
      [atWrong, atRight],
      [atRight, atWrong],
    ] as const) {
      const from = Date.now();
      const { id } = await publisher.publish({ trigger, steps } as JsonObject & { steps: JsonObject[] });
      await until(async () => (await ticksOf(reader, id)).length >= 3);
      await reader.api("POST", `/workflows/${id}/unpublish`);
      const ticks = await ticksOf(reader, id);
      const to = Date.now();
      expect(new Set(ticks).size).toBe(ticks.length);
      expect(ticks[0]).toBeGreaterThan(from - 2_000);
      expect(ticks.at(-1)).toBeLessThan(to + 1_000);
    }
  }, 60_000);

  test("a delay is as long as it says, whoever begins it and whoever ends it", async () => {
    const { atRight, atWrong } = await startReplicas(aheadMs);
    const workflow = await atRight.publish({ steps: [{ id: "pause", kind: "delay", for: "PT2S" }, set("after", {})] });
    const from = performance.now();
    const begin = async (builder: Builder) =>
      (await builder.api("POST", `/workflows/${workflow.id}/runs`, { body: { input: null } })).body.runId as string;
    const runs = await Promise.all(Array.from({ length: 8 }, (_, n) => begin(n % 2 ? atRight : atWrong)));
    await Bun.sleep(Math.max(0, 1_500 - (performance.now() - from)));
    const early = await Promise.all(runs.map((run) => atWrong.find(run)));
    if (performance.now() - from < 1_900) expect(early.map(({ status }) => status)).toEqual(runs.map(() => "waiting"));
    for (const run of runs) await atRight.until(run, "succeeded");
    expect(performance.now() - from).toBeLessThan(PATIENCE_MS);
    // Newest first, by ids that both hosts have made.
    const { data } = (await atRight.api("GET", `/runs?workflowId=${workflow.id}`)).body;
    for (const { createdAt } of data) expect(Math.abs(Date.parse(createdAt) - Date.now())).toBeLessThan(MINUTE);
  }, 60_000);

  test("runs stand in the list in the order in which they were started", async () => {
    const { atRight, atWrong } = await startReplicas(aheadMs);
    const workflow = await atRight.publish({ steps: [set("only", {})] });
    const started: string[] = [];
    for (const builder of [atRight, atWrong, atRight, atWrong]) {
      started.unshift((await builder.api("POST", `/workflows/${workflow.id}/runs`, { body: {} })).body.runId);
      await Bun.sleep(20);
    }
    const { data } = (await atRight.api("GET", `/runs?workflowId=${workflow.id}`)).body;
    expect(data.map(({ id }: { id: string }) => id)).toEqual(started);
  }, 60_000);

  test("a bucket that both take from fills at its own pace", async () => {
    const { right, wrong } = await startReplicas(aheadMs);
    const spec = { capacity: 5, refillPerMs: 5 / 1_000 };
    const from = performance.now();
    let granted = 0;
    for (let round = 0; round < 40; round += 1)
      for (const { app, backend } of [right, wrong]) {
        granted += (await backend.rates.lease("limit", spec, 5, app.services.clock.now())).tokens;
        await Bun.sleep(20);
      }
    const passedMs = performance.now() - from;
    expect(granted).toBeLessThanOrEqual(spec.capacity + passedMs * spec.refillPerMs + 1);
    // Nor is it left empty by whoever lives in the past.
    expect(granted).toBeGreaterThan((passedMs * spec.refillPerMs) / 2);
  }, 60_000);

  test("a failure is told of once, in the log and by mail, and soon", async () => {
    const { right, wrong, atRight, atWrong, mails } = await startReplicas(aheadMs);
    for (const builder of [atRight, atWrong]) {
      const workflow = await builder.publish({ steps: FAILING });
      await builder.until(await workflow.start(), "failed");
    }
    const told = () =>
      [...right.warnings, ...wrong.warnings].filter(({ message }) => message.includes("no such order"));
    await until(() => told().length >= 2 && mails.length >= 2, MAIL_PATIENCE_MS);
    // Whoever would tell it again has looked by then.
    await Bun.sleep(3_000);
    expect(told()).toHaveLength(2);
    expect(mails).toHaveLength(2);
  }, 120_000);
});
