import { describe, expect } from "bun:test";
import type { Backend } from "../../domain/backend.ts";
import type { NewRun } from "../../domain/new-run.ts";
import { POISON_INTERRUPTIONS } from "../../domain/run.ts";
import type { ClaimedRun } from "../../domain/run-store.ts";
import type { Scope } from "../../domain/tenant.ts";
import { backendTests, createTenant, type OpenBackendUnderTest } from "./backend-under-test.ts";
import { ending, firstLease, NOW, parking, sampleCommit, sampleRun, sampleStep, UNHELD } from "./samples.ts";

async function acceptMany(backend: Backend, scope: Scope, count: number, createdAt = NOW): Promise<readonly NewRun[]> {
  const runs = Array.from({ length: count }, (_, n) => sampleRun({ createdAt: createdAt + n }));
  await Promise.all(runs.map((run) => backend.runs.accept(scope, run, UNHELD)));
  return runs;
}

const idsOf = (claimed: readonly ClaimedRun[]) => claimed.map(({ run }) => run.id);

export function claimContract(open: OpenBackendUnderTest): void {
  const test = backendTests(open);

  describe("claiming", () => {
    test("gives a due run once, with a lease that works and what is known of it", async ({ backend, scope, owner }) => {
      const [run] = await acceptMany(backend, scope, 1);
      const claim = () => backend.runs.claim({ owner, limit: 10, perTenant: 10, now: NOW });
      const [both, neither] = await Promise.all([claim(), claim()]);
      const claimed = [...both, ...neither];
      expect(claimed).toHaveLength(1);
      expect(claimed[0]).toMatchObject({ interruptions: 0, ledger: [], signals: [] });
      expect(claimed[0]?.run).toMatchObject({ id: run?.id, status: "running", trigger: run?.trigger });
      expect(await claim()).toEqual([]);
      const lease = claimed[0]?.lease;
      if (!lease) throw new Error("nothing was claimed");
      expect(await backend.runs.commit(lease, ending())).toMatchObject({ kind: "committed" });
    });

    test("takes the longest due first, to the second", async ({ backend, scope, owner }) => {
      const runs = [4, 0, 2, 1, 3].map((seconds) => sampleRun({ createdAt: NOW + seconds * 1_000 }));
      await Promise.all(runs.map((run) => backend.runs.accept(scope, run, UNHELD)));
      const byTime = runs.toSorted((a, b) => a.createdAt - b.createdAt).map(({ id }) => id);
      const first = await backend.runs.claim({ owner, limit: 3, perTenant: 10, now: NOW + 10_000 });
      expect(idsOf(first).toSorted()).toEqual(byTime.slice(0, 3).toSorted());
      const rest = await backend.runs.claim({ owner, limit: 10, perTenant: 10, now: NOW + 10_000 });
      expect(idsOf(rest).toSorted()).toEqual(byTime.slice(3).toSorted());
    });

    test("takes no more than there is room for in memory, tenants in turn, and one in any case", async ({
      backend,
      scope,
      owner,
    }) => {
      const others = [await createTenant(backend), await createTenant(backend)];
      const ended = Array.from({ length: 20 }, (_, n) => sampleStep(`s${n}`, { output: "x".repeat(2_500) }));
      const trigger = { ...sampleRun().trigger, body: "x".repeat(50_000) };
      for (const each of [scope, ...others])
        for (let n = 0; n < 4; n += 1) {
          const run = sampleRun({ createdAt: NOW + n, trigger });
          const first = parking(NOW + n, { steps: ended });
          await backend.runs.accept(each, run, { dedupe: null, hold: { owner, first } });
        }
      const claim = (maxBytes: number) =>
        backend.runs.claim({ owner, limit: 100, perTenant: 100, maxBytes, now: NOW + 1_000 });
      const [one, ...more] = await claim(0);
      expect(one?.ledger).toHaveLength(20);
      expect(more).toEqual([]);
      // Each takes about 130,000.
      const some = await claim(400_000);
      expect(some.length).toBeGreaterThanOrEqual(3);
      expect(some.length).toBeLessThanOrEqual(4);
      const seen = [one!, ...some];
      for (;;) {
        const next = await claim(200_000);
        if (next.length === 0) break;
        expect(next.length).toBeLessThanOrEqual(2);
        seen.push(...next);
      }
      expect(new Set(idsOf(seen)).size).toBe(12);
      expect(seen).toHaveLength(12);
      const firstRound = new Set(seen.slice(0, 3).map(({ run }) => run.tenantId));
      expect(firstRound.size).toBeGreaterThanOrEqual(2);
      expect(await backend.runs.nextDueAt()).toBeNull();
    });

    test("takes nothing that is due later, to the millisecond", async ({ backend, scope, owner }) => {
      const runs = await acceptMany(backend, scope, 5);
      const first = await backend.runs.claim({ owner, limit: 10, perTenant: 10, now: NOW + 2 });
      expect(idsOf(first).toSorted()).toEqual(
        runs
          .slice(0, 3)
          .map(({ id }) => id)
          .toSorted(),
      );
      expect(await backend.runs.nextDueAt()).toBe(NOW + 3);
      const rest = await backend.runs.claim({ owner, limit: 10, perTenant: 10, now: NOW + 4 });
      expect(idsOf(rest).toSorted()).toEqual(
        runs
          .slice(3)
          .map(({ id }) => id)
          .toSorted(),
      );
      expect(await backend.runs.nextDueAt()).toBeNull();
    });

    test("raises the fence, so that the one before cannot write any more", async ({ backend, scope, owner }) => {
      const run = sampleRun();
      await backend.runs.accept(scope, run, { dedupe: null, hold: { owner, first: null } });
      const old = firstLease(scope, run, owner);
      await backend.runs.commit(old, parking(NOW));
      const [claimed] = await backend.runs.claim({ owner, limit: 1, perTenant: 1, now: NOW });
      expect(claimed?.lease.fence).toBeGreaterThan(old.fence);
      expect(await backend.runs.commit(old, ending())).toEqual({ kind: "lease_lost" });
      expect((await backend.runs.find(scope, run.id))?.status).toBe("running");
    });

    test("gives the ledger in the order the steps were planned", async ({ backend, scope, owner }) => {
      const run = sampleRun();
      const steps = [
        sampleStep("z", { output: undefined, input: { a: [1] } }),
        sampleStep("a", { state: "failed_retryable", error: { code: "http_503", message: "busy", details: { n: 1 } } }),
        sampleStep("a", { attempt: 2, effect: "keyed", idempotencyKey: "key", waitingFor: "retry", wakeAt: NOW + 1 }),
        sampleStep("each/m", { iteration: [10, 2], output: null }),
        sampleStep("each/m", { iteration: [2, 10], epoch: 1 }),
      ];
      const first = parking(NOW, { steps: steps.slice(0, 2) });
      await backend.runs.accept(scope, run, { dedupe: null, hold: { owner, first } });
      const [once] = await backend.runs.claim({ owner, limit: 1, perTenant: 1, now: NOW });
      if (!once) throw new Error("nothing was claimed");
      await backend.runs.commit(once.lease, parking(NOW, { steps: [...steps.slice(2), ...steps.slice(0, 1)] }));
      const [twice] = await backend.runs.claim({ owner, limit: 1, perTenant: 1, now: NOW });
      expect(twice?.ledger).toEqual(steps);
      expect(await backend.runs.steps(scope, run.id)).toEqual(steps);
    });

    test("a run that waits for a signal only is never due", async ({ backend, scope, owner }) => {
      await backend.runs.accept(scope, sampleRun(), { dedupe: null, hold: { owner, first: parking(null) } });
      expect(await backend.runs.nextDueAt()).toBeNull();
      expect(await backend.runs.claim({ owner, limit: 5, perTenant: 5, now: NOW + 1e9 })).toEqual([]);
    });
  });

  describe("fairness between tenants", () => {
    test("a tenant with a thousand due runs does not keep another's single run waiting", async (world) => {
      const { backend, scope, stranger, owner } = world;
      await acceptMany(backend, scope, 1_000);
      const [single] = await acceptMany(backend, stranger, 1, NOW + 5_000);
      const claimed = await backend.runs.claim({ owner, limit: 100, perTenant: 50, now: NOW + 10_000 });
      expect(idsOf(claimed)).toContain(single?.id ?? "");
      expect(claimed.filter(({ run }) => run.tenantId === scope.tenantId)).toHaveLength(50);
    });

    test("a tenant gets no more than its share, with what the owner holds of it already", async (world) => {
      const { backend, scope, stranger, owner } = world;
      await acceptMany(backend, scope, 10);
      await acceptMany(backend, stranger, 10);
      const held = new Map([[scope.tenantId, 3]]);
      const claimed = await backend.runs.claim({ owner, limit: 100, perTenant: 4, held, now: NOW + 100 });
      const tenants = claimed.map(({ run }) => run.tenantId);
      expect(tenants.filter((tenantId) => tenantId === scope.tenantId)).toHaveLength(1);
      expect(tenants.filter((tenantId) => tenantId === stranger.tenantId)).toHaveLength(4);
    });

    test("tenants take turns when there is room for few", async ({ backend, owner }) => {
      const scopes: Scope[] = [];
      for (let n = 0; n < 5; n += 1) {
        const scope = await createTenant(backend);
        await acceptMany(backend, scope, 10);
        scopes.push(scope);
      }
      const served = new Map<string, number>();
      for (let n = 0; n < 25; n += 1) {
        for (const { run } of await backend.runs.claim({ owner, limit: 1, perTenant: 1, now: NOW + 100 }))
          served.set(run.tenantId, (served.get(run.tenantId) ?? 0) + 1);
      }
      expect(scopes.map(({ tenantId }) => served.get(tenantId))).toEqual([5, 5, 5, 5, 5]);
    });
  });

  describe("after a crash", () => {
    test("held runs are due again, counted as interrupted, and the old lease is void", async (world) => {
      const { backend, scope, owner, reopen } = world;
      const run = sampleRun();
      const started = sampleStep("send", { kind: "action", state: "started", finishedAt: null, output: undefined });
      const first = sampleCommit({ steps: [started] });
      await backend.runs.accept(scope, run, { dedupe: null, hold: { owner, first } });
      const { backend: again, owner: nextOwner } = await reopen();
      expect(await again.runs.nextDueAt()).toBeLessThanOrEqual(NOW);
      const [claimed] = await again.runs.claim({ owner: nextOwner, limit: 5, perTenant: 5, now: NOW });
      expect(claimed).toMatchObject({ interruptions: 1, ledger: [started] });
      expect(await again.runs.commit(firstLease(scope, run, owner), ending())).toEqual({ kind: "lease_lost" });
      expect(await again.runs.nextDueAt()).toBeNull();
    });

    test("an interruption is forgotten once the run has made progress", async ({ backend, scope, owner, reopen }) => {
      const run = sampleRun();
      await backend.runs.accept(scope, run, { dedupe: null, hold: { owner, first: null } });
      const { backend: again, owner: nextOwner } = await reopen();
      const claim = () => again.runs.claim({ owner: nextOwner, limit: 5, perTenant: 5, now: NOW });
      const [interrupted] = await claim();
      if (!interrupted) throw new Error("nothing was claimed");
      await again.runs.commit(interrupted.lease, parking(NOW, { interruptions: 0 }));
      expect((await claim())[0]?.interruptions).toBe(0);
    });

    test("runs handed back at shutdown are due at once and not counted as interrupted", async (world) => {
      const { backend, scope, owner, reopen } = world;
      const runs = [sampleRun(), sampleRun()];
      for (const run of runs) await backend.runs.accept(scope, run, { dedupe: null, hold: { owner, first: null } });
      await backend.runs.releaseAll(owner, NOW + 7);
      expect(await backend.runs.find(scope, runs[0]?.id ?? "")).toMatchObject({ status: "queued" });
      expect(await backend.runs.nextDueAt()).toBe(NOW + 7);
      const { backend: again, owner: nextOwner } = await reopen();
      const claimed = await again.runs.claim({ owner: nextOwner, limit: 5, perTenant: 5, now: NOW + 7 });
      expect(claimed.map(({ interruptions }) => interruptions)).toEqual([0, 0]);
    });

    test("runs interrupted again and again are claimed one at a time, innocent ones are not kept", async (world) => {
      const { scope, reopen } = world;
      let { backend, owner } = { backend: world.backend, owner: world.owner };
      const runs = await acceptMany(backend, scope, 4);
      for (let crash = 1; crash < POISON_INTERRUPTIONS; crash += 1) {
        expect(await backend.runs.claim({ owner, limit: 10, perTenant: 10, now: NOW + 100 })).toHaveLength(4);
        ({ backend, owner } = await reopen());
      }
      const innocent = await acceptMany(backend, scope, 3, NOW + 50);
      const claim = () => backend.runs.claim({ owner, limit: 10, perTenant: 10, now: NOW + 100 });

      const first = await claim();
      const [suspect, ...others] = first.filter(({ interruptions }) => interruptions > 0);
      expect(others).toEqual([]);
      expect(suspect?.interruptions).toBe(POISON_INTERRUPTIONS - 1);
      expect(idsOf(first)).toEqual(expect.arrayContaining(innocent.map(({ id }) => id)));
      expect(await claim()).toEqual([]);
      expect(await backend.runs.nextDueAt()).toBeNull();

      // It crashes the process once more: it alone is counted, and gives way to the next suspect when it is released.
      ({ backend, owner } = await reopen());
      const poison = suspect?.run.id ?? "";
      const seen: ClaimedRun[] = [];
      for (let round = 0; round < 10; round += 1) {
        const claimed = (await claim()).filter(({ run }) => runs.some(({ id }) => id === run.id));
        expect(claimed.length).toBeLessThanOrEqual(1);
        for (const each of claimed) {
          seen.push(each);
          const review = each.interruptions >= POISON_INTERRUPTIONS;
          await backend.runs.commit(
            each.lease,
            review ? parking(null, { status: "needs_review", waitingFor: null, interruptions: 3 }) : ending(),
          );
        }
      }
      expect(seen.map(({ run, interruptions }) => [run.id === poison, interruptions]).toSorted()).toEqual([
        [false, POISON_INTERRUPTIONS - 1],
        [false, POISON_INTERRUPTIONS - 1],
        [false, POISON_INTERRUPTIONS - 1],
        [true, POISON_INTERRUPTIONS],
      ]);
    });
  });
}
