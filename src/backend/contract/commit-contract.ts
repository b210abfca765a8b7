import { describe, expect } from "bun:test";
import { backendTests, type OpenBackendUnderTest } from "./backend-under-test.ts";
import {
  asChild,
  ending,
  firstLease,
  NOW,
  parking,
  sampleCommit,
  sampleRun,
  sampleStep,
  storedRun,
  UNHELD,
} from "./samples.ts";

export function commitContract(open: OpenBackendUnderTest): void {
  const test = backendTests(open);

  describe("a barrier", () => {
    test("is stored whole, and survives a crash", async ({ backend, scope, owner, reopen }) => {
      const run = sampleRun();
      await backend.runs.accept(scope, run, { dedupe: null, hold: { owner, first: null } });
      const planned = sampleStep("send", { kind: "action", state: "planned", output: undefined, finishedAt: null });
      const lease = firstLease(scope, run, owner);
      const held = { kind: "committed", released: false, signals: [] } as const;
      expect(await backend.runs.commit(lease, sampleCommit({ steps: [planned] }))).toEqual(held);
      const failed = { ...planned, state: "failed_final", error: { code: "http_404", message: "gone" } } as const;
      const error = { code: "http_404", message: "Step failed", details: { status: 404 } };
      const end = ending({ steps: [failed], status: "failed", error, output: undefined, startedAt: NOW + 9 });
      expect(await backend.runs.commit(lease, end)).toEqual({ ...held, released: true });
      const { backend: again } = await reopen();
      expect(await again.runs.steps(scope, run.id)).toEqual([failed]);
      expect(await again.runs.find(scope, run.id)).toEqual(
        storedRun(scope, run, { status: "failed", error, startedAt: NOW, finishedAt: NOW + 5 }),
      );
    });

    test("is read as of one moment: a run is never older or newer than its steps", async ({
      backend,
      scope,
      owner,
    }) => {
      expect(await backend.runs.findWithSteps(scope, sampleRun().id)).toBeNull();
      for (let round = 0; round < 15; round += 1) {
        const run = sampleRun();
        await backend.runs.accept(scope, run, { dedupe: null, hold: { owner, first: null } });
        let committed = false;
        const look = async () => {
          while (!committed) {
            // What is in memory answers at once: without a turn of the loop nothing would ever be committed.
            await Bun.sleep(0);
            const found = await backend.runs.findWithSteps(scope, run.id);
            expect(["queued with 0", "succeeded with 1"]).toContain(`${found?.run.status} with ${found?.steps.length}`);
          }
        };
        const looking = [look(), look()];
        await Bun.sleep(1);
        await backend.runs.commit(firstLease(scope, run, owner), ending({ steps: [sampleStep("a")] }));
        committed = true;
        await Promise.all(looking);
        expect(await backend.runs.findWithSteps(scope, run.id)).toEqual({
          run: (await backend.runs.find(scope, run.id))!,
          steps: await backend.runs.steps(scope, run.id),
        });
      }
    });

    test("replaces a ledger row of the same key and keeps every other attempt", async ({ backend, scope, owner }) => {
      const run = sampleRun();
      await backend.runs.accept(scope, run, { dedupe: null, hold: { owner, first: null } });
      const lease = firstLease(scope, run, owner);
      const first = sampleStep("a", { state: "started" });
      const again = sampleStep("a", { attempt: 2, state: "started" });
      await backend.runs.commit(lease, sampleCommit({ steps: [first] }));
      await backend.runs.commit(lease, sampleCommit({ steps: [{ ...first, state: "unknown" }, again] }));
      await backend.runs.commit(lease, sampleCommit({ steps: [{ ...again, state: "succeeded" }] }));
      expect((await backend.runs.steps(scope, run.id)).map(({ attempt, state }) => [attempt, state])).toEqual([
        [1, "unknown"],
        [2, "succeeded"],
      ]);
    });

    test("keeps the difference between no output, null, and values that look like them", async (world) => {
      const { backend, scope, owner } = world;
      for (const output of [undefined, null, "", 0, false, "null", [], {}]) {
        const run = sampleRun();
        const steps = [sampleStep("a", { input: output, output })];
        await backend.runs.accept(scope, run, { dedupe: null, hold: { owner, first: ending({ output, steps }) } });
        expect((await backend.runs.find(scope, run.id))?.output).toEqual(output as never);
        expect(await backend.runs.steps(scope, run.id)).toEqual(steps);
      }
    });

    test("of a worker that never held the run, or no longer does, writes nothing", async (world) => {
      const { backend, scope, stranger, owner } = world;
      const run = sampleRun();
      const child = sampleRun();
      const other = sampleRun();
      await backend.runs.accept(scope, other, { dedupe: null, hold: { owner, first: parking(null) } });
      await backend.runs.accept(scope, run, { dedupe: null, hold: { owner, first: null } });
      const lease = firstLease(scope, run, owner);
      const send = [{ runId: other.id, signal: { kind: "cancel", by: "x" } as const }];
      const commit = ending({ steps: [sampleStep("a")], children: [asChild(child)], send });
      for (const wrong of [
        { ...lease, fence: 2 },
        { ...lease, fence: 0 },
        { ...lease, owner: "somebody else" },
        { ...lease, tenantId: stranger.tenantId },
        { ...lease, runId: "run_unknown" },
      ])
        expect(await backend.runs.commit(wrong, commit)).toEqual({ kind: "lease_lost" });
      expect(await backend.runs.find(scope, run.id)).toEqual(storedRun(scope, run));
      expect(await backend.runs.steps(scope, run.id)).toEqual([]);
      expect(await backend.runs.find(scope, child.id)).toBeNull();
      expect(await backend.runs.claim({ owner, limit: 5, perTenant: 5, now: NOW + 1e9 })).toEqual([]);
    });

    test("after the run has ended or was released is a lost lease", async ({ backend, scope, owner }) => {
      for (const first of [ending(), parking(null), parking(NOW + 1e9)]) {
        const run = sampleRun();
        await backend.runs.accept(scope, run, { dedupe: null, hold: { owner, first } });
        expect(await backend.runs.commit(firstLease(scope, run, owner), ending())).toEqual({ kind: "lease_lost" });
      }
    });

    test("sent twice at once for the same lease ends the run once", async ({ backend, scope, owner }) => {
      const run = sampleRun();
      await backend.runs.accept(scope, run, { dedupe: null, hold: { owner, first: null } });
      const lease = firstLease(scope, run, owner);
      const results = await Promise.all([backend.runs.commit(lease, ending()), backend.runs.commit(lease, ending())]);
      expect(results.map(({ kind }) => kind).toSorted()).toEqual(["committed", "lease_lost"]);
    });

    test("lets go of a run that waits until its time, or hands it back at once", async ({ backend, scope, owner }) => {
      const waiting = sampleRun();
      const back = sampleRun();
      for (const run of [waiting, back])
        await backend.runs.accept(scope, run, { dedupe: null, hold: { owner, first: null } });
      await backend.runs.commit(firstLease(scope, waiting, owner), parking(NOW + 100, { waitingFor: "retry" }));
      const handBack = parking(NOW, { status: "queued", waitingFor: null });
      await backend.runs.commit(firstLease(scope, back, owner), handBack);
      expect(await backend.runs.find(scope, waiting.id)).toMatchObject({ status: "waiting", waitingFor: "retry" });
      expect(await backend.runs.find(scope, back.id)).toMatchObject({ status: "queued", waitingFor: null });
      const claim = async (now: number) =>
        (await backend.runs.claim({ owner, limit: 5, perTenant: 5, now })).map(({ run }) => run.id);
      expect(await claim(NOW + 99)).toEqual([back.id]);
      expect(await claim(NOW + 100)).toEqual([waiting.id]);
    });

    test("keeps the first response", async ({ backend, scope, owner }) => {
      const run = sampleRun();
      await backend.runs.accept(scope, run, { dedupe: null, hold: { owner, first: null } });
      const lease = firstLease(scope, run, owner);
      const response = { status: 200, headers: { a: "1" }, body: { first: true } };
      await backend.runs.commit(lease, sampleCommit({ response }));
      await backend.runs.commit(lease, sampleCommit({ response: { ...response, body: "second" } }));
      await backend.runs.commit(lease, ending());
      expect((await backend.runs.find(scope, run.id))?.response).toEqual(response);
    });

    test("creates children in the parent's workspace, due at once, and only with the step", async (world) => {
      const { backend, scope, owner } = world;
      const run = sampleRun();
      await backend.runs.accept(scope, run, { dedupe: null, hold: { owner, first: null } });
      const parent = { runId: run.id, path: "sub", iteration: [4] };
      const child = sampleRun({ source: "workflow", parent, depth: 1 });
      const step = sampleStep("sub", { kind: "workflow", state: "waiting", waitingFor: "sub_workflow" });
      const lease = firstLease(scope, run, owner);
      await backend.runs.commit(
        lease,
        parking(null, { waitingFor: "sub_workflow", steps: [step], children: [asChild(child)] }),
      );
      expect(await backend.runs.find(scope, child.id)).toEqual(storedRun(scope, child));
      const claimed = await backend.runs.claim({ owner, limit: 5, perTenant: 5, now: NOW });
      expect(claimed.map((each) => each.run.id)).toEqual([child.id]);
    });

    test("creates a child that goes on from an earlier run with the rows of that one", async (world) => {
      const { backend, scope, owner } = world;
      const run = sampleRun();
      await backend.runs.accept(scope, run, { dedupe: null, hold: { owner, first: null } });
      const child = sampleRun({ source: "workflow", parent: { runId: run.id, path: "sub", iteration: [] }, depth: 1 });
      const ledger = [sampleStep("first"), sampleStep("second", { state: "unknown" })];
      const children = [{ ...child, replayOf: "run_earlier", ledger }];
      await backend.runs.commit(firstLease(scope, run, owner), parking(null, { children }));
      expect(await backend.runs.find(scope, child.id)).toEqual(storedRun(scope, child, { replayOf: "run_earlier" }));
      const [claimed] = await backend.runs.claim({ owner, limit: 5, perTenant: 5, now: NOW });
      expect(claimed?.ledger).toEqual(ledger);
    });

    test("many at once each find their own run", async ({ backend, scope, owner }) => {
      const runs = Array.from({ length: 200 }, () => sampleRun());
      await Promise.all(runs.map((run) => backend.runs.accept(scope, run, UNHELD)));
      const claimed = await backend.runs.claim({ owner, limit: 200, perTenant: 200, now: NOW });
      await Promise.all(
        claimed.map(({ lease, run }) =>
          backend.runs.commit(lease, ending({ output: run.id, steps: [sampleStep("a", { output: run.id })] })),
        ),
      );
      for (const { id } of runs) {
        expect(await backend.runs.find(scope, id)).toMatchObject({ status: "succeeded", output: id });
        expect((await backend.runs.steps(scope, id)).map(({ output }) => output)).toEqual([id]);
      }
    });
  });
}
