import { describe, expect } from "bun:test";
import type { StepLine } from "../../domain/run-view-store.ts";
import { backendTests, type OpenBackendUnderTest } from "./backend-under-test.ts";
import {
  change,
  ending,
  firstLease,
  NOW,
  parking,
  sampleCommit,
  sampleDefinition,
  sampleRun,
  sampleStep,
  sampleWorkflow,
  UNHELD,
} from "./samples.ts";

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
      // Whoever is told looks by themselves: of two looks at once the later one may answer first.
      const isAll = () => seen.includes("succeeded") && told.one >= 3 && told.all >= 3;
      for (let tries = 0; tries < 2_000 && !isAll(); tries += 1) await Bun.sleep(10);
      expect(isAll(), JSON.stringify({ seen, told })).toBe(true);
      await Bun.sleep(50);
      expect(seen[0]).toBe("waiting");
      const before = { ...told };
      stopOne();
      stopAll();
      await backend.runs.accept(scope, sampleRun(), UNHELD);
      expect(told).toEqual(before);
    });

    test("tells of what another process does with the run, within a second", async ({ backend, scope, openBeside }) => {
      const beside = await openBeside();
      const waits: number[] = [];
      for (let round = 0; round < 3; round += 1) {
        const run = sampleRun();
        const { promise, resolve } = Promise.withResolvers<string>();
        const stop = backend.runs.watch(scope, run.id, () => {
          backend.runs.find(scope, run.id).then(
            (found) => found && resolve(found.status),
            () => {},
          );
        });
        await Bun.sleep(400);
        await beside.runs.accept(scope, run, { dedupe: null, hold: { owner: "beside", first: ending() } });
        const committedAt = performance.now();
        expect(await promise).toBe("succeeded");
        waits.push(performance.now() - committedAt);
        stop();
      }
      // The one in the middle: in one round the machine may have been busy.
      expect(waits.toSorted((x, y) => x - y)[1]).toBeLessThan(1_000);
    });

    test("hears nothing of other tenants", async ({ backend, scope, stranger }) => {
      // The first of a process takes its time, and a watcher looks once by itself a moment after it has begun.
      await backend.runs.accept(scope, sampleRun(), UNHELD);
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

  describe("looking at workflows", () => {
    test("a line each, newest first, found by part of the name", async ({ backend, scope, stranger, neighbour }) => {
      const named = (name: string) => sampleWorkflow(scope, { name, definition: sampleDefinition({ name }) });
      const workflows = ["Route leads", "Größe 100%_\\ done", "route invoices"].map(named);
      for (const workflow of workflows)
        await backend.workflows.create(scope, workflow, change("workflow.created", workflow.id));
      const { workflowViews } = backend;
      const look = async (search: string | null, who = scope, limit = 10, cursor: string | null = null) =>
        workflowViews.lines(who, { search }, { limit, cursor });
      const [route, odd, invoices] = workflows;
      const all = await look(null);
      expect(all.items.map(({ id }) => id)).toEqual(workflows.map(({ id }) => id).toReversed());
      expect(all.items[2]).toEqual({
        id: route!.id,
        name: "Route leads",
        publishedVersion: null,
        hasChanges: false,
        trigger: { connector: "webhook", trigger: "request" },
        updatedAt: NOW,
      });
      expect((await look("ROUTE")).items.map(({ id }) => id)).toEqual([invoices!.id, route!.id]);
      expect((await look("100%_\\")).items.map(({ id }) => id)).toEqual([odd!.id]);
      expect((await look("%")).items.map(({ id }) => id)).toEqual([odd!.id]);
      const first = await look(null, scope, 2);
      expect((await look(null, scope, 2, first.nextCursor)).items.map(({ id }) => id)).toEqual([route!.id]);
      for (const other of [stranger, neighbour]) expect((await look(null, other)).items).toEqual([]);
    });

    test("shows workflows whose texts hold what a database may not", async ({ backend, scope }) => {
      const values = { odd: "nul \0, half \ud800 a pair \udc00" };
      const definition = sampleDefinition({ steps: [{ id: "shape", kind: "set", values }] });
      const workflow = sampleWorkflow(scope, { definition });
      await backend.workflows.create(scope, workflow, change("workflow.created", workflow.id));
      const { items } = await backend.workflowViews.lines(scope, { search: null }, { limit: 5, cursor: null });
      expect(items.map(({ id }) => id)).toEqual([workflow.id]);
    });

    test("says whether the draft differs from what is published", async ({ backend, scope }) => {
      const workflow = sampleWorkflow(scope);
      const { id, definition } = workflow;
      await backend.workflows.create(scope, workflow, change("workflow.created", id));
      const activation = { hook: null, schedule: null };
      await backend.workflows.publish(
        scope,
        id,
        { definition, revision: 1, activation },
        change("workflow.published", id),
      );
      const look = async () =>
        (await backend.workflowViews.lines(scope, { search: null }, { limit: 5, cursor: null })).items[0];
      expect(await look()).toMatchObject({ publishedVersion: 1, hasChanges: false });
      const draft = { definition: sampleDefinition({ steps: [] }), revision: null };
      await backend.workflows.saveDraft(scope, id, draft, change("workflow.saved", id));
      expect(await look()).toMatchObject({ publishedVersion: 1, hasChanges: true });
    });

    test("gives names, also of deleted ones, and the newest runs", async ({ backend, scope, stranger, owner }) => {
      const workflow = sampleWorkflow(scope, { name: "Kept name" });
      await backend.workflows.create(scope, workflow, change("workflow.created", workflow.id));
      const runs = Array.from({ length: 4 }, () => sampleRun({ workflowId: workflow.id }));
      for (const run of runs) await backend.runs.accept(scope, run, { dedupe: null, hold: { owner, first: ending() } });
      await backend.workflows.delete(scope, workflow.id, change("workflow.deleted", workflow.id));
      const { workflowViews } = backend;
      expect(await workflowViews.names(scope, [workflow.id, "wf_none"])).toEqual(new Map([[workflow.id, "Kept name"]]));
      expect((await workflowViews.names(stranger, [workflow.id])).size).toBe(0);
      const recent = await workflowViews.recentRuns(scope, [workflow.id, "wf_none"], 3);
      expect(recent.get(workflow.id)?.map(({ id }) => id)).toEqual(
        runs
          .slice(1)
          .map(({ id }) => id)
          .toReversed(),
      );
      expect(recent.get(workflow.id)?.[0]).toMatchObject({ status: "succeeded", createdAt: NOW, finishedAt: NOW + 5 });
      expect(recent.get("wf_none")).toEqual([]);
      expect((await workflowViews.recentRuns(stranger, [workflow.id], 3)).get(workflow.id)).toEqual([]);
    });
  });
}
