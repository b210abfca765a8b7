import { describe, expect } from "bun:test";
import { NO_TOKEN } from "../../domain/connection.ts";
import type { Scope } from "../../domain/tenant.ts";
import { backendTests, type OpenBackendUnderTest } from "./backend-under-test.ts";
import {
  change,
  ending,
  NOW,
  parking,
  sampleConnection,
  sampleDefinition,
  sampleRun,
  sampleStep,
  sampleWorkflow,
} from "./samples.ts";

export function isolationContract(open: OpenBackendUnderTest): void {
  const test = backendTests(open);

  describe("another tenant, and another workspace, finds nothing and changes nothing", () => {
    const page = { limit: 10, cursor: null };

    for (const who of ["stranger", "neighbour"] as const) {
      test(`with the ids of a workspace, as a ${who}`, async (world) => {
        const { backend, scope, owner } = world;
        const other: Scope = world[who];
        const workflow = sampleWorkflow(scope);
        const { id, definition } = workflow;
        await backend.workflows.create(scope, workflow, change("workflow.created", id));
        const activation = { hook: { secretHash: "h", sealedSecret: "s" }, schedule: null };
        const publication = { definition, revision: 1, activation };
        await backend.workflows.publish(scope, id, publication, change("workflow.published", id));
        const connection = sampleConnection(scope);
        await backend.connections.create(scope, connection, "sealed", change("connection.created", connection.id));
        await backend.variables.replace(scope, [{ name: "v", value: 1, updatedAt: NOW }], change("variables.set", "v"));
        const key = {
          id: "key_1",
          tenantId: scope.tenantId,
          workspaceId: scope.workspaceId,
          name: "k",
          scopes: [],
          createdAt: NOW,
          expiresAt: null,
          lastUsedAt: null,
        };
        await backend.apiKeys.create(scope, key, "hash", change("api_key.created", key.id));
        const ended = sampleRun({ workflowId: id });
        const first = ending({ steps: [sampleStep("a")] });
        await backend.runs.accept(scope, ended, { dedupe: null, hold: { owner, first } });
        const waiting = sampleRun({ workflowId: id });
        await backend.runs.accept(scope, waiting, { dedupe: null, hold: { owner, first: parking(null) } });
        const entries = (await backend.audit.list(scope, { limit: 50, cursor: null })).items;

        expect(await backend.workflows.find(other, id)).toBeNull();
        expect((await backend.workflows.list(other, page)).items).toEqual([]);
        const draft = { definition: sampleDefinition({ name: "stolen" }), revision: null };
        expect(await backend.workflows.saveDraft(other, id, draft, change("x.x", id))).toBe("missing");
        expect(await backend.workflows.publish(other, id, publication, change("x.x", id))).toBe("missing");
        expect(await backend.workflows.unpublish(other, id, change("x.x", id))).toBe(false);
        expect(await backend.workflows.delete(other, id, change("x.x", id))).toBe(false);
        expect(await backend.workflows.findVersion(other, id, 1)).toBeNull();
        expect((await backend.workflows.listVersions(other, id, page)).items).toEqual([]);
        expect(await backend.workflows.findHookSecret(other, id)).toBeNull();

        expect(await backend.runs.find(other, ended.id)).toBeNull();
        expect(await backend.runs.steps(other, ended.id)).toEqual([]);
        expect(await backend.runs.findWithSteps(other, ended.id)).toBeNull();
        for (const workflowId of [null, id])
          for (const status of [null, "succeeded", "waiting"] as const)
            expect((await backend.runs.list(other, { workflowId, status }, page)).items).toEqual([]);
        const cancel = { kind: "cancel", by: "x" } as const;
        for (const run of [ended, waiting])
          expect(await backend.runs.signal(other, run.id, cancel, change("x.x", run.id))).toBe("missing");

        expect(await backend.connections.find(other, connection.id)).toBeNull();
        expect(await backend.connections.findSealed(other, connection.id)).toBeNull();
        expect((await backend.connections.list(other, page)).items).toEqual([]);
        const stolen = { ...NO_TOKEN, sealedCredential: "stolen" };
        const claim = { owner: "thief", generation: 1 };
        const until = { now: NOW, until: NOW + 1 };
        const later = { at: NOW, refreshAt: NOW, problem: "x" };
        const { connections } = backend;
        expect(await connections.update(other, connection.id, { name: "stolen" }, change("x.x", "c"))).toBe(false);
        expect(await connections.reconnect(other, connection.id, stolen, change("x.x", "c"))).toBe(false);
        expect(await connections.leaseRefresh(other, connection.id, claim, until)).toEqual({ kind: "missing" });
        expect(await connections.commitRefresh(other, connection.id, claim, stolen)).toBe(false);
        expect(await connections.postponeRefresh(other, connection.id, claim, later)).toBe(false);
        const unheld = { owner: null, generation: 1 };
        expect(await connections.markBroken(other, connection.id, unheld, "x", change("x.x", "c"))).toBe(false);
        expect(await connections.broken(other, [connection.id])).toEqual([]);
        await connections.record(other, connection.id, { at: NOW, kind: "refused", message: "planted" });
        expect(await connections.events(scope, connection.id)).toEqual([]);
        await connections.park(other, connection.id, waiting.id, NOW);
        expect((await connections.parkedRuns(scope, connection.id, 10)).count).toBe(0);
        expect(await connections.delete(other, connection.id, null, change("x.x", "c"))).toBe(false);
        await backend.connections.touch(other, connection.id, NOW + 1e9);
        expect(await backend.variables.list(other)).toEqual([]);
        expect((await backend.apiKeys.list(other, page)).items).toEqual([]);
        expect(await backend.apiKeys.delete(other, key.id, change("x.x", key.id))).toBe(false);

        expect(await backend.workflows.find(scope, id)).toMatchObject({ name: workflow.name, publishedVersion: 1 });
        expect(await backend.connections.findSealed(scope, connection.id)).toEqual({ connection, sealed: "sealed" });
        expect(await backend.variables.list(scope)).toHaveLength(1);
        expect((await backend.apiKeys.list(scope, page)).items).toEqual([key]);
        expect(await backend.runs.claim({ owner, limit: 5, perTenant: 5, now: NOW + 1e9 })).toEqual([]);
        expect((await backend.audit.list(scope, { limit: 50, cursor: null })).items).toEqual(entries);
      });
    }

    test("the audit log and usage are a tenant's own", async ({ backend, scope, stranger, owner }) => {
      await backend.runs.accept(scope, sampleRun(), { dedupe: null, hold: { owner, first: ending() } });
      expect(await backend.runs.usage(scope, 0)).toHaveLength(1);
      expect(await backend.runs.usage(stranger, 0)).toEqual([]);
      await backend.audit.append(scope, change("secret.thing", "x"));
      const { items } = await backend.audit.list(stranger, page);
      expect(items.map(({ action }) => action)).toEqual(["tenant.created"]);
    });
  });
}
