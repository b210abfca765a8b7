import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { type EngineWorld, effectStep, openEngineWorld } from "../../test/flows/engine-world.ts";
import { parallel, type StepJson, set } from "../../test/flows/steps.ts";
import type { Backend } from "../domain/backend.ts";
import type { EngineDeps } from "./engine-deps.ts";

let world: EngineWorld;
beforeEach(async () => {
  world = await openEngineWorld();
});
afterEach(() => world.close());

/** Nothing is found by looking now and then: what is tested has to be told. */
const NEVER_POLLS = { pollMs: 3_600_000 };
const hour = { id: "pause", kind: "delay", for: "PT1H" };

/** Stores runs without anybody to work on them, as a server does that is stopped right afterwards. */
async function storeRuns(workflowId: string, count: number, scope = world.scope): Promise<readonly string[]> {
  const stopped = await world.startProcess();
  await stopped.dispatcher.stop(0);
  return Promise.all(Array.from({ length: count }, () => stopped.accept(workflowId, null, scope)));
}

describe("memory", () => {
  test("holds no more runs than it may, and works off all that are stored", async () => {
    const workflowId = await world.publish([effectStep("call", "safe")]);
    let underWay = 0;
    let most = 0;
    world.onCall("call", async () => {
      underWay += 1;
      most = Math.max(most, underWay);
      await Bun.sleep(1);
      underWay -= 1;
      return null;
    });
    const runs = await storeRuns(workflowId, 50);
    const limits = { ...NEVER_POLLS, maxHeld: 8, maxHeldPerTenant: 8 };
    const { dispatcher } = await world.startProcess({ limits });
    for (const runId of runs) await world.until(runId, "succeeded");
    expect(most).toBe(8);
    expect(dispatcher.heldCount).toBe(0);
  });

  test("takes new runs directly while there is room, and leaves the rest in the backend", async () => {
    const workflowId = await world.publish([effectStep("call", "safe")]);
    const { promise, resolve } = Promise.withResolvers<null>();
    world.onCall("call", () => promise);
    const limits = { ...NEVER_POLLS, maxHeld: 3, maxHeldPerTenant: 3 };
    const { accept, dispatcher } = await world.startProcess({ limits });
    const runs: string[] = [];
    for (let count = 0; count < 7; count += 1) runs.push(await accept(workflowId));
    expect(dispatcher.heldCount).toBe(3);
    expect((await world.find(runs[6]!)).status).toBe("queued");
    resolve(null);
    for (const runId of runs) await world.until(runId, "succeeded");
  });

  /** Stores runs with large payloads and works them off; the most that were held at a time, and how many calls were. */
  async function workOff(count: number, payloadChars: number, maxHeldBytes: number) {
    const workflowId = await world.publish([effectStep("call", "safe")]);
    const stopped = await world.startProcess();
    await stopped.dispatcher.stop(0);
    const runs: string[] = [];
    for (let n = 0; n < count; n += 1) runs.push(await stopped.accept(workflowId, "x".repeat(payloadChars)));
    let most = 0;
    world.onCall("call", async () => {
      most = Math.max(most, dispatcher.heldCount);
      await Bun.sleep(20);
      return null;
    });
    const { dispatcher } = await world.startProcess({ limits: { ...NEVER_POLLS, maxHeldBytes } });
    for (const runId of runs) await world.until(runId, "succeeded");
    expect(world.keys("call")).toHaveLength(count);
    expect([dispatcher.heldCount, dispatcher.heldBytes]).toEqual([0, 0]);
    return most;
  }

  test("takes no more runs while what it holds is above its budget", async () => {
    // The last one that is taken may go over it.
    expect(await workOff(30, 100_000, 1_000_000)).toBeLessThanOrEqual(11);
  });

  test("holds a few however large they are, and each of them alone if it must", async () => {
    expect(await workOff(8, 100_000, 1)).toBeLessThanOrEqual(4);
  });

  test("counts what a run has come to know as well as what it began with", async () => {
    const workflowId = await world.publish([effectStep("grows", "safe"), effectStep("hangs", "safe")]);
    const { promise, resolve } = Promise.withResolvers<null>();
    world.onCall("grows", async () => "x".repeat(300_000));
    world.onCall("hangs", () => promise);
    const { accept, dispatcher } = await world.startProcess({ limits: { ...NEVER_POLLS, maxHeldBytes: 1_000_000 } });
    const runs: string[] = [];
    for (let n = 0; n < 8; n += 1) {
      runs.push(await accept(workflowId));
      while (dispatcher.heldCount === n + 1 && world.keys("hangs").length <= n) await Bun.sleep(2);
    }
    expect(dispatcher.heldCount).toBe(4);
    resolve(null);
    for (const runId of runs) await world.until(runId, "succeeded");
    expect([dispatcher.heldCount, dispatcher.heldBytes]).toEqual([0, 0]);
  });

  test("lets a run go that waits for a long time", async () => {
    const workflowId = await world.publish([hour]);
    const { accept, dispatcher } = await world.startProcess();
    const runId = await accept(workflowId);
    await world.until(runId, "waiting");
    expect(dispatcher.heldCount).toBe(0);
    world.clock.jump(3_600_000);
    await world.until(runId, "succeeded");
  });
});

describe("a run that is claimed again in the moment in which it was let go", () => {
  test("still hears of decisions at once", async () => {
    world.onCall("hangs", () => new Promise(() => {}));
    const ask = { id: "ok", kind: "approval", message: "Go?" };
    const workflowId = await world.publish([
      effectStep("first", "safe"),
      { id: "moment", kind: "delay", for: "PT0.1S" },
      parallel("both", [effectStep("hangs", "safe")], [ask, effectStep("after", "safe")]),
    ]);
    const released = Promise.withResolvers<void>();
    const isClaimed = Promise.withResolvers<void>();
    const { accept, control, dispatcher } = await world.startProcess({
      watch: (backend) => lateToLearnOfCommits(backend, isClaimed.promise, released.resolve),
    });
    const runId = await accept(workflowId);
    await released.promise;
    await Bun.sleep(110);
    dispatcher.wake();
    while (world.keys("hangs").length === 0) await Bun.sleep(2);
    isClaimed.resolve();
    await Bun.sleep(10);
    await control.approve(world.scope, runId, { path: "both/ok", iteration: [] }, true, null);
    while (world.keys("after").length === 0) await Bun.sleep(2);
  });
});

/** The backend's answer to the commit that lets a run go arrives only after `until`. */
function lateToLearnOfCommits(backend: Backend, until: Promise<void>, onReleased: () => void): Backend {
  const runs: Backend["runs"] = Object.assign(Object.create(backend.runs), {
    commit: async (...args: Parameters<Backend["runs"]["commit"]>) => {
      const result = await backend.runs.commit(...args);
      if (args[1].release) {
        onReleased();
        await until;
      }
      return result;
    },
  });
  return Object.assign(Object.create(backend), { runs });
}

describe("a run that cannot be loaded", () => {
  const failing = (broken: (workflowId: string) => boolean) => ({
    loadWorkflow:
      (load: EngineDeps["loadWorkflow"]): EngineDeps["loadWorkflow"] =>
      (scope, id, version) =>
        broken(id) ? Promise.reject(new Error("the version makes no sense any more")) : load(scope, id, version),
  });

  test("fails, and whoever waits for its end is told", async () => {
    const workflowId = await world.publish([set("x", {})]);
    const [runId] = await storeRuns(workflowId, 1);
    await world.startProcess(failing(() => true));
    const run = await world.until(runId!, "failed");
    expect(run.error).toMatchObject({ code: "internal" });
    expect(await world.alerts(run.id)).toEqual([expect.stringContaining("The run failed")]);
    expect(world.ended).toEqual([run.id]);
  });

  test("fails the step of the run that has started it", async () => {
    const child = await world.publish([set("x", {})]);
    const parent = await world.publish([{ id: "sub", kind: "workflow", workflow: child }]);
    const { accept } = await world.startProcess(failing((id) => id === child));
    const run = await world.until(await accept(parent), "failed");
    expect(run.error).toMatchObject({ code: "sub_workflow_failed" });
  });
});

describe("a run that another one waits for", () => {
  const parallelWithHanging = (steps: readonly StepJson[]) => [parallel("both", [effectStep("slow", "safe")], steps)];

  test("starts at once, although the one that started it goes on with other steps", async () => {
    world.onCall("slow", () => new Promise(() => {}));
    const child = await world.publish([effectStep("in_child", "safe")]);
    const sub = { id: "sub", kind: "workflow", workflow: child };
    const parent = await world.publish(parallelWithHanging([sub, effectStep("after", "safe")]));
    const { accept } = await world.startProcess({ limits: NEVER_POLLS });
    await accept(parent);
    while (world.keys("after").length === 0) await Bun.sleep(2);
    expect(world.keys("in_child")).toHaveLength(1);
  });
});
