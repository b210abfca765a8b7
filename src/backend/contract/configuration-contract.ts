import { describe, expect } from "bun:test";
import type { ApiKey } from "../../domain/api-key-store.ts";
import type { OutsideChange } from "../../domain/backend.ts";
import type { SealedValue } from "../../domain/sealed-value-store.ts";
import type { Scope } from "../../domain/tenant.ts";
import { newId } from "../../platform/ids.ts";
import { backendTests, type OpenBackendUnderTest } from "./backend-under-test.ts";
import { change, NOW, sampleConnection, sampleWorkflow } from "./samples.ts";

/** Tenants, API keys, variables, data keys and settings. */
export function configurationContract(open: OpenBackendUnderTest): void {
  const test = backendTests(open);

  describe("tenants", () => {
    test("are found by their slug, with their default workspace", async ({ backend, scope }) => {
      const [tenant] = (await backend.tenants.list()).filter(({ id }) => id === scope.tenantId);
      expect(tenant).toMatchObject({ id: scope.tenantId, createdAt: 1_000 });
      expect(await backend.tenants.findBySlug(tenant?.slug ?? "")).toEqual(tenant ?? null);
      const workspace = { id: scope.workspaceId, tenantId: scope.tenantId, slug: "default" };
      expect(await backend.tenants.findWorkspace(scope.tenantId, "default")).toEqual(workspace);
      expect(await backend.tenants.findWorkspace(scope.tenantId, "other")).toBeNull();
      expect(await backend.tenants.findBySlug("nobody")).toBeNull();
    });

    test("of the same slug are refused, and nothing of the second is kept", async ({ backend, scope }) => {
      const create = (id: string) =>
        backend.tenants.create(
          { id, slug: "acme", createdAt: NOW },
          { id: `ws_of_${id}`, tenantId: id, slug: "default" },
          scope.actor,
          change("tenant.created", id),
        );
      await create("ten_1");
      await expect(create("ten_2")).rejects.toMatchObject({ code: "conflict" });
      expect((await backend.tenants.findBySlug("acme"))?.id).toBe("ten_1");
      expect(await backend.tenants.findWorkspace("ten_2", "default")).toBeNull();
      expect(await backend.audit.verify("ten_2")).toEqual({ ok: true, entries: 0 });
    });

    test("of the same slug, created at once, come down to one", async ({ backend, scope }) => {
      const results = await Promise.allSettled(
        Array.from({ length: 5 }, (_, n) =>
          backend.tenants.create(
            { id: `ten_${n}`, slug: "race", createdAt: NOW },
            { id: `ws_${n}`, tenantId: `ten_${n}`, slug: "default" },
            scope.actor,
            change("tenant.created", `ten_${n}`),
          ),
        ),
      );
      expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
      expect((await backend.tenants.list()).filter(({ slug }) => slug === "race")).toHaveLength(1);
    });
  });

  describe("API keys", () => {
    const key = (scope: Scope, patch: Partial<ApiKey> = {}): ApiKey => ({
      id: newId("key"),
      tenantId: scope.tenantId,
      workspaceId: scope.workspaceId,
      name: "CI",
      scopes: ["runs:read", "workflows:write"],
      createdAt: NOW,
      expiresAt: NOW + 1_000,
      lastUsedAt: null,
      ...patch,
    });

    test("are found for sign-in by id alone, after a crash too", async ({ backend, scope, reopen }) => {
      const created = key(scope);
      await backend.apiKeys.create(scope, created, "hash-1", change("api_key.created", created.id));
      expect(await backend.apiKeys.findForSignIn(created.id)).toEqual({ key: created, secretHash: "hash-1" });
      expect(await backend.apiKeys.findForSignIn("key_unknown")).toBeNull();
      const { backend: again } = await reopen();
      expect(await again.apiKeys.findForSignIn(created.id)).toEqual({ key: created, secretHash: "hash-1" });
    });

    test("remember when they were last used, without a write for every use", async ({ backend, scope }) => {
      const created = key(scope);
      await backend.apiKeys.create(scope, created, "hash", change("api_key.created", created.id));
      const lastUsedAt = async () => (await backend.apiKeys.findForSignIn(created.id))?.key.lastUsedAt;
      await backend.apiKeys.touch(created.id, NOW);
      expect(await lastUsedAt()).toBe(NOW);
      await backend.apiKeys.touch(created.id, NOW + 3_600_000);
      expect(await lastUsedAt()).toBe(NOW + 3_600_000);
      await backend.apiKeys.touch("key_unknown", NOW);
    });

    test("can no longer sign in once deleted", async ({ backend, scope }) => {
      const created = key(scope);
      await backend.apiKeys.create(scope, created, "hash", change("api_key.created", created.id));
      expect(await backend.apiKeys.delete(scope, created.id, change("api_key.deleted", created.id))).toBe(true);
      expect(await backend.apiKeys.findForSignIn(created.id)).toBeNull();
      expect(await backend.apiKeys.delete(scope, created.id, change("api_key.deleted", created.id))).toBe(false);
    });

    test("are listed newest first, in pages", async ({ backend, scope }) => {
      const keys = Array.from({ length: 5 }, (_, n) => key(scope, { id: newId("key"), name: `key ${n}` }));
      for (const each of keys) await backend.apiKeys.create(scope, each, "hash", change("api_key.created", each.id));
      const first = await backend.apiKeys.list(scope, { limit: 3, cursor: null });
      const rest = await backend.apiKeys.list(scope, { limit: 3, cursor: first.nextCursor });
      expect([...first.items, ...rest.items]).toEqual(keys.toReversed());
      expect(rest.nextCursor).toBeNull();
    });
  });

  describe("variables", () => {
    test("are set and removed one by one, without touching the others", async ({
      backend,
      scope,
      stranger,
      neighbour,
    }) => {
      const { variables } = backend;
      const set = (name: string, value: number, updatedAt = NOW) =>
        variables.set(scope, { name, value, updatedAt }, change("variable.set", name));
      await Promise.all([set("a", 1), set("b", 2), set("c", 3)]);
      await set("b", 20, NOW + 1);
      for (const other of [stranger, neighbour])
        expect(await variables.remove(other, "a", change("variable.removed", "a"))).toBe(false);
      expect(await variables.remove(scope, "c", change("variable.removed", "c"))).toBe(true);
      expect(await variables.remove(scope, "c", change("variable.removed", "c"))).toBe(false);
      expect(await variables.list(scope)).toEqual([
        { name: "a", value: 1, updatedAt: NOW },
        { name: "b", value: 20, updatedAt: NOW + 1 },
      ]);
      const { items } = await backend.audit.list(scope, { limit: 20, cursor: null }, { area: "variable" });
      expect(items.map(({ action }) => action)).toEqual(["variable.removed", ...Array(4).fill("variable.set")]);
    });

    test("are replaced as a whole and keep their JSON types", async ({ backend, scope, reopen }) => {
      const values = [null, false, 0, -1.5, "text", [1, "2"], { nested: { deep: true } }];
      const variables = values.map((value, n) => ({ name: `v${n}`, value, updatedAt: NOW + n }));
      await backend.variables.replace(scope, [{ name: "old", value: 1, updatedAt: NOW }], change("variables.set", "v"));
      await backend.variables.replace(scope, variables, change("variables.set", "v"));
      const { backend: again } = await reopen();
      expect(await again.variables.list(scope)).toEqual(variables);
      await again.variables.replace(scope, [], change("variables.set", "v"));
      expect(await again.variables.list(scope)).toEqual([]);
    });
  });

  describe("data keys and settings", () => {
    const CHECK = { setting: "key-check", value: "one" };

    test("of two data keys of one generation the first stands, also when both are made at once", async ({
      backend,
      scope,
      stranger,
    }) => {
      const { tenantId } = scope;
      await backend.settings.set(CHECK.setting, CHECK.value);
      expect(await backend.dataKeys.list(tenantId)).toEqual([]);
      const add = (generation: number, wrapped: string) =>
        backend.dataKeys.add(tenantId, { generation, wrapped }, CHECK);
      const added = await Promise.all([add(1, "wrapped-a"), add(1, "wrapped-b")]);
      expect(added.filter(Boolean)).toHaveLength(1);
      const first = { generation: 1, wrapped: added[0] ? "wrapped-a" : "wrapped-b" };
      expect(await add(2, "wrapped-c")).toBe(true);
      expect(await backend.dataKeys.list(tenantId)).toEqual([first, { generation: 2, wrapped: "wrapped-c" }]);
      expect(await backend.dataKeys.list(stranger.tenantId)).toEqual([]);
    });

    test("no data key is stored under a wrapping key that was given up", async ({ backend, scope: { tenantId } }) => {
      const key = { generation: 1, wrapped: "wrapped" };
      expect(await backend.dataKeys.add(tenantId, key, CHECK)).toBe(false);
      await backend.settings.set(CHECK.setting, "two");
      expect(await backend.dataKeys.add(tenantId, key, CHECK)).toBe(false);
      expect(await backend.dataKeys.list(tenantId)).toEqual([]);
    });

    test("a data key is wrapped anew only if it is still the one that was read", async ({
      backend,
      scope,
      stranger,
    }) => {
      const { tenantId } = scope;
      await backend.settings.set(CHECK.setting, CHECK.value);
      await backend.dataKeys.add(tenantId, { generation: 1, wrapped: "old" }, CHECK);
      expect(await backend.dataKeys.rewrap(stranger.tenantId, 1, "old", "theirs")).toBe(false);
      expect(await backend.dataKeys.rewrap(tenantId, 1, "old", "new")).toBe(true);
      expect(await backend.dataKeys.rewrap(tenantId, 1, "old", "newer")).toBe(false);
      expect(await backend.dataKeys.list(tenantId)).toEqual([{ generation: 1, wrapped: "new" }]);
    });

    test("all that is sealed is found a page at a time, of one tenant, and replaced where it still stands", async ({
      backend,
      scope,
      stranger,
    }) => {
      const { sealedValues } = backend;
      for (const owner of [scope, stranger])
        for (let n = 0; n < 5; n += 1) {
          const connection = sampleConnection(owner);
          const created = change("connection.created", connection.id);
          await backend.connections.create(owner, connection, `sealed ${n}`, created);
        }
      const workflow = sampleWorkflow(scope);
      await backend.workflows.create(scope, workflow, change("workflow.created", workflow.id));
      const subscription = { triggerHash: "leads", sealed: "sealed subscription", nextAt: NOW };
      const activation = { hook: { secretHash: "hash", sealedSecret: "sealed hook" }, schedule: null, subscription };
      const publication = { definition: workflow.definition, revision: workflow.revision, activation };
      await backend.workflows.publish(scope, workflow.id, publication, change("workflow.published", workflow.id));

      const found: SealedValue[] = [];
      let after: string | null = null;
      do {
        const page: Awaited<ReturnType<typeof sealedValues.page>> = await sealedValues.page(scope.tenantId, after, 2);
        found.push(...page.values);
        after = page.next;
      } while (after !== null);
      expect(found.map(({ envelope }) => envelope).sort()).toEqual([
        "sealed 0",
        "sealed 1",
        "sealed 2",
        "sealed 3",
        "sealed 4",
        "sealed hook",
        "sealed subscription",
      ]);
      for (const table of ["hooks", "trigger_subscriptions"])
        expect(found.find(({ place }) => place.table === table)?.place.row).toBe(workflow.id);
      for (const { place, envelope } of found) {
        expect(await sealedValues.replace(stranger.tenantId, place, envelope, "stolen")).toBe(false);
        expect(await sealedValues.replace(scope.tenantId, place, envelope, `new ${envelope}`)).toBe(true);
        expect(await sealedValues.replace(scope.tenantId, place, envelope, "late")).toBe(false);
      }
      const { values } = await sealedValues.page(scope.tenantId, null, 100);
      expect(values.every(({ envelope }) => envelope.startsWith("new "))).toBe(true);
    });

    test("a setting is kept and can be replaced", async ({ backend, reopen }) => {
      expect(await backend.settings.get("key-check")).toBeNull();
      await backend.settings.set("key-check", "one");
      await backend.settings.set("key-check", "two");
      const { backend: again } = await reopen();
      expect(await again.settings.get("key-check")).toBe("two");
    });
  });

  describe("the backend as a whole", () => {
    test("can be written to", async ({ backend }) => {
      await backend.check();
    });

    test("counts what it does, for metrics", async ({ backend }) => {
      const values = Object.entries(backend.metrics());
      expect(values.length).toBeGreaterThan(0);
      for (const [name, value] of values) {
        expect(name).toMatch(/^[a-z][a-z0-9_]*$/);
        expect(value).toBeNumber();
      }
    });

    test("tells when another process has changed something, within a second", async ({
      backend,
      scope,
      openBeside,
    }) => {
      const beside = await openBeside();
      const waits: number[] = [];
      for (let round = 0; round < 3; round += 1) {
        const { promise, resolve } = Promise.withResolvers<OutsideChange>();
        const stop = backend.onOutsideChange(resolve);
        const changedAt = performance.now();
        await beside.variables.replace(scope, [{ name: "a", value: 1, updatedAt: NOW }], change("variables.set", "v"));
        expect(await promise).toEqual({ kind: "configuration" });
        stop();
        waits.push(performance.now() - changedAt);
      }
      // The one in the middle: in one round the machine may have been busy.
      expect(waits.toSorted((x, y) => x - y)[1]).toBeLessThan(1_000);
      expect(await backend.variables.list(scope)).toHaveLength(1);
    });

    test("does not tell of its own changes", async ({ backend, scope }) => {
      let calls = 0;
      const stop = backend.onOutsideChange(() => {
        calls += 1;
      });
      await backend.variables.replace(scope, [], change("variables.set", "v"));
      await Bun.sleep(600);
      stop();
      expect(calls).toBe(0);
    });

    test("refuses what comes after it was closed, and keeps what came before", async ({ backend, scope, reopen }) => {
      const written = backend.audit.append(scope, change("before.closing", "x"));
      await backend.close();
      await written;
      await expect(backend.audit.append(scope, change("after.closing", "x"))).rejects.toMatchObject({
        code: "unavailable",
      });
      const { backend: again } = await reopen();
      const { items } = await again.audit.list(scope, { limit: 10, cursor: null });
      expect(items.map(({ action }) => action)).toEqual(["before.closing", "tenant.created"]);
    });
  });
}
