import { describe, expect } from "bun:test";
import type { Decision } from "../../domain/open-decision.ts";
import type { Signal } from "../../domain/run.ts";
import type { RunCommit } from "../../domain/run-store.ts";
import type { Scope } from "../../domain/tenant.ts";
import { backendTests, type OpenBackendUnderTest } from "./backend-under-test.ts";
import { change, ending, firstLease, NOW, parking, sampleCommit, sampleRun, sampleStep } from "./samples.ts";

const approval: Decision = {
  kind: "approval",
  path: "ok",
  iteration: [1],
  approved: true,
  by: "user_1",
  comment: "fine",
};
const cancel: Signal = { kind: "cancel", by: "user_1" };

export function signalContract(open: OpenBackendUnderTest): void {
  const test = backendTests(open);

  describe("a signal", () => {
    test("wakes a run that waits, once, and survives a crash", async ({ backend, scope, owner, reopen }) => {
      const run = sampleRun();
      const hold = { owner, first: parking(null, { waitingFor: "approval" }) };
      await backend.runs.accept(scope, run, { dedupe: null, hold });
      const stored = await backend.runs.signal(scope, run.id, approval, change("run.approved", run.id, NOW + 3));
      expect(stored).toBe("stored");
      const { backend: again, owner: nextOwner } = await reopen();
      expect(await again.runs.nextDueAt()).toBe(NOW + 3);
      const [claimed] = await again.runs.claim({ owner: nextOwner, limit: 5, perTenant: 5, now: NOW + 3 });
      expect(claimed?.signals).toEqual([{ seq: 1, signal: approval }]);
      if (!claimed) throw new Error("nothing was claimed");
      const applied = parking(null, { signalsApplied: 1 });
      expect(await again.runs.commit(claimed.lease, applied)).toMatchObject({ released: true, signals: [] });
      expect(await again.runs.claim({ owner: nextOwner, limit: 5, perTenant: 5, now: NOW + 1e9 })).toEqual([]);
    });

    test("wakes a run that waits until later, or stands in review", async ({ backend, scope, owner }) => {
      const review = parking(null, { status: "needs_review", waitingFor: null });
      for (const first of [parking(NOW + 1e9), review]) {
        const run = sampleRun();
        await backend.runs.accept(scope, run, { dedupe: null, hold: { owner, first } });
        await backend.runs.signal(scope, run.id, cancel, change("run.cancelled", run.id));
        const claimed = await backend.runs.claim({ owner, limit: 5, perTenant: 5, now: NOW });
        expect(claimed.map((each) => each.run.id)).toEqual([run.id]);
      }
    });

    test("is told to the worker at its next barrier, which does not let go of the run", async (world) => {
      const { backend, scope, owner } = world;
      const run = sampleRun();
      await backend.runs.accept(scope, run, { dedupe: null, hold: { owner, first: null } });
      const lease = firstLease(scope, run, owner);
      await backend.runs.signal(scope, run.id, approval, change("run.approved", run.id));
      await backend.runs.signal(scope, run.id, cancel, change("run.cancelled", run.id));
      const signals = [
        { seq: 1, signal: approval },
        { seq: 2, signal: cancel },
      ];
      const steps = [sampleStep("ok", { state: "waiting" })];
      const told = await backend.runs.commit(lease, parking(null, { steps, waitingFor: "approval" }));
      expect(told).toEqual({ kind: "committed", released: false, signals });
      expect(await backend.runs.steps(scope, run.id)).toEqual(steps);
      expect((await backend.runs.find(scope, run.id))?.status).toBe("running");
      expect(await backend.runs.claim({ owner, limit: 5, perTenant: 5, now: NOW + 1e9 })).toEqual([]);

      const second = await backend.runs.commit(lease, sampleCommit({ signalsApplied: 1 }));
      expect(second).toEqual({ kind: "committed", released: false, signals: signals.slice(1) });
      const last = await backend.runs.commit(lease, parking(null, { signalsApplied: 2 }));
      expect(last).toEqual({ kind: "committed", released: true, signals: [] });
    });

    test("that the worker was told of but has not applied is there again after a crash", async (world) => {
      const { backend, scope, owner, reopen } = world;
      const run = sampleRun();
      await backend.runs.accept(scope, run, { dedupe: null, hold: { owner, first: null } });
      await backend.runs.signal(scope, run.id, approval, change("run.approved", run.id));
      await backend.runs.signal(scope, run.id, cancel, change("run.cancelled", run.id));
      await backend.runs.commit(firstLease(scope, run, owner), parking(null, { signalsApplied: 1 }));
      const { backend: again, owner: nextOwner } = await reopen();
      const [claimed] = await again.runs.claim({ owner: nextOwner, limit: 5, perTenant: 5, now: NOW });
      expect(claimed?.signals).toEqual([{ seq: 2, signal: cancel }]);
    });

    test("is never lost to a worker that lets go at the same moment", async ({ backend, scope, owner }) => {
      for (let round = 0; round < 30; round += 1) {
        const run = sampleRun();
        await backend.runs.accept(scope, run, { dedupe: null, hold: { owner, first: null } });
        const lease = firstLease(scope, run, owner);
        const letGo = () => backend.runs.commit(lease, parking(null));
        const signal = () => backend.runs.signal(scope, run.id, cancel, change("run.cancelled", run.id));
        const [committed] = await (round % 2 === 0
          ? Promise.all([letGo(), signal()])
          : Promise.all([signal(), letGo()]).then(([, result]) => [result] as const));
        const claimed = await backend.runs.claim({ owner, limit: 5, perTenant: 5, now: NOW });
        const toldNow = committed.kind === "committed" ? committed.signals : [];
        const told = [...toldNow, ...claimed.flatMap((each) => each.signals)];
        expect(told).toEqual([{ seq: 1, signal: cancel }]);
        if (committed.kind === "committed") expect(committed.released).toBe(claimed.length === 1);
      }
    });

    test("does not keep a run from ending", async ({ backend, scope, owner }) => {
      const run = sampleRun();
      await backend.runs.accept(scope, run, { dedupe: null, hold: { owner, first: null } });
      await backend.runs.signal(scope, run.id, cancel, change("run.cancelled", run.id));
      const result = await backend.runs.commit(firstLease(scope, run, owner), ending());
      expect(result).toMatchObject({ kind: "committed", released: true });
      expect(await backend.runs.claim({ owner, limit: 5, perTenant: 5, now: NOW + 1e9 })).toEqual([]);
    });

    test("to a run that has ended, or is not there, is not stored and not audited", async (world) => {
      const { backend, scope, owner } = world;
      const run = sampleRun();
      await backend.runs.accept(scope, run, { dedupe: null, hold: { owner, first: ending() } });
      const signal = (id: string) => backend.runs.signal(scope, id, cancel, change("run.cancelled", id));
      expect(await signal(run.id)).toBe("ended");
      expect(await signal("run_unknown")).toBe("missing");
      const { items } = await backend.audit.list(scope, { limit: 10, cursor: null });
      expect(items.map(({ action }) => action)).toEqual(["tenant.created"]);
    });

    describe("that decides about a step", () => {
      const reject: Decision = { ...approval, by: "user_2" };
      const resolve: Decision = { kind: "resolve", path: "ok", iteration: [1], as: "skip", output: null, by: "user_1" };
      const asked = sampleStep("ok", { iteration: [1], state: "waiting", waitingFor: "approval", finishedAt: null });
      const inReview = sampleStep("ok", { iteration: [1], state: "needs_review" });

      test("counts once, and only where the step waits for it", async ({ backend, scope, owner }) => {
        for (const [step, decision, other] of [
          [asked, approval, reject],
          [inReview, resolve, { ...resolve, by: "user_2" }],
        ] as const) {
          const run = sampleRun();
          await backend.runs.accept(scope, run, {
            dedupe: null,
            hold: { owner, first: parking(null, { steps: [step] }) },
          });
          const signal = (content: Signal) =>
            backend.runs.signal(scope, run.id, content, change("run.decided", run.id));
          expect(await signal({ ...decision, iteration: [2] })).toBe("stored");
          expect(await signal(decision === approval ? resolve : approval)).toBe("decided");
          const answers = await Promise.all([signal(decision), signal(other)]);
          expect(answers.toSorted()).toEqual(["decided", "stored"]);
          const { items } = await backend.audit.list(scope, { limit: 5, cursor: null });
          expect(items.filter(({ target }) => target === run.id)).toHaveLength(2);
        }
      });

      test("is late once another one was applied, or the run is to be cancelled", async ({ backend, scope, owner }) => {
        const run = sampleRun();
        await backend.runs.accept(scope, run, {
          dedupe: null,
          hold: { owner, first: parking(null, { steps: [asked] }) },
        });
        const signal = (content: Signal) => backend.runs.signal(scope, run.id, content, change("run.decided", run.id));
        await signal(approval);
        const [claimed] = await backend.runs.claim({ owner, limit: 5, perTenant: 5, now: NOW });
        if (!claimed) throw new Error("nothing was claimed");
        const done = sampleStep("ok", { iteration: [1], state: "succeeded" });
        await backend.runs.commit(claimed.lease, sampleCommit({ steps: [done], signalsApplied: 1 }));
        expect(await signal(reject)).toBe("decided");
        await signal(cancel);
        expect(await signal({ ...approval, path: "elsewhere" })).toBe("decided");
      });
    });

    test("is audited in the same commit", async ({ backend, scope, owner }) => {
      const run = sampleRun();
      await backend.runs.accept(scope, run, { dedupe: null, hold: { owner, first: parking(null) } });
      await backend.runs.signal(scope, run.id, cancel, change("run.cancelled", run.id));
      const { items } = await backend.audit.list(scope, { limit: 1, cursor: null });
      expect(items[0]).toMatchObject({ action: "run.cancelled", target: run.id });
    });

    test("sent with a barrier reaches the other run, held or not, and no other tenant's", async (world) => {
      const { backend, scope, stranger, owner } = world;
      const childFinished: Signal = {
        kind: "child_finished",
        path: "sub",
        iteration: [],
        childRunId: "run_child",
        status: "succeeded",
        output: { a: 1 },
        error: null,
      };
      const waiting = sampleRun();
      const held = sampleRun();
      const ended = sampleRun();
      const foreign = sampleRun();
      await backend.runs.accept(scope, waiting, { dedupe: null, hold: { owner, first: parking(null) } });
      await backend.runs.accept(scope, held, { dedupe: null, hold: { owner, first: null } });
      await backend.runs.accept(scope, ended, { dedupe: null, hold: { owner, first: ending() } });
      await backend.runs.accept(stranger, foreign, { dedupe: null, hold: { owner, first: parking(null) } });

      const child = sampleRun();
      await backend.runs.accept(scope, child, { dedupe: null, hold: { owner, first: null } });
      const targets = [waiting, held, ended, foreign, sampleRun()];
      const send = targets.map(({ id }) => ({ runId: id, signal: childFinished }));
      const result = await backend.runs.commit(firstLease(scope, child, owner), ending({ send, at: NOW + 8 }));
      expect(result).toMatchObject({ kind: "committed", released: true });

      const claimed = await backend.runs.claim({ owner, limit: 5, perTenant: 5, now: NOW + 8 });
      expect(claimed.map((each) => [each.run.id, each.signals])).toEqual([
        [waiting.id, [{ seq: 1, signal: childFinished }]],
      ]);
      expect(await backend.runs.commit(firstLease(scope, held, owner), sampleCommit())).toMatchObject({
        signals: [{ seq: 1, signal: childFinished }],
      });
    });
  });

  describe("a mended connection", () => {
    test("wakes the workspace's runs that wait for one, and no others", async (world) => {
      const { backend, scope, stranger, neighbour, owner } = world;
      const accept = async (who: Scope, first: RunCommit) => {
        const run = sampleRun();
        await backend.runs.accept(who, run, { dedupe: null, hold: { owner, first } });
        return run.id;
      };
      const inAMonth = NOW + 30 * 86_400_000;
      const parked = parking(inAMonth, { waitingFor: "connection" });
      const waking = [await accept(scope, parked), await accept(scope, parked)];
      await accept(scope, parking(inAMonth, { waitingFor: "delay" }));
      await accept(scope, parking(null, { waitingFor: "approval" }));
      await accept(stranger, parked);
      await accept(neighbour, parked);
      await accept(scope, ending());
      await backend.runs.wakeParked(scope, NOW + 4);
      expect(await backend.runs.nextDueAt()).toBe(NOW + 4);
      const claimed = await backend.runs.claim({ owner, limit: 9, perTenant: 9, now: NOW + 4 });
      expect(claimed.map(({ run }) => run.id).toSorted()).toEqual(waking.toSorted());
    });
  });
}
