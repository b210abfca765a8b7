import { describe, expect } from "bun:test";
import type { Backend } from "../../domain/backend.ts";
import type { Scope } from "../../domain/tenant.ts";
import type { Activation, Workflow } from "../../domain/workflow-store.ts";
import { backendTests, type OpenBackendUnderTest } from "./backend-under-test.ts";
import { change, NOW, sampleDefinition, sampleWorkflow } from "./samples.ts";

const NO_TRIGGER: Activation = { hook: null, schedule: null };
const EVERY_MINUTE = {
  spec: { kind: "interval", everyMs: 60_000, anchorMs: 0 },
  missed: "skip",
  nextAt: NOW + 60_000,
} as const;
const hook = (secretHash: string): Activation => ({
  hook: { secretHash, sealedSecret: `sealed ${secretHash}` },
  schedule: null,
});

async function create(backend: Backend, scope: Scope, patch: Partial<Workflow> = {}): Promise<Workflow> {
  const workflow = sampleWorkflow(scope, patch);
  await backend.workflows.create(scope, workflow, change("workflow.created", workflow.id));
  return workflow;
}

async function publish(
  backend: Backend,
  scope: Scope,
  { id, definition, revision }: Workflow,
  activation: Activation = NO_TRIGGER,
) {
  return backend.workflows.publish(
    scope,
    id,
    { definition, revision, activation },
    change("workflow.published", id, NOW + 1),
  );
}

export function workflowContract(open: OpenBackendUnderTest): void {
  const test = backendTests(open);

  describe("workflows", () => {
    test("are found as they were created, after a crash too", async ({ backend, scope, reopen }) => {
      const workflow = await create(backend, scope);
      const { backend: again } = await reopen();
      expect(await again.workflows.find(scope, workflow.id)).toEqual(workflow);
      expect(await again.workflows.find(scope, "wf_unknown")).toBeNull();
    });

    test("are listed newest first in pages that stay put", async ({ backend, scope }) => {
      const ids: string[] = [];
      for (let n = 0; n < 5; n += 1) ids.push((await create(backend, scope)).id);
      const first = await backend.workflows.list(scope, { limit: 2, cursor: null });
      await create(backend, scope);
      const second = await backend.workflows.list(scope, { limit: 2, cursor: first.nextCursor });
      const third = await backend.workflows.list(scope, { limit: 2, cursor: second.nextCursor });
      const listed = [first, second, third].flatMap(({ items }) => items.map(({ id }) => id));
      expect(listed).toEqual(ids.toReversed());
      expect(third.nextCursor).toBeNull();
    });

    test("a draft is saved by who read the current revision, and nobody else", async ({ backend, scope }) => {
      const { id } = await create(backend, scope);
      const save = (name: string, revision: number | null) =>
        backend.workflows.saveDraft(
          scope,
          id,
          { definition: sampleDefinition({ name }), revision },
          change("workflow.saved", id, NOW + 9),
        );
      expect(await save("first", 1)).toBe("saved");
      expect(await save("late", 1)).toBe("stale");
      expect(await backend.workflows.find(scope, id)).toMatchObject({ name: "first", revision: 2, updatedAt: NOW + 9 });
      expect(await save("whatever is there", null)).toBe("saved");
      expect(await backend.workflows.find(scope, id)).toMatchObject({ name: "whatever is there", revision: 3 });
      const missing = { definition: sampleDefinition(), revision: null };
      expect(await backend.workflows.saveDraft(scope, "wf_no", missing, change("workflow.saved", "wf_no"))).toBe(
        "missing",
      );
    });

    test("of two who save the same revision at once, one is stale", async ({ backend, scope }) => {
      const { id } = await create(backend, scope);
      const draft = { definition: sampleDefinition(), revision: 1 };
      const results = await Promise.all(
        [1, 2].map(() => backend.workflows.saveDraft(scope, id, draft, change("workflow.saved", id))),
      );
      expect(results.toSorted()).toEqual(["saved", "stale"]);
    });

    test("a draft that was not saved leaves no audit entry", async ({ backend, scope }) => {
      const { id } = await create(backend, scope);
      const draft = { definition: sampleDefinition(), revision: 99 };
      await backend.workflows.saveDraft(scope, id, draft, change("workflow.saved", id));
      const { items } = await backend.audit.list(scope, { limit: 10, cursor: null });
      expect(items.map(({ action }) => action)).toEqual(["workflow.created", "tenant.created"]);
    });
  });

  describe("publishing", () => {
    test("makes a version that later drafts do not touch", async ({ backend, scope, reopen }) => {
      const workflow = await create(backend, scope);
      expect(await publish(backend, scope, workflow)).toEqual({ version: 1 });
      const changed = sampleDefinition({ name: "changed", steps: [] });
      const draft = { definition: changed, revision: 1 };
      await backend.workflows.saveDraft(scope, workflow.id, draft, change("workflow.saved", workflow.id));
      expect(await publish(backend, scope, { ...workflow, definition: changed, revision: 2 })).toEqual({ version: 2 });

      const { backend: again } = await reopen();
      expect(await again.workflows.find(scope, workflow.id)).toMatchObject({ publishedVersion: 2, latestVersion: 2 });
      expect(await again.workflows.findVersion(scope, workflow.id, 1)).toEqual({
        workflowId: workflow.id,
        version: 1,
        definition: workflow.definition,
        createdAt: NOW + 1,
        createdBy: scope.actor.id,
      });
      expect((await again.workflows.findVersion(scope, workflow.id, 2))?.definition).toEqual(changed);
      expect(await again.workflows.findVersion(scope, workflow.id, 3)).toBeNull();
      const versions = await again.workflows.listVersions(scope, workflow.id, { limit: 1, cursor: null });
      const older = await again.workflows.listVersions(scope, workflow.id, { limit: 1, cursor: versions.nextCursor });
      expect([...versions.items, ...older.items].map(({ version }) => version)).toEqual([2, 1]);
      expect(older.nextCursor).toBeNull();
    });

    test("the same definition again makes no new version", async ({ backend, scope }) => {
      const workflow = await create(backend, scope);
      await publish(backend, scope, workflow);
      await backend.workflows.unpublish(scope, workflow.id, change("workflow.unpublished", workflow.id));
      expect(await publish(backend, scope, workflow)).toEqual({ version: 1 });
      expect(await backend.workflows.find(scope, workflow.id)).toMatchObject({ publishedVersion: 1, latestVersion: 1 });
    });

    test("is refused as stale when the draft has changed since it was read", async ({ backend, scope }) => {
      const workflow = await create(backend, scope);
      const draft = { definition: sampleDefinition({ name: "newer" }), revision: 1 };
      await backend.workflows.saveDraft(scope, workflow.id, draft, change("workflow.saved", workflow.id));
      expect(await publish(backend, scope, workflow, hook("h"))).toBe("stale");
      expect(await backend.workflows.findHook("h")).toBeNull();
      expect(await backend.workflows.find(scope, workflow.id)).toMatchObject({ publishedVersion: null });
      expect(await publish(backend, scope, { ...workflow, id: "wf_unknown" })).toBe("missing");
    });

    test("a hook leads to the published version and keeps its secret over publications", async ({ backend, scope }) => {
      const workflow = await create(backend, scope);
      const { id } = workflow;
      await publish(backend, scope, workflow, hook("first"));
      const route = { tenantId: scope.tenantId, workspaceId: scope.workspaceId, workflowId: id };
      expect(await backend.workflows.findHook("first")).toEqual({ ...route, version: 1 });
      expect(await backend.workflows.findHookSecret(scope, id)).toBe("sealed first");

      const changed = sampleDefinition({ name: "v2" });
      await publish(backend, scope, { ...workflow, definition: changed }, hook("second"));
      expect(await backend.workflows.findHook("first")).toEqual({ ...route, version: 2 });
      expect(await backend.workflows.findHook("second")).toBeNull();

      expect(await backend.workflows.unpublish(scope, id, change("workflow.unpublished", id))).toBe(true);
      expect(await backend.workflows.findHook("first")).toEqual({ ...route, version: null });
      await publish(backend, scope, workflow, hook("third"));
      expect(await backend.workflows.findHook("first")).toEqual({ ...route, version: 3 });
      expect(await backend.workflows.findHookSecret(scope, id)).toBe("sealed first");
    });

    test("a workflow whose trigger is no webhook any more has no open hook", async ({ backend, scope }) => {
      const workflow = await create(backend, scope);
      await publish(backend, scope, workflow, hook("h"));
      await publish(backend, scope, workflow, { hook: null, schedule: EVERY_MINUTE });
      expect(await backend.workflows.findHook("h")).toMatchObject({ version: null });
      expect(await backend.schedules.due(NOW + 60_000, 10)).toHaveLength(1);
      await publish(backend, scope, workflow, hook("other"));
      expect(await backend.workflows.findHook("h")).toMatchObject({ version: 1 });
      expect(await backend.schedules.due(NOW + 60_000, 10)).toEqual([]);
    });

    test("unpublishing switches hook and schedule off and can be repeated", async ({ backend, scope }) => {
      const workflow = await create(backend, scope);
      const { id } = workflow;
      await publish(backend, scope, workflow, { hook: null, schedule: EVERY_MINUTE });
      const unpublish = () => backend.workflows.unpublish(scope, id, change("workflow.unpublished", id));
      expect(await unpublish()).toBe(true);
      expect(await unpublish()).toBe(true);
      expect(await backend.schedules.nextDueAt()).toBeNull();
      expect(await backend.workflows.find(scope, id)).toMatchObject({ publishedVersion: null, latestVersion: 1 });
      expect(await backend.workflows.unpublish(scope, "wf_no", change("workflow.unpublished", "wf_no"))).toBe(false);
      const { items } = await backend.audit.list(scope, { limit: 10, cursor: null });
      expect(items.filter(({ action }) => action === "workflow.unpublished")).toHaveLength(1);
    });

    test("deleting takes it out of lists and closes its hook; versions stay readable", async ({ backend, scope }) => {
      const workflow = await create(backend, scope);
      const { id } = workflow;
      await publish(backend, scope, workflow, hook("h"));
      expect(await backend.workflows.delete(scope, id, change("workflow.deleted", id))).toBe(true);
      expect(await backend.workflows.delete(scope, id, change("workflow.deleted", id))).toBe(false);
      expect(await backend.workflows.find(scope, id)).toBeNull();
      expect((await backend.workflows.list(scope, { limit: 10, cursor: null })).items).toEqual([]);
      expect(await backend.workflows.findHook("h")).toBeNull();
      expect(await publish(backend, scope, workflow)).toBe("missing");
      expect(await backend.workflows.findVersion(scope, id, 1)).not.toBeNull();
    });
  });
}
