import { describe, expect } from "bun:test";
import type { Backend } from "../../domain/backend.ts";
import type { Scope } from "../../domain/tenant.ts";
import type { WorkflowDraft } from "../../domain/workflow-draft.ts";
import { backendTests, type OpenBackendUnderTest } from "./backend-under-test.ts";
import { change, NOW, sampleDefinition, sampleWorkflow } from "./samples.ts";

const draft = (name: string): WorkflowDraft => ({
  definition: sampleDefinition({ name, steps: [{ id: "wait", kind: "delay" }] }),
  unfinished: { "wait/input.body": '{"a": \u0000' },
});

async function createWorkflow(backend: Backend, scope: Scope): Promise<string> {
  const workflow = sampleWorkflow(scope);
  await backend.workflows.create(scope, workflow, change("workflow.created", workflow.id));
  return workflow.id;
}

const keep = (backend: Backend, scope: Scope, id: string, name: string, revision: number) =>
  backend.drafts.keep(scope, id, { draft: draft(name), revision }, change("workflow.draft_saved", id, NOW + 5));

export function draftContract(open: OpenBackendUnderTest): void {
  const test = backendTests(open);

  describe("half-finished drafts", () => {
    test("are kept beside the definition, after a crash too, and count the revision", async ({
      backend,
      scope,
      reopen,
    }) => {
      const id = await createWorkflow(backend, scope);
      expect(await backend.drafts.find(scope, id)).toBeNull();
      expect(await keep(backend, scope, id, "first", 1)).toBe("saved");
      expect(await keep(backend, scope, id, "second", 2)).toBe("saved");
      const { backend: again } = await reopen();
      expect(await again.drafts.find(scope, id)).toEqual(draft("second"));
      expect(await again.workflows.find(scope, id)).toMatchObject({
        name: "second",
        definition: sampleDefinition(),
        revision: 3,
        updatedAt: NOW + 5,
      });
    });

    test("of two who edit the same revision, one is stale and leaves nothing, in the audit log neither", async ({
      backend,
      scope,
    }) => {
      const id = await createWorkflow(backend, scope);
      const results = await Promise.all([keep(backend, scope, id, "a", 1), keep(backend, scope, id, "b", 1)]);
      expect(results.toSorted()).toEqual(["saved", "stale"]);
      const { items } = await backend.audit.list(scope, { limit: 10, cursor: null });
      expect(items.filter(({ action }) => action === "workflow.draft_saved")).toHaveLength(1);
    });

    test("are gone once a finished definition is saved", async ({ backend, scope }) => {
      const id = await createWorkflow(backend, scope);
      await keep(backend, scope, id, "first", 1);
      const finished = { definition: sampleDefinition({ name: "done" }), revision: 2 };
      expect(await backend.workflows.saveDraft(scope, id, finished, change("workflow.saved", id))).toBe("saved");
      expect(await backend.drafts.find(scope, id)).toBeNull();
      expect(await keep(backend, scope, id, "late", 2)).toBe("stale");
    });

    test("keep the workflow's name when theirs is empty", async ({ backend, scope }) => {
      const id = await createWorkflow(backend, scope);
      const before = await backend.workflows.find(scope, id);
      await keep(backend, scope, id, "", 1);
      expect(await backend.workflows.find(scope, id)).toMatchObject({ name: before!.name, revision: 2 });
    });

    test("are nobody else's, and none of a deleted workflow", async ({ backend, scope, stranger, neighbour }) => {
      const id = await createWorkflow(backend, scope);
      await keep(backend, scope, id, "mine", 1);
      for (const other of [stranger, neighbour]) {
        expect(await backend.drafts.find(other, id)).toBeNull();
        expect(await keep(backend, other, id, "theirs", 2)).toBe("missing");
      }
      await backend.workflows.delete(scope, id, change("workflow.deleted", id));
      expect(await backend.drafts.find(scope, id)).toBeNull();
      expect(await keep(backend, scope, id, "late", 2)).toBe("missing");
    });
  });
}
