import { afterAll, beforeAll, expect, test } from "bun:test";
import { GATHERING } from "../../src/notifications/digest-ticker.ts";
import { type Builder, createBuilder, type Published } from "../flows/flow-world.ts";
import { set } from "../flows/steps.ts";
import { type SmtpPeer, startSmtpPeer } from "../mail/smtp-peer.ts";
import { type StartedApp, startApp } from "../start-app.ts";
import { openTestStorage, type TestStorage } from "../test-storage.ts";

/** Replicas of which some run on hosts whose clock is minutes off: the database's is the one that counts. */

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const AHEAD = [0, 5 * MINUTE, -5 * MINUTE];
const PATIENCE_MS = 20 * SECOND;
/** A first failure waits for others that go into the same mail. */
const MAIL_PATIENCE_MS = MINUTE;
const FAILING = [{ id: "fail", kind: "stop", outcome: "failed", message: "no such order" }];

let storage: TestStorage;
let smtp: SmtpPeer;
const replicas: StartedApp[] = [];
/** Whoever builds at each of the replicas. */
let builders: readonly Builder[] = [];
beforeAll(async () => {
  storage = await openTestStorage("postgres");
  smtp = await startSmtpPeer();
  const environment = {
    ...storage.environment,
    PUBLIC_URL: "http://integrations.test",
    SMTP_URL: `smtp://127.0.0.1:${smtp.port}`,
    MAIL_FROM: "integrations@example.com",
  };
  for (const aheadMs of AHEAD)
    replicas.push(await startApp(environment, null, storage, {}, () => Date.now() + aheadMs));
  const [right] = replicas;
  const tenant = await right!.createTenant("ours");
  const owner = {
    email: "owner@ours.example",
    name: "Owner",
    role: "owner",
    password: "correct horse battery",
  } as const;
  await right!.app.services.accounts.createUser(tenant.scope, owner);
  const key = await tenant.createKey();
  builders = replicas.map(({ url }) => createBuilder(url, key));
}, 60_000);
afterAll(async () => {
  await Promise.all(replicas.map((replica) => replica.stop()));
  await smtp.stop();
  await storage.remove();
}, 60_000);

async function until(holds: () => boolean | Promise<boolean>, patienceMs = PATIENCE_MS): Promise<void> {
  for (const from = performance.now(); !(await holds()); await Bun.sleep(20))
    if (performance.now() - from > patienceMs) throw new Error("It has not come about.");
}

async function start(builder: Builder, workflow: Published): Promise<string> {
  return (await builder.api("POST", `/workflows/${workflow.id}/runs`, { body: { input: null } })).body.runId;
}

async function ticksOf(builder: Builder, { id }: Published): Promise<readonly number[]> {
  const { data } = (await builder.api("GET", `/runs?workflowId=${id}&limit=200`)).body;
  const runs = await Promise.all((data as { id: string }[]).map((run) => builder.settled(run.id)));
  return runs.map((run) => Date.parse((run.output as { at: string }).at)).sort((a, b) => a - b);
}

test("all go by the same time, and how far a host is off is told", async () => {
  for (const [n, { app, backend, warnings }] of replicas.entries()) {
    expect(Math.abs(app.services.clock.now() - Date.now())).toBeLessThan(SECOND);
    const ahead = backend.metrics().postgres_clock_ahead_seconds ?? Number.NaN;
    expect(Math.abs(ahead - AHEAD[n]! / SECOND)).toBeLessThan(1);
    const isTold = () => warnings.some(({ message }) => message.includes("clock"));
    if (AHEAD[n] === 0) expect(isTold()).toBe(false);
    else await until(isTold);
  }
}, 60_000);

test("a schedule fires at its times, each once", async () => {
  const trigger = { connector: "schedule", trigger: "interval", input: { every: "PT1S" } };
  const steps = [set("tick", { at: "{{ trigger.body.scheduledAt }}" })];
  for (const builder of builders) {
    const from = Date.now();
    const workflow = await builder.publish({ trigger, steps });
    await until(async () => (await ticksOf(builder, workflow)).length >= 3);
    await builder.api("POST", `/workflows/${workflow.id}/unpublish`);
    const ticks = await ticksOf(builder, workflow);
    expect(new Set(ticks).size).toBe(ticks.length);
    expect(ticks[0]).toBeGreaterThan(from - 2 * SECOND);
    expect(ticks.at(-1)).toBeLessThan(Date.now() + SECOND);
  }
}, 60_000);

test("a delay is as long as it says, whoever begins it and whoever ends it", async () => {
  const [right] = builders;
  const workflow = await right!.publish({ steps: [{ id: "pause", kind: "delay", for: "PT2S" }, set("after", {})] });
  const from = performance.now();
  const runs = await Promise.all([...builders, ...builders].map((builder) => start(builder, workflow)));
  await Bun.sleep(SECOND);
  const early = await Promise.all(runs.map((run) => right!.find(run)));
  // Else the machine was too busy for "early" to mean anything.
  if (performance.now() - from < 2 * SECOND)
    expect(early.map(({ status }) => status)).toEqual(runs.map(() => "waiting"));
  for (const run of runs) await right!.until(run, "succeeded");
  expect(performance.now() - from).toBeLessThan(PATIENCE_MS);
}, 60_000);

test("runs stand in the list in the order in which they were started", async () => {
  const workflow = await builders[0]!.publish({ steps: [set("only", {})] });
  const started: string[] = [];
  for (const builder of [...builders, ...builders]) {
    started.unshift(await start(builder, workflow));
    await Bun.sleep(50);
  }
  const { data } = (await builders[0]!.api("GET", `/runs?workflowId=${workflow.id}`)).body;
  expect(data.map(({ id }: { id: string }) => id)).toEqual(started);
  for (const { createdAt } of data) expect(Math.abs(Date.parse(createdAt) - Date.now())).toBeLessThan(MINUTE);
}, 60_000);

test("a bucket that all take from fills at its own pace", async () => {
  const spec = { capacity: 5, refillPerMs: 5 / SECOND };
  const from = performance.now();
  let granted = 0;
  for (let round = 0; round < 25; round += 1)
    for (const { app, backend } of replicas) {
      granted += (await backend.rates.lease("limit", spec, 5, app.services.clock.now())).tokens;
      await Bun.sleep(20);
    }
  const filled = (performance.now() - from) * spec.refillPerMs;
  expect(granted).toBeLessThanOrEqual(spec.capacity + filled + 1);
  // Nor is it left empty by whoever lives in the past.
  expect(granted).toBeGreaterThan(spec.capacity);
}, 60_000);

test("a failure is told of once, in the log and by mail, as soon as it should", async () => {
  const from = performance.now();
  for (const builder of builders) {
    const workflow = await builder.publish({ steps: FAILING });
    await builder.until(await workflow.start(), "failed");
  }
  const told = () => replicas.flatMap(({ warnings }) => warnings).filter(({ message }) => message.includes("no such"));
  await until(() => told().length >= builders.length && smtp.mails.length >= builders.length, MAIL_PATIENCE_MS);
  expect(performance.now() - from).toBeGreaterThan(GATHERING.firstMs - SECOND);
  // Whoever would tell it again has looked by then.
  await Bun.sleep(3 * SECOND);
  expect(told()).toHaveLength(builders.length);
  expect(smtp.mails).toHaveLength(builders.length);
}, 120_000);
