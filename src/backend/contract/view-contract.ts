import { describe, expect } from "bun:test";
import type { StepLine } from "../../domain/run-view-store.ts";
import { backendTests, type OpenBackendUnderTest } from "./backend-under-test.ts";
import { change, ending, firstLease, NOW, parking, sampleCommit, sampleRun, sampleStep, UNHELD } from "./samples.ts";

const placesOf = (lines: readonly StepLine[]) => lines.map(({ path, iteration }) => `${path}#${iteration.join(",")}`);

export function viewContract(open: OpenBackendUnderTest): void {
  const test = backendTests(open);
  const loopRun = () => {
    const run = sampleRun();
    const steps = [
      sampleStep("each", { kind: "loop", state: "started", input: Array.from({ length: 30 }, (_, n) => n) }),
      ...Array.from({ length: 12 }, (_, n) => [
        sampleStep("each/send", {
          kind: "action",
          iteration: [n],
          attempt: 1,
          state: n === 7 ? "failed_final" : "succeeded",
        }),
        sampleStep("each/inner", { kind: "loop", iteration: [n], state: "succeeded", input: [1, 2] }),
        sampleStep("each/inner/x", { iteration: [n, 0], state: n === 10 ? "needs_review" : "succeeded" }),
        sampleStep("each/inner/x", { iteration: [n, 1] }),
      ]).flat(),
      sampleStep("after", {
        attempt: 1,
        state: "failed_retryable",
        input: { a: 1 },
        output: { b: 2 },
        error: { code: "x", message: "y" },
      }),
      sampleStep("after", { attempt: 2, state: "succeeded", idempotencyKey: "key" }),
    ];
    return { run, first: sampleCommit({ steps }) };
  };

  describe("looking at a run", () => {
    test("one level at a time, every attempt, in the order planned, without payloads", async ({
      backend,
      scope,
      owner,
    }) => {
      const { run, first } = loopRun();
      await backend.runs.accept(scope, run, { dedupe: null, hold: { owner, first } });
      const top = await backend.runViews.lines(scope, run.id, ["after", "each", "none"], [[]]);
      expect(top.map(({ path, attempt, items }) => [path, attempt, items])).toEqual([
        ["each", 1, 30],
        ["after", 1, null],
        ["after", 2, null],
      ]);
      expect(top[1]).not.toHaveProperty("input");
      expect(top[1]).not.toHaveProperty("output");
      expect(top[1]?.error).toEqual({ code: "x", message: "y" });
      const some = await backend.runViews.lines(scope, run.id, ["each/send", "each/inner"], [[3], [11], [29]]);
      expect(placesOf(some)).toEqual(["each/send#3", "each/inner#3", "each/send#11", "each/inner#11"]);
      expect(placesOf(await backend.runViews.lines(scope, run.id, ["each/inner/x"], [[3, 1]]))).toEqual([
        "each/inner/x#3,1",
      ]);
    });

    test("how far a loop is and where it has trouble, also for one inside another", async ({
      backend,
      scope,
      owner,
    }) => {
      const { run, first } = loopRun();
      await backend.runs.accept(scope, run, { dedupe: null, hold: { owner, first } });
      const { runViews } = backend;
      const body = { paths: ["each/send", "each/inner", "each/inner/x"], around: [] };
      expect(await runViews.loopProgress(scope, run.id, body, 50)).toEqual({ begun: 12, troubled: [7, 10] });
      expect((await runViews.loopProgress(scope, run.id, body, 1)).troubled).toHaveLength(1);
      const inner = { paths: ["each/inner/x"], around: [10] };
      expect(await runViews.loopProgress(scope, run.id, inner, 50)).toEqual({ begun: 2, troubled: [0] });
      // `1` must not be taken for the beginning of `10`.
      const other = { paths: ["each/inner/x"], around: [1] };
      expect(await runViews.loopProgress(scope, run.id, other, 50)).toEqual({ begun: 2, troubled: [] });
    });

    test("all attempts at one place, whole", async ({ backend, scope, owner }) => {
      const { run, first } = loopRun();
      await backend.runs.accept(scope, run, { dedupe: null, hold: { owner, first } });
      const attempts = await backend.runViews.attempts(scope, run.id, { path: "after", iteration: [] });
      expect(attempts).toEqual(first.steps.slice(-2));
    });

    test("gives the same for a run that was stored as ended", async ({ backend, scope, owner }) => {
      const { run, first } = loopRun();
      const ended = sampleRun();
      await backend.runs.accept(scope, run, { dedupe: null, hold: { owner, first } });
      await backend.runs.accept(scope, ended, { dedupe: null, hold: { owner, first: ending({ steps: first.steps }) } });
      const { runViews } = backend;
      const look = async (id: string) => [
        await runViews.lines(scope, id, ["after", "each", "each/send"], [[], [3]]),
        await runViews.loopProgress(scope, id, { paths: ["each/send", "each/inner/x"], around: [] }, 50),
        await runViews.loopProgress(scope, id, { paths: ["each/inner/x"], around: [10] }, 50),
        await runViews.attempts(scope, id, { path: "each/send", iteration: [7] }),
      ];
      expect(await look(ended.id)).toEqual(await look(run.id));
    });

    test("is not possible from elsewhere", async ({ backend, scope, stranger, neighbour, owner }) => {
      const { run, first } = loopRun();
      await backend.runs.accept(scope, run, { dedupe: null, hold: { owner, first } });
      for (const other of [stranger, neighbour]) {
        expect(await backend.runViews.lines(other, run.id, ["after", "each"], [[]])).toEqual([]);
        const body = { paths: ["each/send"], around: [] };
        expect(await backend.runViews.loopProgress(other, run.id, body, 5)).toEqual({ begun: 0, troubled: [] });
        expect(await backend.runViews.attempts(other, run.id, { path: "after", iteration: [] })).toEqual([]);
      }
    });
  });

  describe("watching runs", () => {
    test("tells after each change is committed, of one run or of all, until it is stopped", async ({
      backend,
      scope,
      owner,
    }) => {
      const run = sampleRun();
      const seen: string[] = [];
      const told = { one: 0, all: 0 };
      const stopAll = backend.runs.watch(scope, null, () => (told.all += 1));
      const stopOne = backend.runs.watch(scope, run.id, () => {
        told.one += 1;
        backend.runs.find(scope, run.id).then(
          (found) => seen.push(found?.status ?? "missing"),
          () => seen.push("unreadable"),
        );
      });
      await backend.runs.accept(scope, run, { dedupe: null, hold: { owner, first: parking(null) } });
      await backend.runs.signal(scope, run.id, { kind: "cancel", by: "x" }, change("run.cancelled", run.id));
      const [claimed] = await backend.runs.claim({ owner, limit: 5, perTenant: 5, now: NOW + 1 });
      await backend.runs.commit(claimed?.lease ?? firstLease(scope, run, owner), ending({ signalsApplied: 1 }));
      await Bun.sleep(50);
      expect(seen[0]).toBe("waiting");
      expect(seen.at(-1)).toBe("succeeded");
      const before = { ...told };
      expect(before.one).toBeGreaterThanOrEqual(3);
      expect(before.all).toBeGreaterThanOrEqual(3);
      stopOne();
      stopAll();
      await backend.runs.accept(scope, sampleRun(), UNHELD);
      expect(told).toEqual(before);
    });

    test("hears nothing of other tenants", async ({ backend, scope, stranger }) => {
      let told = 0;
      const run = sampleRun();
      const stops = [
        backend.runs.watch(stranger, null, () => told++),
        backend.runs.watch(stranger, run.id, () => told++),
      ];
      await backend.runs.accept(scope, run, UNHELD);
      expect(told).toBe(0);
      for (const stop of stops) stop();
    });
  });
}
