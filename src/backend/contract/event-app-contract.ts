import { describe, expect } from "bun:test";
import type { Backend } from "../../domain/backend.ts";
import type { AppOwner } from "../../domain/event-route-store.ts";
import type { Scope } from "../../domain/tenant.ts";
import { backendTests, type OpenBackendUnderTest } from "./backend-under-test.ts";
import { change, NOW, sampleConnection, sampleWorkflow } from "./samples.ts";

const INSTALLATION: AppOwner = { kind: "installation" };
const ofTenant = ({ tenantId }: Scope): AppOwner => ({ kind: "tenant", tenantId });
const saved = change("event_app.saved", "acme");

/** Apps that tenants have at providers: the address of each, what signs its events, and whom they reach. */
export function eventAppContract(open: OpenBackendUnderTest): void {
  const test = backendTests(open);

  describe("a tenant's own app", () => {
    test("keeps the address that was reserved first, whoever asks at once, after a crash too", async ({
      backend,
      scope,
      reopen,
    }) => {
      const asked = ["p1", "p2", "p3"].map((publicId) => backend.eventApps.reserve(scope, "acme", publicId, NOW));
      const [first] = await Promise.all(asked);
      for (const each of asked) expect(await each).toEqual(first!);
      expect(first).toMatchObject({ connector: "acme", sealedSecrets: null, updatedAt: NOW });
      const again = await reopen();
      expect(await again.backend.eventApps.find(scope, "acme")).toEqual(first!);
      const found = await again.backend.eventApps.findByPublicId(first!.publicId);
      expect(found).toEqual({ ...first!, tenantId: scope.tenantId });
      const others = ["p1", "p2", "p3", "", "P1"].filter((publicId) => publicId !== first!.publicId);
      for (const publicId of others) expect(await again.backend.eventApps.findByPublicId(publicId)).toBeNull();
    });

    test("is one for each connector of each tenant, and nobody else's", async ({ backend, scope, stranger }) => {
      const { eventApps } = backend;
      await eventApps.reserve(scope, "acme", "ours", NOW);
      await eventApps.reserve(scope, "other", "ours too", NOW);
      expect(await eventApps.find(stranger, "acme")).toBeNull();
      expect(await eventApps.saveSecrets(stranger, "acme", "theirs", saved)).toBe(false);
      expect(await eventApps.delete(stranger, "acme", saved)).toBe(false);
      await eventApps.reserve(stranger, "acme", "theirs", NOW);
      expect(await eventApps.findByPublicId("ours")).toMatchObject({ tenantId: scope.tenantId, connector: "acme" });
      expect(await eventApps.findByPublicId("theirs")).toMatchObject({ tenantId: stranger.tenantId });
    });

    test("takes other secrets at the same address, with an audit entry, and is gone when deleted", async ({
      backend,
      scope,
    }) => {
      const { eventApps } = backend;
      expect(await eventApps.saveSecrets(scope, "acme", "sealed", saved)).toBe(false);
      await eventApps.reserve(scope, "acme", "p1", NOW);
      for (const sealedSecrets of ["sealed 1", "sealed 2"]) {
        expect(await eventApps.saveSecrets(scope, "acme", sealedSecrets, saved)).toBe(true);
        expect(await eventApps.findByPublicId("p1")).toMatchObject({ publicId: "p1", sealedSecrets });
      }
      const actions = async () =>
        (await backend.audit.list(scope, { limit: 50, cursor: null })).items.map(({ action }) => action);
      expect((await actions()).filter((action) => action === "event_app.saved")).toHaveLength(2);
      expect(await eventApps.delete(scope, "acme", change("event_app.deleted", "acme"))).toBe(true);
      expect(await eventApps.delete(scope, "acme", change("event_app.deleted", "acme"))).toBe(false);
      expect(await eventApps.findByPublicId("p1")).toBeNull();
      expect((await actions())[0]).toBe("event_app.deleted");
      expect(await eventApps.reserve(scope, "acme", "p2", NOW)).toMatchObject({ publicId: "p2", sealedSecrets: null });
    });

    test("is listed among what is sealed, so that it is sealed anew with another key", async ({ backend, scope }) => {
      await backend.eventApps.reserve(scope, "acme", "p1", NOW);
      await backend.eventApps.reserve(scope, "empty", "p2", NOW);
      await backend.eventApps.saveSecrets(scope, "acme", "sealed", saved);
      const values = [];
      for (let after: string | null = null; ; ) {
        const page = await backend.sealedValues.page(scope.tenantId, after, 10);
        values.push(...page.values);
        after = page.next;
        if (after === null) break;
      }
      const place = { table: "event_apps", row: "acme", field: "secrets" };
      expect(values).toEqual([{ place, envelope: "sealed" }]);
      expect(await backend.sealedValues.replace(scope.tenantId, place, "another", "new")).toBe(false);
      expect(await backend.sealedValues.replace(scope.tenantId, place, "sealed", "new")).toBe(true);
      expect(await backend.eventApps.findByPublicId("p1")).toMatchObject({ sealedSecrets: "new" });
    });
  });

  describe("whom an app reaches", () => {
    async function listen(backend: Backend, scope: Scope): Promise<string> {
      const workflow = sampleWorkflow(scope);
      const { id, definition } = workflow;
      await backend.workflows.create(scope, workflow, change("workflow.created", id));
      const event = { connector: "acme", connectionId: "conn", accountId: "T1" };
      const activation = { hook: null, schedule: null, event };
      const publication = { definition, revision: 1, activation };
      await backend.workflows.publish(scope, id, publication, change("workflow.published", id));
      return id;
    }
    async function connect(backend: Backend, scope: Scope, accountId: string): Promise<string> {
      const connection = sampleConnection(scope, { connector: "acme", account: { id: accountId, label: "A" } });
      await backend.connections.create(scope, connection, "sealed", change("connection.created", connection.id));
      return connection.id;
    }
    async function heardBy(backend: Backend, owner: AppOwner) {
      const routes = await backend.eventRoutes.find("acme", "T1", owner);
      const places = await backend.connections.ofAccount("acme", "T1", owner);
      return [routes.map(({ workflowId }) => workflowId), places.map(({ connectionId }) => connectionId)];
    }

    test("is its own tenant alone; the installation's reaches all who have none of their own that receives", async ({
      backend,
      scope,
      stranger,
    }) => {
      const ours = [[await listen(backend, scope)], [await connect(backend, scope, "T1")]];
      const theirs = [[await listen(backend, stranger)], [await connect(backend, stranger, "T1")]];
      const all = [0, 1].map((index) => [ours[index]![0]!, theirs[index]![0]!].toSorted());
      expect(await heardBy(backend, INSTALLATION)).toEqual(all);
      expect(await heardBy(backend, ofTenant(scope))).toEqual(ours);
      // An address alone receives nothing yet, nor does an app of another connector.
      await backend.eventApps.reserve(scope, "acme", "p1", NOW);
      await backend.eventApps.reserve(scope, "other", "p2", NOW);
      await backend.eventApps.saveSecrets(scope, "other", "sealed", saved);
      expect(await heardBy(backend, INSTALLATION)).toEqual(all);
      await backend.eventApps.saveSecrets(scope, "acme", "sealed", saved);
      expect(await heardBy(backend, INSTALLATION)).toEqual(theirs);
      expect(await heardBy(backend, ofTenant(scope))).toEqual(ours);
      expect(await heardBy(backend, ofTenant(stranger))).toEqual(theirs);
      await backend.eventApps.delete(scope, "acme", change("event_app.deleted", "acme"));
      expect(await heardBy(backend, INSTALLATION)).toEqual(all);
    });

    test("follows the connection's account: learned, refreshed, reconnected, deleted", async ({ backend, scope }) => {
      const { connections } = backend;
      const of = async (accountId: string) =>
        (await connections.ofAccount("acme", accountId, INSTALLATION)).map(({ connectionId }) => connectionId);
      const connection = sampleConnection(scope, { connector: "acme" });
      const { id } = connection;
      await connections.create(scope, connection, "sealed", change("connection.created", id));
      await connections.learnAccount(scope, id, 7, { id: "T1", label: "one" });
      expect(await of("T1")).toEqual([]);
      await connections.learnAccount(scope, id, connection.generation, { id: "T1", label: "one" });
      expect(await of("T1")).toEqual([id]);
      expect(await connections.find(scope, id)).toMatchObject({ account: { id: "T1", label: "one" }, generation: 1 });
      const standing = { scopes: [], expiresAt: null, refreshedAt: NOW, refreshAt: null, sealedCredential: "sealed" };
      const claim = { owner: "w", generation: 1 };
      await connections.leaseRefresh(scope, id, claim, { now: NOW, until: NOW + 1 });
      await connections.commitRefresh(scope, id, claim, { ...standing, account: null });
      expect(await of("T1")).toEqual([id]);
      const reconnected = change("connection.reconnected", id);
      await connections.reconnect(scope, id, { ...standing, account: { id: "T2 \\ \0", label: "two" } }, reconnected);
      expect([await of("T1"), await of("T2 \\ \0")]).toEqual([[], [id]]);
      await connections.reconnect(scope, id, { ...standing, account: null }, reconnected);
      expect(await of("T2 \\ \0")).toEqual([]);
      await connections.learnAccount(scope, id, 4, { id: "T3", label: "three" });
      await connections.delete(scope, id, null, change("connection.deleted", id));
      expect(await of("T3")).toEqual([]);
    });
  });
}
