import { describe, expect } from "bun:test";
import type { Backend } from "../../domain/backend.ts";
import type {
  NewSubscription,
  StandingSubscription,
  SubscriptionSettlement,
  TriggerSubscription,
} from "../../domain/subscription-store.ts";
import type { Scope } from "../../domain/tenant.ts";
import { backendTests, type OpenBackendUnderTest } from "./backend-under-test.ts";
import { change, NOW, sampleWorkflow } from "./samples.ts";

const MINUTE = 60_000;
const NEW: NewSubscription = { triggerHash: "issues of acme", sealed: "sealed", nextAt: NOW };
const MAYBE: StandingSubscription = { version: 1, triggerHash: NEW.triggerHash, state: null, renewAt: null };
const STANDING: StandingSubscription = { ...MAYBE, state: { id: 7, name: "grün \0" }, renewAt: NOW + 9 * MINUTE };

async function publish(
  backend: Backend,
  scope: Scope,
  id: string,
  subscription: NewSubscription | null,
  name = "v1",
  connection?: string,
) {
  const sample = sampleWorkflow(scope).definition;
  const trigger = { ...sample.trigger, ...(connection !== undefined && { connection }) };
  const definition = { ...sample, name, trigger };
  const activation = { hook: null, schedule: null, subscription };
  await backend.workflows.publish(scope, id, { definition, revision: 1, activation }, change("workflow.published", id));
}

async function publishNew(backend: Backend, scope: Scope, subscription = NEW): Promise<TriggerSubscription> {
  const workflow = sampleWorkflow(scope);
  await backend.workflows.create(scope, workflow, change("workflow.created", workflow.id));
  await publish(backend, scope, workflow.id, subscription);
  return (await backend.subscriptions.find(scope, workflow.id))!;
}

function settlement(patch: Partial<SubscriptionSettlement> = {}): SubscriptionSettlement {
  return { standing: STANDING, nextAt: NOW + 9 * MINUTE, failures: 0, problem: null, paused: false, ...patch };
}

/** Registered at the provider. */
async function stand(backend: Backend, scope: Scope): Promise<TriggerSubscription> {
  const subscription = await publishNew(backend, scope);
  const taken = (await backend.subscriptions.take(subscription, MAYBE, NOW + MINUTE))!;
  expect(await backend.subscriptions.settle(taken, settlement())).toBe(true);
  return (await backend.subscriptions.find(scope, subscription.workflowId))!;
}

export function subscriptionContract(open: OpenBackendUnderTest): void {
  const test = backendTests(open);

  describe("subscriptions at providers", () => {
    test("are due once they are published, of all tenants", async ({ backend, scope, stranger }) => {
      const later = await publishNew(backend, scope, { ...NEW, nextAt: NOW + 5 });
      const sooner = await publishNew(backend, stranger);
      expect(sooner).toMatchObject({ wanted: { version: 1, triggerHash: NEW.triggerHash }, standing: null });
      expect(await backend.subscriptions.nextDueAt()).toBe(NOW);
      expect(await backend.subscriptions.due(NOW + 5, 10)).toEqual([sooner, later]);
      expect(await backend.subscriptions.due(NOW + 5, 1)).toEqual([sooner]);
      expect(await backend.subscriptions.due(NOW + 5, 1, [sooner.tenantId])).toEqual([later]);
    });

    test("are taken once, and what may stand is stored with the taking", async ({
      backend,
      scope,
      reopen,
      openBeside,
    }) => {
      const subscription = await publishNew(backend, scope);
      const beside = await openBeside();
      const takes = [backend, beside, backend].map((each) =>
        each.subscriptions.take(subscription, MAYBE, NOW + MINUTE),
      );
      expect((await Promise.all(takes)).filter((taken) => taken !== null)).toHaveLength(1);
      await beside.close();
      const { backend: again } = await reopen();
      expect(await again.subscriptions.due(NOW + MINUTE - 1, 10)).toEqual([]);
      const [left] = await again.subscriptions.due(NOW + MINUTE, 10);
      expect(left).toMatchObject({ standing: MAYBE, wanted: { version: 1 } });
    });

    test("keep what the provider answered until they are due again", async ({ backend, scope }) => {
      const standing = await stand(backend, scope);
      expect(standing).toMatchObject({ standing: STANDING, nextAt: NOW + 9 * MINUTE, sealed: "sealed" });
      expect(await backend.subscriptions.due(NOW + 9 * MINUTE - 1, 10)).toEqual([]);
      expect(await backend.subscriptions.due(NOW + 9 * MINUTE, 10)).toEqual([standing]);
    });

    test("are found by the connection that they stand through, whatever is wanted or published by now", async (world) => {
      const { backend, scope, stranger, neighbour } = world;
      const { subscriptions } = backend;
      const workflow = { ...sampleWorkflow(scope), name: "Leads \0 ü" };
      const { id } = workflow;
      await backend.workflows.create(scope, workflow, change("workflow.created", id));
      await publish(backend, scope, id, NEW, "v1 \0 \ud800", "conn_old");
      expect(await subscriptions.registeredThrough(scope, "conn_old")).toEqual([]);
      const wanted = (await subscriptions.find(scope, id))!;
      const taken = (await subscriptions.take(wanted, MAYBE, NOW + MINUTE))!;
      const maybe = { workflowId: id, name: workflow.name, failures: 0, problem: null, paused: false };
      expect(await subscriptions.registeredThrough(scope, "conn_old")).toEqual([maybe]);
      await subscriptions.settle(taken, settlement());
      await publish(backend, scope, id, { ...NEW, triggerHash: "other" }, "v2", "conn_new");
      await backend.workflows.delete(scope, id, change("workflow.deleted", id));
      const failing = (await subscriptions.take((await subscriptions.find(scope, id))!, STANDING, NOW + MINUTE))!;
      await subscriptions.settle(failing, settlement({ failures: 2, problem: "no \0", paused: true }));
      const stands = { ...maybe, failures: 2, problem: "no \0", paused: true };
      expect(await subscriptions.registeredThrough(scope, "conn_old")).toEqual([stands]);
      expect(await subscriptions.registeredThrough(scope, "conn_new")).toEqual([]);
      for (const other of [stranger, neighbour])
        expect(await subscriptions.registeredThrough(other, "conn_old")).toEqual([]);

      await subscriptions.hasten(stranger, id, NOW);
      expect(await subscriptions.due(NOW, 10)).toEqual([]);
      await subscriptions.hasten(scope, id, NOW);
      expect(await subscriptions.due(NOW, 10)).toMatchObject([{ workflowId: id, nextAt: NOW }]);
      expect(await subscriptions.nextDueAt()).toBe(NOW);
    });

    test("publishing again keeps what stands and its secret, and takes it from who is at work", async (world) => {
      const { backend, scope } = world;
      const subscription = await stand(backend, scope);
      const taken = (await backend.subscriptions.take(subscription, STANDING, NOW + 20 * MINUTE))!;
      await publish(
        backend,
        scope,
        taken.workflowId,
        { triggerHash: "other", sealed: "another", nextAt: NOW + 1 },
        "v2",
      );
      const found = await backend.subscriptions.find(scope, taken.workflowId);
      expect(found).toMatchObject({
        wanted: { version: 2, triggerHash: "other" },
        standing: STANDING,
        sealed: "sealed",
      });
      expect(found?.nextAt).toBe(NOW + 1);
      expect(await backend.subscriptions.settle(taken, settlement({ standing: null }))).toBe(false);
    });

    test("that stand are left to be taken away when unpublished, deleted or replaced; then they go", async (world) => {
      const { backend, scope } = world;
      const [unpublished, deleted, replaced] = [
        await stand(backend, scope),
        await stand(backend, scope),
        await stand(backend, scope),
      ];
      const { workflows, subscriptions } = backend;
      await workflows.unpublish(scope, unpublished.workflowId, change("workflow.unpublished", "w", NOW + 3));
      await workflows.delete(scope, deleted.workflowId, change("workflow.deleted", "w", NOW + 3));
      await publish(backend, scope, replaced.workflowId, null);
      for (const { workflowId } of [unpublished, deleted, replaced]) {
        const found = (await subscriptions.find(scope, workflowId))!;
        expect(found).toMatchObject({ wanted: null, standing: STANDING, sealed: "sealed" });
        expect(found.nextAt).toBeLessThanOrEqual(NOW + 3);
        const taken = (await subscriptions.take(found, STANDING, NOW + MINUTE))!;
        expect(await subscriptions.settle(taken, settlement({ standing: null }))).toBe(true);
        expect(await subscriptions.find(scope, workflowId)).toBeNull();
      }
      expect(await subscriptions.nextDueAt()).toBeNull();
    });

    test("that were never begun go at once", async ({ backend, scope }) => {
      const { workflowId } = await publishNew(backend, scope);
      await backend.workflows.unpublish(scope, workflowId, change("workflow.unpublished", workflowId));
      expect(await backend.subscriptions.find(scope, workflowId)).toBeNull();
      expect(await backend.subscriptions.nextDueAt()).toBeNull();
    });

    test("say what is wrong, and are woken when their connection is mended", async ({ backend, scope, stranger }) => {
      const pause = async (each: Scope, paused: boolean) => {
        const taken = (await backend.subscriptions.take(await publishNew(backend, each), MAYBE, NOW + MINUTE))!;
        const problem = "401 \\ \0";
        await backend.subscriptions.settle(taken, settlement({ paused, problem, failures: 2, standing: MAYBE }));
        expect(await backend.subscriptions.find(each, taken.workflowId)).toMatchObject({
          problem,
          failures: 2,
          paused,
        });
        return taken.workflowId;
      };
      const waiting = await pause(scope, true);
      await pause(scope, false);
      await pause(stranger, true);
      await backend.subscriptions.wakePaused(scope, NOW + 2);
      const due = await backend.subscriptions.due(NOW + 2, 10);
      expect(due.map(({ workflowId }) => workflowId)).toEqual([waiting]);
    });

    test("are not found from another tenant or workspace", async ({ backend, scope, stranger, neighbour }) => {
      const { workflowId } = await publishNew(backend, scope);
      expect(await backend.subscriptions.find(stranger, workflowId)).toBeNull();
      expect(await backend.subscriptions.find(neighbour, workflowId)).toBeNull();
    });
  });
}
