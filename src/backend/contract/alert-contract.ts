import { describe, expect } from "bun:test";
import type { RunAlert } from "../../domain/alert-store.ts";
import type { Backend } from "../../domain/backend.ts";
import type { Scope } from "../../domain/tenant.ts";
import { backendTests, type OpenBackendUnderTest } from "./backend-under-test.ts";
import { ending, firstLease, NOW, sampleCommit, sampleRun } from "./samples.ts";

const MINUTE = 60_000;
const TAKE = { now: NOW, until: NOW + MINUTE };
const GATHERING = { now: NOW, firstMs: 1_000, everyMs: 15 * MINUTE };
const ODD = "nul \0, back\\slash, \\u0000, 🚀";

/** A run of the workflow that failed, with an alert for each reason. */
async function fail(backend: Backend, scope: Scope, owner: string, workflowId: string, ...alerts: string[]) {
  const run = sampleRun({ workflowId });
  await backend.runs.accept(scope, run, { dedupe: null, hold: { owner, first: ending({ alerts }) } });
  return run.id;
}

export function alertContract(open: OpenBackendUnderTest): void {
  const test = backendTests(open);

  describe("an alert", () => {
    test("is stored with the barrier it is about, survives a crash, and is told once", async (world) => {
      const { backend, scope, owner, reopen } = world;
      const run = sampleRun();
      const first = sampleCommit({ alerts: ["first", ODD], at: NOW + 1 });
      await backend.runs.accept(scope, run, { dedupe: null, hold: { owner, first } });
      const lease = firstLease(scope, run, owner);
      await backend.runs.commit({ ...lease, fence: 9 }, sampleCommit({ alerts: ["of a lost lease"] }));
      await backend.runs.commit(lease, ending({ alerts: ["third"], at: NOW + 2 }));
      const { backend: again } = await reopen();
      const alerts = await again.alerts.take(TAKE, 10);
      const { tenantId, workspaceId } = scope;
      const common = { tenantId, workspaceId, workflowId: run.workflowId, runId: run.id };
      expect(alerts.map(({ id: _, ...alert }) => alert)).toEqual([
        { ...common, reason: "first", at: NOW + 1 },
        { ...common, reason: ODD, at: NOW + 1 },
        { ...common, reason: "third", at: NOW + 2 },
      ]);
      await again.alerts.told(alerts.slice(0, 2), null);
      await again.alerts.told([], null);
      expect(await again.alerts.take({ now: TAKE.until, until: TAKE.until + 1 }, 10)).toEqual(alerts.slice(2));
    });

    test("is taken by one of many who look at once, and again after a while by somebody else", async (world) => {
      const { backend, scope, stranger, owner } = world;
      const beside = await world.openBeside();
      for (const each of [scope, stranger]) await fail(backend, each, owner, "wf_1", "a", "b", "c");
      const looks = await Promise.all([backend, beside, backend, beside].map((each) => each.alerts.take(TAKE, 2)));
      const ids = looks.flat().map(({ id }) => id);
      expect(new Set(ids).size).toBe(ids.length);
      const rest = (await beside.alerts.take(TAKE, 10)).map(({ id }) => id);
      expect(ids.length + rest.length).toBe(6);
      expect(await beside.alerts.take({ now: TAKE.until - 1, until: TAKE.until }, 10)).toEqual([]);
      expect(await beside.alerts.take({ now: TAKE.until, until: TAKE.until }, 10)).toHaveLength(6);
      await beside.close();
    });
  });

  describe("a digest", () => {
    const digests = (backend: Backend, now: number) => backend.alerts.takeDigests({ now, until: now + MINUTE }, 10);

    test("gathers a workflow's alerts, is due a moment after the first, and is taken by one", async (world) => {
      const { backend, scope, owner } = world;
      const runIds: string[] = [];
      for (let n = 0; n < 7; n += 1) runIds.push(await fail(backend, scope, owner, "wf_1", `${ODD} ${n}`));
      await fail(backend, scope, owner, "wf_2", "other");
      const alerts = await backend.alerts.take(TAKE, 20);
      await backend.alerts.told(alerts.slice(0, 3), GATHERING);
      await backend.alerts.told(alerts.slice(3), { ...GATHERING, now: NOW + 500 });
      expect(await digests(backend, NOW + 999)).toEqual([]);
      const beside = await world.openBeside();
      const taken = (await Promise.all([digests(backend, NOW + 1_500), digests(beside, NOW + 1_500)])).flat();
      const { tenantId, workspaceId } = scope;
      const newest = runIds
        .map((runId, n) => ({ runId, reason: `${ODD} ${n}`, at: expect.any(Number) }))
        .reverse()
        .slice(0, 5);
      expect([...taken].sort((a, b) => (a.workflowId < b.workflowId ? -1 : 1))).toMatchObject([
        { tenantId, workspaceId, workflowId: "wf_1", number: 1, count: 7, newest },
        { tenantId, workspaceId, workflowId: "wf_2", number: 1, count: 1 },
      ]);
      expect(await digests(beside, NOW + 1_500 + MINUTE)).toHaveLength(2);
      await beside.close();
    });

    test("once mailed the next is not due for a time; what came meanwhile is in that one", async (world) => {
      const { backend, scope, owner } = world;
      const tell = async (reason: string, now: number) => {
        await fail(backend, scope, owner, "wf_1", reason);
        await backend.alerts.told(await backend.alerts.take({ now, until: now + MINUTE }, 20), { ...GATHERING, now });
      };
      await tell("first", NOW);
      const [first] = await digests(backend, NOW + 1_000);
      await tell("while it is mailed", NOW + 1_001);
      const next = NOW + 15 * MINUTE;
      await backend.alerts.digestMailed(first!, { now: NOW + 1_002, nextAt: next });
      // Somebody who was too late changes nothing.
      await backend.alerts.digestMailed(first!, { now: NOW + 1_003, nextAt: NOW + 1_004 });
      await tell("soon after", NOW + 2_000);
      expect(await digests(backend, next - 1)).toEqual([]);
      const [second] = await digests(backend, next);
      expect(second).toMatchObject({
        number: 2,
        count: 2,
        newest: [{ reason: "soon after" }, { reason: "while it is mailed" }],
      });
      await backend.alerts.digestMailed(second!, { now: next, nextAt: next + 15 * MINUTE });
      expect(await digests(backend, next + 1e9)).toEqual([]);
      await tell("much later", next + 60 * MINUTE);
      expect(await digests(backend, next + 60 * MINUTE + 1_000)).toMatchObject([
        { number: 3, count: 1, newest: [{ reason: "much later" }] },
      ]);
    });

    test("has an alert once, however many announce it at the same time", async (world) => {
      const { backend, scope, owner } = world;
      const beside = await world.openBeside();
      await fail(backend, scope, owner, "wf_1", "a", "b");
      const alerts: readonly RunAlert[] = await backend.alerts.take(TAKE, 20);
      await Promise.all([backend, beside, backend].map((each) => each.alerts.told(alerts, GATHERING)));
      expect(await digests(backend, NOW + 1_000)).toMatchObject([{ count: 2 }]);
      await beside.close();
    });
  });
}
