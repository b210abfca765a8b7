import { describe, expect } from "bun:test";
import type { Backend } from "../../domain/backend.ts";
import { NO_TOKEN } from "../../domain/connection.ts";
import type { NewCredential } from "../../domain/connection-store.ts";
import type { AppOwner, NewEventRoute } from "../../domain/event-route-store.ts";
import type { Scope } from "../../domain/tenant.ts";
import { backendTests, type OpenBackendUnderTest } from "./backend-under-test.ts";
import { change, sampleConnection, sampleWorkflow } from "./samples.ts";

const INSTALLATION: AppOwner = { kind: "installation" };
const EVENT: NewEventRoute = { connector: "acme", connectionId: "conn_1", accountId: "T1 \\ \0" };

async function publish(backend: Backend, scope: Scope, id: string, event: NewEventRoute | null, name = "v1") {
  const definition = { ...sampleWorkflow(scope).definition, name };
  const activation = { hook: null, schedule: null, event };
  await backend.workflows.publish(scope, id, { definition, revision: 1, activation }, change("workflow.published", id));
}
async function publishNew(backend: Backend, scope: Scope, event = EVENT): Promise<string> {
  const workflow = sampleWorkflow(scope);
  await backend.workflows.create(scope, workflow, change("workflow.created", workflow.id));
  await publish(backend, scope, workflow.id, event);
  return workflow.id;
}

export function eventRouteContract(open: OpenBackendUnderTest): void {
  const test = backendTests(open);

  describe("routes of app events", () => {
    test("are found by connector and account, of all tenants", async ({ backend, scope, stranger }) => {
      const ours = await publishNew(backend, scope);
      const theirs = await publishNew(backend, stranger);
      await publishNew(backend, scope, { ...EVENT, accountId: "T2" });
      await publishNew(backend, scope, { ...EVENT, connector: "other" });
      const found = await backend.eventRoutes.find("acme", EVENT.accountId, INSTALLATION);
      const place = ({ tenantId, workspaceId }: Scope, workflowId: string) => ({
        tenantId,
        workspaceId,
        workflowId,
        version: 1,
      });
      expect(found.toSorted((a) => (a.workflowId === ours ? -1 : 1))).toEqual([
        place(scope, ours),
        place(stranger, theirs),
      ]);
      expect(await backend.eventRoutes.find("acme", "nobody", INSTALLATION)).toEqual([]);
    });

    test("follow what is published, and end with it", async ({ backend, scope }) => {
      const [changed, unpublished, deleted] = [
        await publishNew(backend, scope),
        await publishNew(backend, scope),
        await publishNew(backend, scope),
      ];
      await publish(backend, scope, changed, { ...EVENT, accountId: "T9" }, "v2");
      expect(await backend.eventRoutes.find("acme", "T9", INSTALLATION)).toMatchObject([
        { workflowId: changed, version: 2 },
      ]);
      await publish(backend, scope, changed, null, "v3");
      await backend.workflows.unpublish(scope, unpublished, change("workflow.unpublished", unpublished));
      await backend.workflows.delete(scope, deleted, change("workflow.deleted", deleted));
      expect(await backend.eventRoutes.find("acme", "T9", INSTALLATION)).toEqual([]);
      expect(await backend.eventRoutes.find("acme", EVENT.accountId, INSTALLATION)).toEqual([]);
    });

    test("follow the account that a connection is found to have", async ({ backend, scope }) => {
      const connection = sampleConnection(scope, { connector: "acme" });
      const { id, generation } = connection;
      await backend.connections.create(scope, connection, "sealed", change("connection.created", id));
      const workflowId = await publishNew(backend, scope, { ...EVENT, connectionId: id });
      const of = async (accountId: string) => backend.eventRoutes.find("acme", accountId, INSTALLATION);
      await backend.connections.learnAccount(scope, id, generation + 1, { id: "T2", label: "two" });
      expect(await of("T2")).toEqual([]);
      await backend.connections.learnAccount(scope, id, generation, { id: "T2", label: "two" });
      expect([await of(EVENT.accountId), await of("T2")]).toMatchObject([[], [{ workflowId }]]);
    });

    test("move in the commit that reconnects their connection to another account, within the workspace only", async ({
      backend,
      scope,
      stranger,
    }) => {
      const connection = sampleConnection(scope);
      const { id } = connection;
      await backend.connections.create(scope, connection, "sealed-1", change("connection.created", id));
      const route = { ...EVENT, connectionId: id };
      const ours = await publishNew(backend, scope, route);
      const theirs = await publishNew(backend, stranger, route);
      const renew = (by: Scope, account: NewCredential["account"]) =>
        backend.connections.reconnect(
          by,
          id,
          { ...NO_TOKEN, account, sealedCredential: "sealed-2" },
          change("connection.reconnected", id),
        );
      const account = { id: "T7 \\ \0", label: "Another" };
      expect(await renew(stranger, account)).toBe(false);
      expect(await renew(scope, null)).toBe(true);
      expect(await backend.eventRoutes.find("acme", account.id, INSTALLATION)).toEqual([]);
      expect(await renew(scope, account)).toBe(true);
      expect(await backend.eventRoutes.find("acme", account.id, INSTALLATION)).toMatchObject([{ workflowId: ours }]);
      expect(await backend.eventRoutes.find("acme", EVENT.accountId, INSTALLATION)).toMatchObject([
        { workflowId: theirs },
      ]);
    });
  });
}
