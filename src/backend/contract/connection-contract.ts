import { describe, expect } from "bun:test";
import type { Backend } from "../../domain/backend.ts";
import { type Connection, NO_TOKEN } from "../../domain/connection.ts";
import type { NewCredential } from "../../domain/connection-store.ts";
import type { Scope } from "../../domain/tenant.ts";
import type { WorkflowDefinition } from "../../domain/workflow.ts";
import { newId } from "../../platform/ids.ts";
import { backendTests, type OpenBackendUnderTest } from "./backend-under-test.ts";
import { change, NOW, parking, sampleConnection, sampleDefinition, sampleRun, sampleWorkflow } from "./samples.ts";

const HOUR = 3_600_000;

function credential(patch: Partial<NewCredential> = {}): NewCredential {
  return { ...NO_TOKEN, sealedCredential: "sealed-2", refreshedAt: NOW, ...patch };
}

async function store(backend: Backend, scope: Scope, patch: Partial<Connection> = {}): Promise<Connection> {
  const connection = sampleConnection(scope, patch);
  await backend.connections.create(scope, connection, "sealed-1", change("connection.created", connection.id));
  return connection;
}

/** Connections: what is stored, who may refresh, what is due, what is known of their health. */
export function connectionContract(open: OpenBackendUnderTest): void {
  const test = backendTests(open);

  describe("connections", () => {
    test("keep their sealed credential apart from what is shown", async ({ backend, scope, reopen }) => {
      const token = { account: { id: "T1", label: "Acme \0 \\ Ü" }, scopes: ["a", "b"], expiresAt: NOW + HOUR };
      const connection = await store(backend, scope, { ...token, refreshedAt: NOW, refreshAt: NOW + 1 });
      const { backend: again } = await reopen();
      expect(await again.connections.find(scope, connection.id)).toEqual(connection);
      expect(await again.connections.findSealed(scope, connection.id)).toEqual({ connection, sealed: "sealed-1" });
      const { items } = await again.connections.list(scope, { limit: 10, cursor: null });
      expect(items).toEqual([connection]);
      expect(JSON.stringify(items)).not.toContain("sealed-1");
    });

    test("change only in what is given", async ({ backend, scope }) => {
      const connection = await store(backend, scope);
      const { id } = connection;
      const at = NOW + 10;
      const patch = { hosts: ["b.example"] };
      expect(await backend.connections.update(scope, id, patch, change("connection.updated", id, at))).toBe(true);
      const changed = { ...connection, hosts: ["b.example"], updatedAt: at };
      expect(await backend.connections.findSealed(scope, id)).toEqual({ connection: changed, sealed: "sealed-1" });
      await backend.connections.update(scope, id, { name: "Other" }, change("connection.updated", id, at));
      expect(await backend.connections.find(scope, id)).toEqual({ ...changed, name: "Other" });
      expect(await backend.connections.update(scope, "conn_no", patch, change("x.x", "x"))).toBe(false);
    });

    test("that are reconnected are ready, a generation further, and nobody is told any more", async ({
      backend,
      scope,
    }) => {
      const connection = await store(backend, scope);
      const { id } = connection;
      const broken = change("connection.broken", id);
      expect(await backend.connections.markBroken(scope, id, { owner: null, generation: 1 }, "revoked", broken)).toBe(
        true,
      );
      expect(await backend.connections.broken(scope, [id, "conn_no"])).toEqual([id]);
      expect((await backend.connections.due(NOW, 10)).map(({ kind }) => kind)).toEqual(["tell_reconnect"]);
      const account = { id: "T1", label: "Acme" };
      const next = credential({ account, scopes: ["x"], expiresAt: NOW + HOUR, refreshAt: NOW + HOUR / 2 });
      const reconnected = change("connection.reconnected", id, NOW + 5);
      expect(await backend.connections.reconnect(scope, id, { ...next, name: "New" }, reconnected)).toBe(true);
      expect(await backend.connections.findSealed(scope, id)).toEqual({
        connection: {
          ...connection,
          name: "New",
          account,
          scopes: ["x"],
          expiresAt: NOW + HOUR,
          refreshedAt: NOW,
          refreshAt: NOW + HOUR / 2,
          generation: 2,
          updatedAt: NOW + 5,
        },
        sealed: "sealed-2",
      });
      expect(await backend.connections.broken(scope, [id])).toEqual([]);
      expect(await backend.connections.due(NOW + HOUR, 10)).toEqual([
        {
          kind: "refresh",
          subject: id,
          tenantId: scope.tenantId,
          workspaceId: scope.workspaceId,
          dueAt: NOW + HOUR / 2,
        },
      ]);
    });

    test("remember when they were last used, and are gone once deleted", async ({ backend, scope }) => {
      const { id } = await store(backend, scope, { refreshAt: NOW });
      await backend.connections.touch(scope, id, NOW + 7);
      expect((await backend.connections.find(scope, id))?.lastUsedAt).toBe(NOW + 7);
      await backend.connections.record(scope, id, { at: NOW, kind: "refused", message: "x" });
      expect(await backend.connections.delete(scope, id, null, change("connection.deleted", id))).toBe(true);
      expect(await backend.connections.delete(scope, id, null, change("connection.deleted", id))).toBe(false);
      expect(await backend.connections.find(scope, id)).toBeNull();
      expect(await backend.connections.events(scope, id)).toEqual([]);
      expect(await backend.connections.due(NOW + HOUR, 10)).toEqual([]);
    });
  });

  describe("refreshing", () => {
    const times = { now: NOW, until: NOW + 60_000 };

    test("is for one worker at a time, of many that ask at once", async ({ backend, scope }) => {
      const { id } = await store(backend, scope, { refreshAt: NOW });
      const asked = await Promise.all(
        Array.from({ length: 20 }, (_, n) =>
          backend.connections.leaseRefresh(scope, id, { owner: `worker ${n}`, generation: 1 }, times),
        ),
      );
      expect(asked.filter(({ kind }) => kind === "leased")).toHaveLength(1);
      expect(asked.find(({ kind }) => kind === "leased")).toMatchObject({ interrupted: false, sealed: "sealed-1" });
      expect(asked.filter(({ kind }) => kind === "in_progress")).toHaveLength(19);
      expect(await backend.connections.due(NOW + 1_000, 10)).toEqual([]);
    });

    test("is committed by the one with the lease, and whoever comes later finds the new credential", async ({
      backend,
      scope,
      reopen,
    }) => {
      const { id } = await store(backend, scope, { account: { id: "T1", label: "Acme" } });
      const claim = { owner: "a", generation: 1 };
      await backend.connections.leaseRefresh(scope, id, claim, times);
      expect(await backend.connections.commitRefresh(scope, id, { ...claim, owner: "b" }, credential())).toBe(false);
      const next = credential({ expiresAt: NOW + HOUR, refreshAt: NOW + HOUR / 2, scopes: ["s"] });
      expect(await backend.connections.commitRefresh(scope, id, claim, next)).toBe(true);
      expect(await backend.connections.commitRefresh(scope, id, claim, next)).toBe(false);
      const { backend: again } = await reopen();
      expect(await again.connections.leaseRefresh(scope, id, claim, times)).toMatchObject({
        kind: "moved_on",
        sealed: "sealed-2",
        // Whose account it is stays known when a refresh does not tell it.
        connection: { generation: 2, account: { id: "T1", label: "Acme" }, expiresAt: NOW + HOUR, scopes: ["s"] },
      });
    });

    test("is taken over when the lease has run out, and the worker that was away has lost", async ({
      backend,
      scope,
    }) => {
      const { id } = await store(backend, scope);
      const [slow, fast] = [
        { owner: "slow", generation: 1 },
        { owner: "fast", generation: 1 },
      ];
      await backend.connections.leaseRefresh(scope, id, slow, times);
      const later = { now: times.until, until: times.until + 60_000 };
      expect(await backend.connections.leaseRefresh(scope, id, fast, later)).toMatchObject({
        kind: "leased",
        interrupted: true,
      });
      expect(await backend.connections.commitRefresh(scope, id, slow, credential())).toBe(false);
      expect(
        await backend.connections.postponeRefresh(scope, id, slow, { at: NOW, refreshAt: NOW, problem: "x" }),
      ).toBe(false);
      expect(await backend.connections.markBroken(scope, id, slow, "x", change("connection.broken", id))).toBe(false);
      expect(await backend.connections.commitRefresh(scope, id, fast, credential())).toBe(true);
    });

    test("that failed is due again then, and is counted until one succeeds", async ({ backend, scope }) => {
      const { id } = await store(backend, scope, { refreshAt: NOW });
      const claim = { owner: "a", generation: 1 };
      for (const failures of [1, 2]) {
        await backend.connections.leaseRefresh(scope, id, claim, times);
        const failure = { at: NOW, refreshAt: NOW + failures, problem: "The token endpoint answered 503." };
        expect(await backend.connections.postponeRefresh(scope, id, claim, failure)).toBe(true);
        const expected = {
          state: "ready",
          refreshFailures: failures,
          problem: failure.problem,
          generation: 1,
        } as const;
        expect(await backend.connections.find(scope, id)).toMatchObject({ ...expected, refreshAt: NOW + failures });
      }
      expect((await backend.connections.due(NOW + 2, 10)).map(({ dueAt }) => dueAt)).toEqual([NOW + 2]);
      await backend.connections.leaseRefresh(scope, id, claim, times);
      await backend.connections.commitRefresh(scope, id, claim, credential());
      expect(await backend.connections.find(scope, id)).toMatchObject({ refreshFailures: 0, problem: null });
    });

    test("loses to a person who reconnects meanwhile", async ({ backend, scope }) => {
      const { id } = await store(backend, scope);
      const claim = { owner: "a", generation: 1 };
      await backend.connections.leaseRefresh(scope, id, claim, times);
      const theirs = credential({ sealedCredential: "theirs" });
      await backend.connections.reconnect(scope, id, theirs, change("connection.reconnected", id));
      expect(await backend.connections.commitRefresh(scope, id, claim, credential())).toBe(false);
      expect(await backend.connections.markBroken(scope, id, claim, "x", change("connection.broken", id))).toBe(false);
      expect(await backend.connections.findSealed(scope, id)).toMatchObject({
        sealed: "theirs",
        connection: { state: "ready" },
      });
    });

    test("of a grant that is gone ends in needs_reconnect once, in the audit log too", async ({ backend, scope }) => {
      const { id } = await store(backend, scope, { refreshAt: NOW });
      const claim = { owner: "a", generation: 1 };
      const broken = change("connection.broken", id);
      await backend.connections.leaseRefresh(scope, id, claim, times);
      // Without a claim of its own, nobody condemns what is being refreshed.
      const unheld = { owner: null, generation: 1 };
      expect(await backend.connections.markBroken(scope, id, unheld, "x", broken)).toBe(false);
      expect(await backend.connections.markBroken(scope, id, claim, "revoked", broken)).toBe(true);
      expect(await backend.connections.markBroken(scope, id, claim, "revoked", broken)).toBe(false);
      expect(await backend.connections.find(scope, id)).toMatchObject({
        state: "needs_reconnect",
        problem: "revoked",
        refreshAt: null,
      });
      const leased = await backend.connections.leaseRefresh(scope, id, claim, times);
      expect(leased).toMatchObject({ kind: "moved_on", connection: { state: "needs_reconnect" } });
      const { items } = await backend.audit.list(scope, { limit: 10, cursor: null });
      expect(items.filter(({ action }) => action === "connection.broken")).toHaveLength(1);
    });
  });

  describe("what is due for connections", () => {
    test("is found over all tenants, the longest due first, and no more than asked for", async ({
      backend,
      scope,
      stranger,
    }) => {
      const ours = await store(backend, scope, { refreshAt: NOW + 2 });
      const theirs = await store(backend, stranger, { refreshAt: NOW + 1 });
      await store(backend, scope, { refreshAt: NOW + 100 });
      await store(backend, scope);
      const subjects = async (now: number, limit: number) =>
        (await backend.connections.due(now, limit)).map(({ subject }) => subject);
      expect(await subjects(NOW, 10)).toEqual([]);
      expect(await subjects(NOW + 2, 10)).toEqual([theirs.id, ours.id]);
      expect(await subjects(NOW + 2, 1)).toEqual([theirs.id]);
    });

    test("is postponed and done only by whoever has seen it as it is", async ({ backend, scope }) => {
      await store(backend, scope, { refreshAt: NOW });
      const [work] = await backend.connections.due(NOW, 1);
      expect(await backend.connections.postpone(work!, NOW + 10)).toBe(true);
      expect(await backend.connections.postpone(work!, NOW + 20)).toBe(false);
      await backend.connections.done(work!);
      const [later] = await backend.connections.due(NOW + 10, 1);
      expect(later).toEqual({ ...work!, dueAt: NOW + 10 });
      await backend.connections.done(later!);
      expect(await backend.connections.due(NOW + HOUR, 10)).toEqual([]);
    });

    test("also the grant of a deleted connection, until it was taken back", async ({
      backend,
      scope,
      stranger,
      reopen,
    }) => {
      const { id, connector, scheme } = await store(backend, scope, { refreshAt: NOW });
      const held = { connectionId: id, account: { id: "T \\ \0", label: "Ü \0" }, connector, scheme };
      const revocation = { id: newId("rev"), ...held, sealedCredential: "sealed to revoke", attempts: 0 };
      const deleted = change("connection.deleted", id);
      expect(await backend.connections.delete(scope, id, { revocation, generation: 2 }, deleted)).toBe(false);
      expect(await backend.connections.findRevocation(scope, revocation.id)).toBeNull();
      expect(await backend.connections.delete(scope, id, { revocation, generation: 1 }, deleted)).toBe(true);
      const { backend: again } = await reopen();
      const [work] = await again.connections.due(NOW, 10);
      expect(work).toMatchObject({ kind: "revoke", subject: revocation.id });
      expect(await again.connections.findRevocation(stranger, revocation.id)).toBeNull();
      expect(await again.connections.findRevocation(scope, revocation.id)).toEqual(revocation);
      await again.connections.revocationFailed(scope, revocation.id, NOW + 60_000);
      expect(await again.connections.due(NOW, 10)).toEqual([]);
      expect(await again.connections.findRevocation(scope, revocation.id)).toEqual({ ...revocation, attempts: 1 });
      await again.connections.endRevocation(scope, revocation.id);
      expect(await again.connections.findRevocation(scope, revocation.id)).toBeNull();
      expect(await again.connections.due(NOW + HOUR, 10)).toEqual([]);
    });

    test("also what a reconnected connection held before, if it was that", async ({ backend, scope }) => {
      const { id, connector, scheme } = await store(backend, scope);
      const held = { connectionId: id, account: null, connector, scheme, sealedCredential: "sealed-1", attempts: 0 };
      const revocation = { id: newId("rev"), ...held };
      const again = change("connection.reconnected", id);
      const { connections } = backend;
      expect(await connections.reconnect(scope, id, credential(), again, { revocation, generation: 2 })).toBe(false);
      expect(await connections.findSealed(scope, id)).toMatchObject({ sealed: "sealed-1" });
      expect(await connections.due(NOW, 10)).toEqual([]);
      expect(await connections.reconnect(scope, id, credential(), again, { revocation, generation: 1 })).toBe(true);
      expect(await connections.findSealed(scope, id)).toMatchObject({ sealed: "sealed-2" });
      expect(await connections.findRevocation(scope, revocation.id)).toEqual(revocation);
      expect(await connections.due(NOW, 10)).toMatchObject([{ kind: "revoke", subject: revocation.id }]);
      const another = { ...revocation, id: newId("rev") };
      await connections.addRevocation(scope, another, NOW + 5);
      expect(await connections.due(NOW + 5, 10)).toMatchObject([{}, { kind: "revoke", subject: another.id }]);
    });
  });

  describe("the health of a connection", () => {
    test("shows its newest events, each once, at most twenty", async ({ backend, scope }) => {
      const { id } = await store(backend, scope);
      for (let n = 0; n < 25; n += 1)
        for (const at of [NOW + n, NOW + n])
          await backend.connections.record(scope, id, { at, kind: "refresh_failed", message: `failure ${n} \0` });
      const events = await backend.connections.events(scope, id);
      expect(events).toHaveLength(20);
      expect(events[0]).toEqual({ at: NOW + 24, kind: "refresh_failed", message: "failure 24 \0" });
      expect(events.at(-1)?.message).toBe("failure 5 \0");
    });

    test("shows the workflows that mention it, in the draft or as published, and no others", async ({
      backend,
      scope,
      stranger,
      neighbour,
    }) => {
      const { id } = await store(backend, scope);
      const naming = sampleDefinition({
        trigger: { connector: "webhook", trigger: "request", connection: id, input: {} },
      });
      const mentions = async (owner: Scope, drafted: WorkflowDefinition, published: WorkflowDefinition | null) => {
        const workflow = { ...sampleWorkflow(owner), definition: published ?? drafted };
        await backend.workflows.create(owner, workflow, change("workflow.created", workflow.id));
        if (published) {
          const publication = { definition: published, revision: 1, activation: { hook: null, schedule: null } };
          await backend.workflows.publish(owner, workflow.id, publication, change("workflow.published", workflow.id));
          const draft = { definition: drafted, revision: null };
          await backend.workflows.saveDraft(owner, workflow.id, draft, change("workflow.saved", workflow.id));
        }
        return workflow.id;
      };
      const inDraft = await mentions(scope, naming, null);
      const inPublished = await mentions(scope, sampleDefinition(), naming);
      await mentions(scope, sampleDefinition(), null);
      await mentions(stranger, naming, null);
      const deleted = await mentions(scope, naming, null);
      await backend.workflows.delete(scope, deleted, change("workflow.deleted", deleted));
      expect(await backend.connections.mentionedBy(scope, id)).toEqual([inDraft, inPublished].sort().reverse());
      expect(await backend.connections.mentionedBy(neighbour, id)).toEqual([]);
    });

    test("counts the runs that wait for it, and no longer those that go on", async ({ backend, scope, owner }) => {
      const { id } = await store(backend, scope);
      const runs: string[] = [];
      for (let n = 0; n < 3; n += 1) {
        const run = sampleRun({ id: newId("run") });
        const first = parking(NOW + HOUR, { waitingFor: "connection" });
        await backend.runs.accept(scope, run, { dedupe: null, hold: { owner, first } });
        await backend.connections.park(scope, id, run.id, NOW + n);
        await backend.connections.park(scope, id, run.id, NOW + 10 + n);
        runs.push(run.id);
      }
      expect(await backend.connections.parkedRuns(scope, id, 2)).toEqual({
        count: 3,
        runs: runs.slice(0, 2).map((runId, n) => ({ runId, workflowId: "wf_sample", parkedAt: NOW + n })),
      });
      await backend.connections.reconnect(scope, id, credential(), change("connection.reconnected", id));
      expect(await backend.connections.parkedRuns(scope, id, 2)).toEqual({ count: 0, runs: [] });
    });
  });
}
