import { describe, expect } from "bun:test";
import type { Backend } from "../../domain/backend.ts";
import { SUSPECT_INTERRUPTIONS } from "../../domain/run.ts";
import type { ClaimedRun } from "../../domain/run-store.ts";
import type { Scope } from "../../domain/tenant.ts";
import type { Workflow } from "../../domain/workflow-store.ts";
import { backendTests, type OpenBackendUnderTest } from "./backend-under-test.ts";
import { change, ending, NOW, parking, sampleRun, sampleWorkflow, UNHELD } from "./samples.ts";

async function publish(backend: Backend, scope: Scope, maxConcurrency?: number, earlier?: Workflow): Promise<Workflow> {
  const workflow = earlier ?? sampleWorkflow(scope);
  const { id, revision } = workflow;
  if (!earlier) await backend.workflows.create(scope, workflow, change("workflow.created", id));
  const definition = { ...workflow.definition, ...(maxConcurrency === undefined ? {} : { maxConcurrency }) };
  const publication = { definition, revision, activation: { hook: null, schedule: null } };
  const published = await backend.workflows.publish(scope, id, publication, change("workflow.published", id));
  expect(published).toMatchObject({ version: expect.any(Number) });
  return workflow;
}

async function acceptMany(backend: Backend, scope: Scope, workflowId: string, count: number): Promise<void> {
  const runs = Array.from({ length: count }, (_, n) => sampleRun({ workflowId, createdAt: NOW + n }));
  await Promise.all(runs.map((run) => backend.runs.accept(scope, run, UNHELD)));
}

async function end(backend: Backend, claimed: ClaimedRun | undefined): Promise<void> {
  if (!claimed) throw new Error("nothing was claimed");
  expect(await backend.runs.commit(claimed.lease, ending())).toMatchObject({ kind: "committed", released: true });
}

export function capContract(open: OpenBackendUnderTest): void {
  const test = backendTests(open);
  const claimAll = (backend: Backend, owner: string, now = NOW + 1_000) =>
    backend.runs.claim({ owner, limit: 100, perTenant: 100, now });
  const countOf = (claimed: readonly ClaimedRun[], workflow: Workflow) =>
    claimed.filter(({ run }) => run.workflowId === workflow.id).length;

  describe("a workflow with a cap", () => {
    test("has no more runs under way than it says, and keeps no other's waiting", async (world) => {
      const { backend, scope, owner } = world;
      const [capped, free] = [await publish(backend, scope, 2), await publish(backend, scope)];
      await acceptMany(backend, scope, capped.id, 10);
      await acceptMany(backend, scope, free.id, 3);
      const first = await claimAll(backend, owner);
      expect([countOf(first, capped), countOf(first, free)]).toEqual([2, 3]);
      expect(await claimAll(backend, owner)).toEqual([]);
      await end(
        backend,
        first.find(({ run }) => run.workflowId === capped.id),
      );
      expect(countOf(await claimAll(backend, owner), capped)).toBe(1);
      expect(await claimAll(backend, owner)).toEqual([]);
    });

    test("counts a run that waits as not under way, and again when it goes on", async ({ backend, scope, owner }) => {
      const capped = await publish(backend, scope, 1);
      await acceptMany(backend, scope, capped.id, 2);
      const [first] = await claimAll(backend, owner);
      if (!first) throw new Error("nothing was claimed");
      await backend.runs.commit(first.lease, parking(NOW + 5_000));
      const [second] = await claimAll(backend, owner);
      expect(await claimAll(backend, owner, NOW + 5_000)).toEqual([]);
      await end(backend, second);
      expect((await claimAll(backend, owner, NOW + 5_000)).map(({ run }) => run.id)).toEqual([first.run.id]);
    });

    test("gets its cap, a higher one, or none with the version that is published next", async (world) => {
      const { backend, scope, owner } = world;
      const workflow = await publish(backend, scope);
      await acceptMany(backend, scope, workflow.id, 10);
      const before = await backend.runs.claim({ owner, limit: 1, perTenant: 10, now: NOW + 1_000 });
      expect(before).toHaveLength(1);
      await publish(backend, scope, 3, workflow);
      expect(await claimAll(backend, owner)).toHaveLength(2);
      await publish(backend, scope, 5, workflow);
      expect(await claimAll(backend, owner)).toHaveLength(2);
      await publish(backend, scope, undefined, workflow);
      expect(await claimAll(backend, owner)).toHaveLength(5);
    });

    test("counts suspects too", async ({ backend, scope, owner, reopen }) => {
      const capped = await publish(backend, scope, 1);
      await acceptMany(backend, scope, capped.id, 1);
      let current = { backend, owner };
      for (let crash = 1; crash <= SUSPECT_INTERRUPTIONS; crash += 1) {
        expect(await claimAll(current.backend, current.owner)).toHaveLength(1);
        current = await reopen();
      }
      // Frees the suspect and claims nothing.
      await current.backend.runs.claim({ owner: current.owner, limit: 0, perTenant: 0, now: NOW });
      await acceptMany(current.backend, scope, capped.id, 1);
      const [only, ...more] = await claimAll(current.backend, current.owner);
      expect(more).toEqual([]);
      expect(await claimAll(current.backend, current.owner)).toEqual([]);
      await end(current.backend, only);
      expect(await claimAll(current.backend, current.owner)).toHaveLength(1);
    });

    test("does not lose a suspect for which there was no room", async ({ backend, scope, owner, reopen }) => {
      const capped = await publish(backend, scope, 1);
      await acceptMany(backend, scope, capped.id, 1);
      let current = { backend, owner };
      for (let crash = 1; crash < SUSPECT_INTERRUPTIONS; crash += 1) {
        expect(await claimAll(current.backend, current.owner)).toHaveLength(1);
        current = await reopen();
      }
      const [suspect] = await claimAll(current.backend, current.owner);
      if (!suspect) throw new Error("nothing was claimed");
      const interruptions = SUSPECT_INTERRUPTIONS;
      await current.backend.runs.commit(suspect.lease, parking(NOW + 2_000, { interruptions }));
      await acceptMany(current.backend, scope, capped.id, 1);
      const [innocent] = await claimAll(current.backend, current.owner);
      expect(await claimAll(current.backend, current.owner, NOW + 3_000)).toEqual([]);
      await end(current.backend, innocent);
      const [again] = await claimAll(current.backend, current.owner, NOW + 3_000);
      expect(again?.run.id).toBe(suspect.run.id);
    });
  });

  const cappedTest = backendTests(open, { maxRunningPerTenant: 3 });

  describe("a backend opened with a cap for each tenant", () => {
    cappedTest("gives no tenant more runs than that, whatever its workers ask for", async (world) => {
      const { backend, scope, stranger, owner } = world;
      await acceptMany(backend, scope, "wf_a", 10);
      await acceptMany(backend, stranger, "wf_b", 2);
      const first = await claimAll(backend, owner);
      const ours = first.filter(({ run }) => run.tenantId === scope.tenantId);
      expect([ours.length, first.length]).toEqual([3, 5]);
      expect(await claimAll(backend, owner)).toEqual([]);
      await end(backend, ours[0]);
      expect(await claimAll(backend, owner)).toHaveLength(1);
    });
  });
}
