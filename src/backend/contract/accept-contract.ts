import { describe, expect } from "bun:test";
import type { Scope } from "../../domain/tenant.ts";
import { backendTests, type OpenBackendUnderTest } from "./backend-under-test.ts";
import {
  asChild,
  change,
  dedupe,
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

export function acceptContract(open: OpenBackendUnderTest): void {
  const test = backendTests(open);

  describe("accepting a run", () => {
    test("stores it for good before it answers", async ({ backend, scope, reopen }) => {
      const run = sampleRun({ parent: { runId: "run_parent", path: "each/sub", iteration: [3, 0] }, depth: 1 });
      expect(await backend.runs.accept(scope, run, UNHELD)).toEqual({ runId: run.id, duplicate: false });
      const { backend: again } = await reopen();
      expect(await again.runs.find(scope, run.id)).toEqual(storedRun(scope, run));
    });

    test("keeps a trigger of a megabyte byte for byte", async ({ backend, scope, owner }) => {
      const text = "äöü€🚀".repeat(100_000);
      const { trigger } = sampleRun();
      const run = sampleRun({ trigger: { ...trigger, body: { text } } });
      await backend.runs.accept(scope, run, UNHELD);
      expect((await backend.runs.find(scope, run.id))?.trigger).toEqual(run.trigger);
      const [claimed] = await backend.runs.claim({ owner, limit: 1, perTenant: 1, now: NOW });
      expect(claimed?.run.trigger).toEqual(run.trigger);
    });

    test("holds it for the owner at once, so that nobody claims it", async ({ backend, scope, owner }) => {
      const run = sampleRun();
      await backend.runs.accept(scope, run, { dedupe: null, hold: { owner, first: null } });
      expect(await backend.runs.claim({ owner, limit: 5, perTenant: 5, now: NOW })).toEqual([]);
      expect(await backend.runs.nextDueAt()).toBeNull();
      const result = await backend.runs.commit(firstLease(scope, run, owner), ending());
      expect(result).toMatchObject({ kind: "committed", released: true });
    });

    test("with a first barrier that ends it stores run, ledger, output and response as one", async (world) => {
      const { backend, scope, owner, reopen } = world;
      const run = sampleRun();
      const response = { status: 201, headers: { "x-a": "b" }, body: { ok: true } };
      const steps = [sampleStep("a"), sampleStep("b", { kind: "branch" }), sampleStep("b/c", { output: null })];
      const first = ending({ steps, response });
      await backend.runs.accept(scope, run, { dedupe: null, hold: { owner, first } });
      const { backend: again, owner: nextOwner } = await reopen();
      expect(await again.runs.find(scope, run.id)).toEqual(
        storedRun(scope, run, {
          status: "succeeded",
          output: { done: true },
          response,
          startedAt: NOW,
          finishedAt: NOW + 5,
        }),
      );
      expect(await again.runs.steps(scope, run.id)).toEqual(steps);
      expect(await again.runs.claim({ owner: nextOwner, limit: 5, perTenant: 5, now: NOW + 10_000 })).toEqual([]);
    });

    test("with a first barrier that ends it gives back what is in it, however odd or long", async (world) => {
      const { backend, scope, owner } = world;
      const key = "\0 \u0001 \t \r \\u0000 \\ \" ' {\n} 🚀";
      const odd = `${key} \ud800`;
      const steps = [
        sampleStep("none", { output: undefined, input: undefined }),
        sampleStep("null", { output: null, input: null }),
        sampleStep("odd", { output: odd, input: { [odd]: [odd] }, error: { code: "x", message: odd } }),
        sampleStep("each/odd", { iteration: [3, 0], epoch: 2, attempt: 4, idempotencyKey: key, wakeAt: NOW + 1 }),
        sampleStep("bare", { plannedAt: 1, startedAt: null, finishedAt: null, effect: "safe" }),
      ];
      const long = [...steps, sampleStep("long", { output: "\0 long ".repeat(3_000) })];
      for (const ledger of [steps, long]) {
        const run = sampleRun({ eventId: key, trigger: { ...sampleRun().trigger, body: { [odd]: odd } } });
        const first = ending({ status: "failed", steps: ledger, output: odd, error: { code: "x", message: odd } });
        await backend.runs.accept(scope, run, { dedupe: null, hold: { owner, first } });
        expect(await backend.runs.steps(scope, run.id)).toEqual(ledger);
        const { status, output, error } = first;
        const stored = storedRun(scope, run, { status, output, error, startedAt: NOW, finishedAt: NOW + 5 });
        expect(await backend.runs.findWithSteps(scope, run.id)).toEqual({ run: stored, steps: ledger });
      }
    });

    test("with a first barrier before an effect keeps it held", async ({ backend, scope, owner }) => {
      const run = sampleRun();
      const started = sampleStep("send", { kind: "action", state: "started", output: undefined, finishedAt: null });
      const first = sampleCommit({ steps: [started] });
      await backend.runs.accept(scope, run, { dedupe: null, hold: { owner, first } });
      expect(await backend.runs.find(scope, run.id)).toMatchObject({ status: "running", startedAt: NOW });
      expect(await backend.runs.claim({ owner, limit: 5, perTenant: 5, now: NOW + 10_000 })).toEqual([]);
      const done = ending({ steps: [{ ...started, state: "succeeded", output: 1, finishedAt: NOW + 3 }] });
      expect(await backend.runs.commit(firstLease(scope, run, owner), done)).toMatchObject({ released: true });
      expect(await backend.runs.steps(scope, run.id)).toEqual(done.steps);
      expect((await backend.runs.findWithSteps(scope, run.id))?.steps).toEqual(done.steps);
    });

    test("with a first barrier that waits is due at its time", async ({ backend, scope, owner }) => {
      const run = sampleRun();
      await backend.runs.accept(scope, run, { dedupe: null, hold: { owner, first: parking(NOW + 500) } });
      expect(await backend.runs.nextDueAt()).toBe(NOW + 500);
      expect(await backend.runs.claim({ owner, limit: 5, perTenant: 5, now: NOW + 499 })).toEqual([]);
      expect(await backend.runs.claim({ owner, limit: 5, perTenant: 5, now: NOW + 500 })).toHaveLength(1);
    });

    test("with a first barrier creates the children and sends the signals in it", async ({ backend, scope, owner }) => {
      const parent = sampleRun();
      await backend.runs.accept(scope, parent, { dedupe: null, hold: { owner, first: parking(null) } });
      const run = sampleRun();
      const child = sampleRun({ source: "workflow", parent: { runId: run.id, path: "sub", iteration: [] }, depth: 1 });
      const signal = { kind: "cancel", by: "test" } as const;
      const first = parking(null, { children: [asChild(child)], send: [{ runId: parent.id, signal }] });
      await backend.runs.accept(scope, run, { dedupe: null, hold: { owner, first } });
      const claimed = await backend.runs.claim({ owner, limit: 5, perTenant: 5, now: NOW });
      expect(claimed.map((each) => each.run.id).toSorted()).toEqual([parent.id, child.id].toSorted());
      expect(claimed.find((each) => each.run.id === parent.id)?.signals).toEqual([{ seq: 1, signal }]);
    });
  });

  describe("deduplication", () => {
    test("a delivery seen twice starts one run, after a crash too", async ({ backend, scope, owner, reopen }) => {
      const first = sampleRun();
      await backend.runs.accept(scope, first, { dedupe: dedupe("k"), hold: null });
      const { backend: again } = await reopen();
      const second = sampleRun();
      const options = { dedupe: dedupe("k"), hold: { owner, first: ending({ steps: [sampleStep("a")] }) } };
      expect(await again.runs.accept(scope, second, options)).toEqual({ runId: first.id, duplicate: true });
      expect(await again.runs.find(scope, second.id)).toBeNull();
      expect(await again.runs.steps(scope, second.id)).toEqual([]);
    });

    test("a hundred deliveries at once start one run", async ({ backend, scope, owner }) => {
      const runs = Array.from({ length: 100 }, () => sampleRun());
      const accepted = await Promise.all(
        runs.map((run, n) =>
          backend.runs.accept(scope, run, {
            dedupe: dedupe("k"),
            hold: n % 2 === 0 ? { owner, first: null } : null,
          }),
        ),
      );
      expect(accepted.filter(({ duplicate }) => !duplicate)).toHaveLength(1);
      expect(new Set(accepted.map(({ runId }) => runId)).size).toBe(1);
      const { items } = await backend.runs.list(
        scope,
        { workflowId: null, status: null },
        { limit: 200, cursor: null },
      );
      expect(items.map(({ id }) => id)).toEqual([accepted[0]?.runId ?? ""]);
    });

    test("a key that has expired makes way for a new run", async ({ backend, scope }) => {
      const expiresAt = NOW + 1_000;
      const first = sampleRun({ createdAt: NOW });
      await backend.runs.accept(scope, first, { dedupe: dedupe("k", expiresAt), hold: null });
      const before = sampleRun({ createdAt: expiresAt - 1 });
      const options = { dedupe: dedupe("k", expiresAt + 5_000), hold: null };
      expect(await backend.runs.accept(scope, before, options)).toMatchObject({ runId: first.id, duplicate: true });
      const after = sampleRun({ createdAt: expiresAt });
      expect(await backend.runs.accept(scope, after, options)).toEqual({ runId: after.id, duplicate: false });
      const again = sampleRun({ createdAt: expiresAt + 1 });
      expect(await backend.runs.accept(scope, again, options)).toMatchObject({ runId: after.id, duplicate: true });
    });

    test("keys of other workflows and other tenants are other keys", async ({ backend, scope, stranger }) => {
      const accept = (who: Scope, workflowId: string) =>
        backend.runs.accept(who, sampleRun({ workflowId }), { dedupe: dedupe("k"), hold: null });
      expect(await accept(scope, "wf_a")).toMatchObject({ duplicate: false });
      expect(await accept(scope, "wf_b")).toMatchObject({ duplicate: false });
      expect(await accept(stranger, "wf_a")).toMatchObject({ duplicate: false });
    });

    test("expired keys are pruned, standing ones are not", async ({ backend, scope }) => {
      for (let n = 0; n < 250; n += 1)
        await backend.runs.accept(scope, sampleRun(), { dedupe: dedupe(`k${n}`, NOW + n), hold: null });
      expect(await backend.runs.pruneDedupe({ now: NOW + 199, limit: 150 })).toBe(150);
      expect(await backend.runs.pruneDedupe({ now: NOW + 199, limit: 150 })).toBe(50);
      expect(await backend.runs.pruneDedupe({ now: NOW + 199, limit: 150 })).toBe(0);
      const run = sampleRun({ createdAt: NOW });
      const options = { dedupe: dedupe("k200"), hold: null };
      expect(await backend.runs.accept(scope, run, options)).toMatchObject({ duplicate: true });
    });
  });

  describe("replaying a run", () => {
    test("makes a run that starts with the given ledger, and an audit entry, as one", async (world) => {
      const { backend, scope, owner, reopen } = world;
      const original = sampleRun();
      await backend.runs.accept(scope, original, { dedupe: null, hold: { owner, first: ending() } });
      const run = { ...sampleRun({ source: "replay" }), replayOf: original.id };
      const ledger = [sampleStep("z"), sampleStep("a", { state: "prior", attempt: 2 }), sampleStep("a", { epoch: 1 })];
      await backend.runs.replay(scope, run, ledger, change("run.replayed", run.id));
      const { backend: again, owner: nextOwner } = await reopen();
      expect(await again.runs.find(scope, run.id)).toEqual(storedRun(scope, run, { replayOf: original.id }));
      const [claimed] = await again.runs.claim({ owner: nextOwner, limit: 5, perTenant: 5, now: NOW });
      expect(claimed?.run.id).toBe(run.id);
      expect(claimed?.ledger).toEqual(ledger);
      const { items } = await again.audit.list(scope, { limit: 1, cursor: null });
      expect(items[0]).toMatchObject({ action: "run.replayed", target: run.id, actor: scope.actor });
    });
  });

  describe("usage", () => {
    test("counts the runs of a tenant per UTC day, newest first, and survives pruning", async (world) => {
      const { backend, scope, stranger, owner } = world;
      const day = Date.UTC(2026, 0, 10);
      const accept = (createdAt: number) =>
        backend.runs.accept(scope, sampleRun({ createdAt }), {
          dedupe: null,
          hold: { owner, first: ending({ finishedAt: createdAt }) },
        });
      await accept(day - 1);
      await accept(day);
      await accept(day + 86_399_999);
      await accept(day + 86_400_000);
      await backend.runs.accept(stranger, sampleRun({ createdAt: day }), UNHELD);
      const usage = [
        { day: "2026-01-11", runs: 1 },
        { day: "2026-01-10", runs: 2 },
        { day: "2026-01-09", runs: 1 },
      ];
      expect(await backend.runs.usage(scope, day - 86_400_000)).toEqual(usage);
      expect(await backend.runs.usage(scope, day + 3_600_000)).toEqual(usage.slice(0, 2));
      expect(await backend.runs.prune({ finishedBefore: NOW + 1e9, limit: 100 })).toBe(4);
      expect(await backend.runs.usage(scope, 0)).toEqual(usage);
    });
  });

  const limited = backendTests(open, { maxUnfinishedPerTenant: 3 });
  describe("a tenant's depth limit", () => {
    limited("refuses further runs of that tenant alone, until some have ended", async (world) => {
      const { backend, scope, stranger, owner } = world;
      const held = sampleRun();
      await backend.runs.accept(scope, held, { dedupe: null, hold: { owner, first: null } });
      await backend.runs.accept(scope, sampleRun(), { dedupe: dedupe("seen"), hold: null });
      await backend.runs.accept(scope, sampleRun(), { dedupe: null, hold: { owner, first: parking(null) } });
      const refused = backend.runs.accept(scope, sampleRun(), UNHELD);
      await expect(refused).rejects.toMatchObject({ code: "rate_limited", retryAfterMs: expect.any(Number) });
      const seen = { dedupe: dedupe("seen"), hold: null };
      expect(await backend.runs.accept(scope, sampleRun(), seen)).toMatchObject({ duplicate: true });
      expect(await backend.runs.accept(stranger, sampleRun(), UNHELD)).toMatchObject({ duplicate: false });

      await backend.runs.commit(firstLease(scope, held, owner), ending());
      expect(await backend.runs.accept(scope, sampleRun(), UNHELD)).toMatchObject({ duplicate: false });
    });

    limited("holds for replays, one by one and in a burst", async ({ backend, scope, owner }) => {
      const ended = sampleRun();
      await backend.runs.accept(scope, ended, { dedupe: null, hold: { owner, first: ending() } });
      const replay = () => {
        const run = { ...sampleRun(), replayOf: ended.id };
        return backend.runs.replay(scope, run, [], change("run.replayed", run.id));
      };
      await replay();
      const burst = await Promise.allSettled([replay(), replay(), replay(), replay()]);
      expect(burst.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "fulfilled", "rejected", "rejected"]);
      await expect(replay()).rejects.toMatchObject({ code: "rate_limited", retryAfterMs: expect.any(Number) });
      expect((await backend.audit.list(scope, { limit: 10, cursor: null })).items[0]?.action).toBe("run.replayed");
      const runs = await backend.runs.list(scope, { workflowId: null, status: null }, { limit: 10, cursor: null });
      expect(runs.items).toHaveLength(4);
    });

    limited("holds for a burst, and runs that end at once do not count", async ({ backend, scope, owner }) => {
      for (let n = 0; n < 5; n += 1)
        await backend.runs.accept(scope, sampleRun(), { dedupe: null, hold: { owner, first: ending() } });
      const burst = Array.from({ length: 10 }, () => backend.runs.accept(scope, sampleRun(), UNHELD));
      const accepted = (await Promise.allSettled(burst)).filter(({ status }) => status === "fulfilled");
      expect(accepted).toHaveLength(3);
    });

    limited("is known again after a restart", async ({ backend, scope, owner, reopen }) => {
      await backend.runs.accept(scope, sampleRun(), { dedupe: null, hold: { owner, first: null } });
      await backend.runs.accept(scope, sampleRun(), { dedupe: null, hold: { owner, first: parking(NOW + 9_999) } });
      await backend.runs.accept(scope, sampleRun(), { dedupe: null, hold: { owner, first: ending() } });
      await backend.runs.accept(scope, sampleRun(), UNHELD);
      const { backend: again } = await reopen();
      await expect(again.runs.accept(scope, sampleRun(), UNHELD)).rejects.toMatchObject({ code: "rate_limited" });
    });
  });
}
