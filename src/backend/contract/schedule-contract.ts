import { describe, expect } from "bun:test";
import type { Backend } from "../../domain/backend.ts";
import type { Schedule } from "../../domain/schedule.ts";
import type { Scope } from "../../domain/tenant.ts";
import { backendTests, type OpenBackendUnderTest } from "./backend-under-test.ts";
import { change, NOW, sampleRun, sampleWorkflow } from "./samples.ts";

const CRON = { kind: "cron", expression: "0 9 * * 1-5", timezone: "Europe/Berlin" } as const;

async function publishSchedule(backend: Backend, scope: Scope, nextAt: number): Promise<Schedule> {
  const workflow = sampleWorkflow(scope);
  const { id, definition } = workflow;
  await backend.workflows.create(scope, workflow, change("workflow.created", id));
  const activation = { hook: null, schedule: { spec: CRON, missed: "run_once", nextAt } } as const;
  await backend.workflows.publish(scope, id, { definition, revision: 1, activation }, change("workflow.published", id));
  const { tenantId, workspaceId } = scope;
  return { tenantId, workspaceId, workflowId: id, version: 1, spec: CRON, missed: "run_once", nextAt };
}

export function scheduleContract(open: OpenBackendUnderTest): void {
  const test = backendTests(open);

  describe("schedules", () => {
    test("are due in order of their time, at most as many as asked for", async ({ backend, scope, stranger }) => {
      const later = await publishSchedule(backend, scope, NOW + 20);
      const sooner = await publishSchedule(backend, stranger, NOW + 10);
      await publishSchedule(backend, scope, NOW + 1_000);
      expect(await backend.schedules.nextDueAt()).toBe(NOW + 10);
      expect(await backend.schedules.due(NOW + 9, 10)).toEqual([]);
      expect(await backend.schedules.due(NOW + 20, 10)).toEqual([sooner, later]);
      expect(await backend.schedules.due(NOW + 20, 1)).toEqual([sooner]);
    });

    test("moving on accepts the tick's run in the same commit, once", async ({ backend, scope, reopen }) => {
      const schedule = await publishSchedule(backend, scope, NOW);
      const ticks = Array.from({ length: 5 }, () => sampleRun({ workflowId: schedule.workflowId, source: "schedule" }));
      const moved = await Promise.all(ticks.map((tick) => backend.schedules.advance(schedule, NOW + 60_000, tick)));
      expect(moved.filter(Boolean)).toHaveLength(1);
      const { backend: again } = await reopen();
      expect(await again.schedules.nextDueAt()).toBe(NOW + 60_000);
      const runs = await again.runs.list(
        scope,
        { workflowId: schedule.workflowId, status: null },
        { limit: 10, cursor: null },
      );
      expect(runs.items.map(({ id }) => id)).toEqual(ticks.filter((_, n) => moved[n]).map(({ id }) => id));
    });

    test("the tick's run can be claimed at once", async ({ backend, scope, owner }) => {
      const schedule = await publishSchedule(backend, scope, NOW);
      const tick = sampleRun({ workflowId: schedule.workflowId, source: "schedule", createdAt: NOW });
      await backend.schedules.advance(schedule, NOW + 60_000, tick);
      const claimed = await backend.runs.claim({ owner, limit: 5, perTenant: 5, now: NOW });
      expect(claimed.map(({ run }) => run.id)).toEqual([tick.id]);
      expect(claimed[0]?.run).toMatchObject({ source: "schedule", workspaceId: scope.workspaceId });
    });

    test("is found by its workflow, in its workspace, while it has times", async (world) => {
      const { backend, scope, stranger, neighbour } = world;
      const schedule = await publishSchedule(backend, scope, NOW);
      const { workflowId } = schedule;
      expect(await backend.schedules.find(scope, workflowId)).toEqual(schedule);
      for (const other of [stranger, neighbour]) expect(await backend.schedules.find(other, workflowId)).toBeNull();
      expect(await backend.schedules.find(scope, "wf_none")).toBeNull();
      await backend.schedules.advance(schedule, null, null);
      expect(await backend.schedules.find(scope, workflowId)).toBeNull();
      const again = await publishSchedule(backend, scope, NOW + 5);
      await backend.workflows.unpublish(scope, again.workflowId, change("workflow.unpublished", again.workflowId));
      expect(await backend.schedules.find(scope, again.workflowId)).toBeNull();
    });

    test("can move on without a run, and end", async ({ backend, scope }) => {
      const schedule = await publishSchedule(backend, scope, NOW);
      expect(await backend.schedules.advance(schedule, NOW + 5, null)).toBe(true);
      const moved = { ...schedule, nextAt: NOW + 5 };
      expect(await backend.schedules.due(NOW + 5, 10)).toEqual([moved]);
      expect(await backend.schedules.advance(moved, null, null)).toBe(true);
      expect(await backend.schedules.nextDueAt()).toBeNull();
    });

    test("one that was published anew does not move on for who read the old one", async ({ backend, scope }) => {
      const schedule = await publishSchedule(backend, scope, NOW);
      const { workflowId } = schedule;
      const definition = { ...sampleWorkflow(scope).definition, name: "v2" };
      const activation = { hook: null, schedule: { spec: CRON, missed: "skip", nextAt: NOW } } as const;
      const publication = { definition, revision: 1, activation };
      await backend.workflows.publish(scope, workflowId, publication, change("workflow.published", workflowId));
      expect(await backend.schedules.advance(schedule, NOW + 60_000, sampleRun({ workflowId }))).toBe(false);
      await backend.workflows.unpublish(scope, workflowId, change("workflow.unpublished", workflowId));
      expect(await backend.schedules.advance({ ...schedule, version: 2 }, NOW + 60_000, sampleRun())).toBe(false);
    });
  });
}
