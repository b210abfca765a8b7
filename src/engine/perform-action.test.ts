import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { type EngineWorld, effectStep, openEngineWorld } from "../../test/flows/engine-world.ts";
import { parallel } from "../../test/flows/steps.ts";
import { NO_TOKEN } from "../domain/connection.ts";
import { AppError } from "../domain/errors.ts";
import type { EngineDeps } from "./engine-deps.ts";

let world: EngineWorld;
beforeEach(async () => {
  world = await openEngineWorld();
});
afterEach(() => world.close());

const DAY_MS = 86_400_000;
const CONNECTION = "conn_crm";

describe("an action whose connection has to be mended", () => {
  let access: Awaited<ReturnType<EngineDeps["useConnection"]>>;
  let failingReads = 0;
  const start = async (steps = [effectStep("call", "unsafe", { connection: CONNECTION })]) => {
    const process = await world.startProcess({
      useConnection: async () => {
        if (failingReads === 0) return access;
        failingReads -= 1;
        throw new AppError("unavailable", "The database is restarting.");
      },
    });
    const { tenantId, workspaceId } = world.scope;
    const shown = {
      connector: "sim",
      name: "CRM",
      scheme: "token",
      hosts: [],
      state: "ready",
      problem: null,
      ...NO_TOKEN,
    } as const;
    const times = { createdAt: 1, updatedAt: 1, lastUsedAt: null, generation: 1, refreshFailures: 0 };
    const change = { at: 1, action: "connection.created", target: CONNECTION, details: {} };
    const connection = { id: CONNECTION, tenantId, workspaceId, ...shown, ...times };
    await process.backend.connections.create(world.scope, connection, "sealed", change);
    return { ...process, runId: await process.accept(await world.publish(steps)) };
  };
  const ready = { kind: "ready", credential: { scheme: "token", fields: { token: "t" } }, hosts: [] } as const;
  const parked = { kind: "parked", reason: "The connection has to be reconnected." } as const;

  test("parks its run without using an attempt, and goes on when the connection is mended", async () => {
    access = parked;
    const { runId, backend, dispatcher } = await start();
    expect(await world.until(runId, "waiting")).toMatchObject({ waitingFor: "connection" });
    expect(await world.steps(runId)).toMatchObject([
      { state: "planned", attempt: 1, startedAt: null, waitingFor: "connection" },
    ]);
    access = ready;
    await backend.runs.wakeParked(world.scope, world.clock.now());
    dispatcher.wake();
    await world.until(runId, "succeeded");
    expect(await world.steps(runId)).toMatchObject([{ state: "succeeded", attempt: 1, waitingFor: null, error: null }]);
    expect(world.keys("call")).toHaveLength(1);
  });

  test("looks again now and then, should nobody say that it was mended", async () => {
    access = parked;
    const { runId } = await start();
    await world.until(runId, "waiting");
    access = ready;
    world.clock.jump(DAY_MS / 24);
    await world.until(runId, "succeeded");
  });

  test("fails after 30 days", async () => {
    access = parked;
    const { runId } = await start();
    await world.until(runId, "waiting");
    world.clock.jump(29 * DAY_MS);
    await Bun.sleep(50);
    await world.until(runId, "waiting");
    world.clock.jump(2 * DAY_MS);
    expect((await world.until(runId, "failed")).error).toMatchObject({ code: "connection" });
    expect(world.keys("call")).toEqual([]);
  });

  test("is tried again while the credential cannot be read, and does not fail", async () => {
    access = ready;
    failingReads = 2;
    const { runId } = await start();
    await world.until(runId, "succeeded");
    expect(failingReads).toBe(0);
    expect(world.keys("call")).toHaveLength(1);
  });

  test("fails at once when there is no such connection any more", async () => {
    access = { kind: "missing", reason: "There is no connection conn_crm." };
    const { runId } = await start();
    expect((await world.until(runId, "failed")).error?.message).toContain("There is no connection conn_crm.");
  });

  test("keeps the key of what an earlier attempt may have done, also when it fails on the connection", async () => {
    access = ready;
    world.onCall("call", () => Promise.reject(new Error("nobody knows how far it came")));
    const retry = { initialDelayMs: 3_600_000, maxDelayMs: 3_600_000 };
    const { runId, control } = await start([effectStep("call", "keyed", { connection: CONNECTION, retry })]);
    await world.until(runId, "waiting");
    access = { kind: "missing", reason: "There is no connection conn_crm." };
    world.clock.jump(3_600_000);
    await world.until(runId, "failed");
    access = ready;
    world.onCall("call", async () => null);
    const request = { from: "failed", repeatEffects: false, version: "same" } as const;
    const replayed = await control.replay(world.scope, runId, request);
    await world.until(replayed.runId, "succeeded");
    expect(world.keys("call")).toHaveLength(2);
    expect(new Set(world.keys("call")).size).toBe(1);
  });

  test("lets parallel branches go on meanwhile", async () => {
    access = parked;
    const { runId } = await start([
      parallel("both", [effectStep("call", "safe", { connection: CONNECTION })], [effectStep("other", "safe")]),
    ]);
    expect(await world.until(runId, "waiting")).toMatchObject({ waitingFor: "connection" });
    expect(world.keys("other")).toHaveLength(1);
  });
});

test("a stored input that cannot be read fails the run, and the key of what may have happened is kept", async () => {
  world.onCall("call", () => Promise.reject(new Error("nobody knows how far it came")));
  const retry = { initialDelayMs: 3_600_000, maxDelayMs: 3_600_000 };
  const workflowId = await world.publish([effectStep("call", "keyed", { retry })]);
  const first = await world.startProcess({ openInput: () => Promise.reject(new Error("another encryption key")) });
  const runId = await first.accept(workflowId);
  await world.until(runId, "waiting");
  world.clock.jump(3_600_000);
  await world.until(runId, "failed");
  expect(world.troubles).toMatchObject([{ runId }]);
  first.kill();
  world.onCall("call", async () => null);
  const { control } = await world.startProcess();
  const request = { from: "failed", repeatEffects: false, version: "same" } as const;
  await world.until((await control.replay(world.scope, runId, request)).runId, "succeeded");
  expect(new Set(world.keys("call")).size).toBe(1);
});

test("a call that fails in a way its connector did not foresee is unknown: an unsafe one is for a person", async () => {
  world.onCall("call", () => Promise.reject(new TypeError("undefined is not a function")));
  const { accept } = await world.startProcess();
  const runId = await accept(await world.publish([effectStep("call", "unsafe")]));
  await world.until(runId, "needs_review");
  expect(await world.steps(runId)).toMatchObject([{ state: "needs_review", error: { code: "connector_error" } }]);
});

test("a connector that ignores its deadline is no longer waited for", async () => {
  world.onCall("call", () => new Promise(() => {}));
  const { accept } = await world.startProcess();
  const runId = await accept(await world.publish([effectStep("call", "unsafe", { timeoutMs: 20 })]));
  await world.until(runId, "needs_review");
  expect(await world.steps(runId)).toMatchObject([{ error: { code: "timeout" } }]);
});
