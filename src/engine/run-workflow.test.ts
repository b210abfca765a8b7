import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { type EngineWorld, effectStep, openEngineWorld } from "../../test/flows/engine-world.ts";
import { loop, parallel, type StepJson, set } from "../../test/flows/steps.ts";
import { until } from "../../test/until.ts";
import type { Backend } from "../domain/backend.ts";
import { AppError } from "../domain/errors.ts";
import type { RunStatus } from "../domain/run.ts";
import type { RunCommit } from "../domain/run-store.ts";

let world: EngineWorld;
beforeEach(async () => {
  world = await openEngineWorld();
});
afterEach(() => world.close());

const hangs = () => new Promise<never>(() => {});

async function called(step: string, times = 1): Promise<void> {
  while (world.keys(step).length < times) await Bun.sleep(2);
}

/** Starts a run of the steps in a process that hangs in the given one, as it would be when it is killed there. */
async function interruptAt(step: string, steps: readonly StepJson[]): Promise<string> {
  world.onCall(step, hangs);
  const { accept, kill } = await world.startProcess();
  const runId = await accept(await world.publish(steps));
  await called(step);
  kill();
  return runId;
}

describe("after a process has died, the next one", () => {
  test("repeats a keyed call under its key, and does nothing of what was done again", async () => {
    const steps = [effectStep("first", "unsafe"), effectStep("call", "keyed"), effectStep("last", "unsafe")];
    const runId = await interruptAt("call", steps);
    world.onCall("call", async () => "done");
    await world.startProcess();
    await world.until(runId, "succeeded");
    expect(world.keys("first")).toHaveLength(1);
    expect(world.keys("call")).toHaveLength(2);
    expect(new Set(world.keys("call")).size).toBe(1);
  });

  test("asks about an unsafe call, and says why", async () => {
    const runId = await interruptAt("call", [effectStep("call", "unsafe")]);
    await world.startProcess();
    await world.until(runId, "needs_review");
    expect(world.keys("call")).toHaveLength(1);
    expect(await world.alerts(runId)).toEqual([
      expect.stringContaining("The server stopped while this step was under way"),
    ]);
  });

  test("still knows that the run was cancelled", async () => {
    const { promise: answer, resolve } = Promise.withResolvers<null>();
    world.onCall("hangs", hangs);
    world.onCall("call", () => answer);
    const steps = [
      parallel("both", [effectStep("hangs", "safe")], [effectStep("call", "safe")]),
      effectStep("never", "safe"),
    ];
    const { accept, control, kill } = await world.startProcess();
    const runId = await accept(await world.publish(steps));
    await called("call");
    await control.cancel(world.scope, runId);
    await Bun.sleep(30);
    resolve(null);
    await Bun.sleep(30);
    kill();
    world.onCall("hangs", async () => null);
    await world.startProcess();
    await world.until(runId, "cancelled");
    expect(world.keys("never")).toEqual([]);
  });

  test("still stops at a stop step that was reached while calls were under way", async () => {
    const stopping = [
      effectStep("quick", "safe"),
      { id: "end", kind: "stop", outcome: "failed", message: "enough" },
      set("past", {}),
    ];
    world.onCall("hangs", hangs);
    world.onCall("late", async () => {
      await Bun.sleep(30);
      return null;
    });
    const branches = [
      parallel("all", [effectStep("hangs", "safe")], [effectStep("late", "safe")], stopping),
      effectStep("never", "safe"),
    ];
    const { accept, kill } = await world.startProcess();
    const runId = await accept(await world.publish(branches));
    await called("late");
    await until("the stop step is stored", async () =>
      (await world.steps(runId)).some(({ path }) => path === "all/end"),
    );
    kill();
    world.onCall("hangs", async () => null);
    await world.startProcess();
    expect((await world.until(runId, "failed")).error).toMatchObject({ code: "stopped", message: "enough" });
    expect((await world.steps(runId)).map((row) => row.path)).not.toContain("all/past");
  });

  test("still retries a step that somebody has decided to retry", async () => {
    const runId = await interruptAt("call", [effectStep("call", "unsafe")]);
    // Dies between the commit that has taken the decision and the one that sends the call.
    const dying = await world.startProcess({
      watch: (backend) => diesAfter(backend, (commit) => commit.signalsApplied > 0),
    });
    await world.until(runId, "needs_review");
    await dying.control.resolve(world.scope, runId, { path: "call", iteration: [] }, "retry", null);
    await Bun.sleep(50);
    dying.kill();
    world.onCall("call", async () => "sent");
    await world.startProcess();
    await world.until(runId, "succeeded");
    expect(world.keys("call")).toHaveLength(2);
  });

  test("takes a decision that was made in time, though the time is up by now", async () => {
    const { accept, dispatcher, control } = await world.startProcess();
    const runId = await accept(await world.publish([{ id: "ok", kind: "approval", message: "Go?", timeout: "PT1H" }]));
    await world.until(runId, "waiting");
    await dispatcher.stop(0);
    await control.approve(world.scope, runId, { path: "ok", iteration: [] }, true, "Yes.");
    world.clock.jump(2 * 3_600_000);
    await world.startProcess();
    expect((await world.until(runId, "succeeded")).output).toMatchObject({ approved: true, comment: "Yes." });
  });

  test("stops a run that has brought three of them down, though it had done something before", async () => {
    const runId = await interruptAt("call", [
      set("before", {}),
      effectStep("once", "unsafe"),
      effectStep("call", "keyed"),
    ]);
    for (const times of [2, 3]) {
      const { kill } = await world.startProcess();
      await called("call", times);
      kill();
    }
    await world.startProcess();
    await world.until(runId, "needs_review");
    expect(world.keys("call")).toHaveLength(3);
  });

  test("does not look into what a person has taken for done instead of trying it again", async () => {
    let times = 0;
    const runCode = () => {
      times += 1;
      return hangs();
    };
    const code = { id: "deadly", kind: "code", source: "…" };
    const hour = { id: "pause", kind: "delay", for: "PT1H" };
    const inner = [parallel("both", [code], [set("beside", {})]), hour];
    let process = await world.startProcess({ runCode });
    const runId = await process.accept(await world.publish(inner));
    for (const expected of [1, 2, 3]) {
      if (expected > 1) process = await world.startProcess({ runCode });
      while (times < expected) await Bun.sleep(2);
      process.kill();
    }
    const { control } = await world.startProcess({ runCode });
    await world.until(runId, "needs_review");
    await control.resolve(world.scope, runId, { path: "both", iteration: [] }, "done", { by: "hand" });
    await world.until(runId, "waiting");
    world.clock.jump(3_600_000);
    await world.until(runId, "succeeded");
    expect(times).toBe(3);
  });

  test("does not send again what had been given up before the run went on", async () => {
    world.onCall("call", () => Promise.reject(new Error("nobody knows how far it came")));
    const call = effectStep("call", "keyed", { onError: "continue", retry: { maxAttempts: 1 } });
    const runId = await interruptAt("hangs", [
      call,
      set("why", { error: "{{ steps.call.error.code }}" }),
      effectStep("hangs", "safe"),
    ]);
    world.onCall("hangs", async () => null);
    await world.startProcess();
    await world.until(runId, "succeeded");
    expect(world.keys("call")).toHaveLength(1);
  });
});

describe("a call", () => {
  test("leaves only once its row is stored, also when a decision has come with the commit before", async () => {
    world.onCall("hangs", hangs);
    const stored: string[] = [];
    world.onCall("after", async () => {
      stored.push(...(await world.steps(runId)).map((row) => `${row.path} ${row.state}`));
      return null;
    });
    const ask = { id: "ok", kind: "approval", message: "Go?" };
    const steps = [parallel("both", [effectStep("hangs", "safe")], [ask, effectStep("after", "unsafe")])];
    const { accept, control } = await world.startProcess();
    const runId = await accept(await world.publish(steps));
    await called("hangs");
    await control.approve(world.scope, runId, { path: "both/ok", iteration: [] }, true, null);
    await called("after");
    while (stored.length === 0) await Bun.sleep(2);
    expect(world.keys("after")).toHaveLength(1);
    expect(stored).toContain("both/ok succeeded");
    expect(stored).toContain("both/after started");
  });
});

/** Jumps over every delay of an hour until the run stands as wanted. */
async function sleepThroughDelays(runId: string, status: RunStatus): Promise<void> {
  for (;;) {
    const run = await world.find(runId);
    if (run.status === status) return;
    if (run.status === "waiting") world.clock.jump(3_600_000);
    await Bun.sleep(5);
  }
}

/** A backend whose process does nothing more once a commit like this is durable. */
function diesAfter(backend: Backend, isLast: (commit: RunCommit) => boolean): Backend {
  const runs: Backend["runs"] = Object.assign(Object.create(backend.runs), {
    commit: async (...args: Parameters<Backend["runs"]["commit"]>) => {
      const result = await backend.runs.commit(...args);
      return isLast(args[1]) ? hangs() : result;
    },
  });
  return Object.assign(Object.create(backend), { runs });
}

describe("what is stored", () => {
  /** Rows written by all processes that are started with `watch`. */
  function countRows() {
    let rows = 0;
    const watch = (backend: Backend): Backend => {
      const runs: Backend["runs"] = Object.assign(Object.create(backend.runs), {
        commit: (...args: Parameters<Backend["runs"]["commit"]>) => {
          rows += args[1].steps.length;
          return backend.runs.commit(...args);
        },
      });
      return Object.assign(Object.create(backend), { runs });
    };
    return { watch, rows: () => rows };
  }

  test("is not stored again each time the run is taken up", async () => {
    const items = Array.from({ length: 40 }, (_, index) => index);
    const body = [set("a", {}), { id: "pause", kind: "delay", for: "PT1H" }, set("b", {})];
    const counted = countRows();
    const { accept } = await world.startProcess({ watch: counted.watch });
    const before = parallel("both", [set("left", {})], [set("right", {})]);
    const after = set("after", { left: "{{ steps.left.output }}" });
    const runId = await accept(await world.publish([before, loop("each", items, body), after]));
    await sleepThroughDelays(runId, "succeeded");
    // Four for each item: two sets, the delay as it begins and as it ends; two for the loop.
    expect(counted.rows()).toBeLessThan(40 * 4 + 10);
  });

  test("is told to somebody once, however often the run is taken up", async () => {
    world.onCall("call", () => Promise.reject(new Error("who knows")));
    const steps = [
      parallel(
        "both",
        [effectStep("call", "unsafe")],
        [loop("each", [1, 2, 3], [{ id: "pause", kind: "delay", for: "PT1H" }])],
      ),
    ];
    const { accept } = await world.startProcess();
    const runId = await accept(await world.publish(steps));
    await sleepThroughDelays(runId, "needs_review");
    expect(await world.alerts(runId)).toHaveLength(1);
  });
});

describe("while the backend cannot be read", () => {
  /** Fails the first reads of a version, as a database does that is being restarted. */
  function awayAtFirst(times: number) {
    let left = times;
    const fail = () => {
      left -= 1;
      return left >= 0 ? Promise.reject(new AppError("unavailable", "The database is restarting.")) : null;
    };
    const watch = (backend: Backend): Backend => {
      const workflows: Backend["workflows"] = Object.assign(Object.create(backend.workflows), {
        findVersion: (...args: Parameters<Backend["workflows"]["findVersion"]>) =>
          fail() ?? backend.workflows.findVersion(...args),
      });
      return Object.assign(Object.create(backend), { workflows });
    };
    return { watch, left: () => left };
  }

  test("a run that was claimed waits for it, and does not fail", async () => {
    const away = awayAtFirst(2);
    const first = await world.startProcess();
    const workflowId = await world.publish([{ id: "pause", kind: "delay", for: "PT1H" }, effectStep("call", "safe")]);
    const runId = await first.accept(workflowId);
    await world.until(runId, "waiting");
    first.kill();
    await world.startProcess({ watch: away.watch });
    world.clock.jump(3_600_000);
    await world.until(runId, "succeeded");
    expect(away.left()).toBeLessThan(0);
  });
});
