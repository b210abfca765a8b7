import { describe, expect } from "bun:test";
import type { Backend } from "../../domain/backend.ts";
import type { NewPoll, Poll, PollItem, PollSettlement } from "../../domain/poll-store.ts";
import type { Scope } from "../../domain/tenant.ts";
import { backendTests, type OpenBackendUnderTest } from "./backend-under-test.ts";
import { change, dedupe, NOW, sampleRun, sampleWorkflow } from "./samples.ts";

const MINUTE = 60_000;
const POLL: NewPoll = { triggerHash: "leads of acme", everyMs: 5 * MINUTE, nextAt: NOW };

async function publish(backend: Backend, scope: Scope, id: string, poll: NewPoll | null, name = "v1") {
  const definition = { ...sampleWorkflow(scope).definition, name };
  const activation = { hook: null, schedule: null, poll };
  await backend.workflows.publish(scope, id, { definition, revision: 1, activation }, change("workflow.published", id));
}

async function publishPoll(backend: Backend, scope: Scope, poll = POLL): Promise<Poll> {
  const workflow = sampleWorkflow(scope);
  await backend.workflows.create(scope, workflow, change("workflow.created", workflow.id));
  await publish(backend, scope, workflow.id, poll);
  return (await backend.polls.find(scope, workflow.id))!;
}

function settlement(patch: Partial<PollSettlement> = {}): PollSettlement {
  const outcome = { succeededAt: NOW, failures: 0, problem: null, paused: false };
  return { nextAt: NOW + 5 * MINUTE, cursor: { since: "2026-01-15" }, items: [], ...outcome, ...patch };
}

function item(poll: Poll, key: string, patch: Partial<PollItem> = {}): PollItem {
  const run = sampleRun({ workflowId: poll.workflowId, source: "poll", createdAt: NOW });
  return { dedupe: dedupe(key, NOW + 86_400_000), run, ...patch };
}

async function runIds(backend: Backend, scope: Scope, { workflowId }: Poll): Promise<readonly string[]> {
  const page = await backend.runs.list(scope, { workflowId, status: null }, { limit: 50, cursor: null });
  return page.items.map(({ id }) => id).sort();
}

export function pollContract(open: OpenBackendUnderTest): void {
  const test = backendTests(open);

  describe("polls", () => {
    test("are due in order of their time, of all tenants", async ({ backend, scope, stranger }) => {
      const later = await publishPoll(backend, scope, { ...POLL, nextAt: NOW + 20 });
      const sooner = await publishPoll(backend, stranger, { ...POLL, nextAt: NOW + 10 });
      expect(await backend.polls.nextDueAt()).toBe(NOW + 10);
      expect(await backend.polls.due(NOW + 9, 10)).toEqual([]);
      expect(await backend.polls.due(NOW + 20, 10)).toEqual([sooner, later]);
      expect(await backend.polls.due(NOW + 20, 1)).toEqual([sooner]);
      expect(await backend.polls.due(NOW + 20, 1, [stranger.tenantId, "nobody"])).toEqual([later]);
      expect(sooner).toMatchObject({ cursor: null, succeededAt: null, failures: 0, paused: false, version: 1 });
    });

    test("are taken by one of many who look at the same time, and are due again after the lease", async (world) => {
      const beside = await world.openBeside();
      const poll = await publishPoll(world.backend, world.scope);
      const backends = [world.backend, beside, world.backend, beside];
      const taken = await Promise.all(backends.map((each) => each.polls.take(poll, NOW + MINUTE)));
      expect(taken.filter((each) => each !== null)).toHaveLength(1);
      expect(await world.backend.polls.due(NOW + MINUTE - 1, 10)).toEqual([]);
      expect(await world.backend.polls.due(NOW + MINUTE, 10)).toEqual(taken.filter((each) => each !== null));
      await beside.close();
    });

    test("the cursor moves in the commit that accepts the runs, and a key that is taken starts none", async (world) => {
      const { backend, scope, reopen } = world;
      const poll = (await backend.polls.take(await publishPoll(backend, scope), NOW + MINUTE))!;
      const [a, b, again] = [item(poll, "a"), item(poll, "b"), item(poll, "b")];
      expect(await backend.polls.settle(poll, settlement({ items: [a, b] }))).toEqual([a.run!.id, b.run!.id]);
      const next = (await backend.polls.take((await backend.polls.find(scope, poll.workflowId))!, NOW + MINUTE))!;
      const more = item(next, "c");
      const moved = settlement({ items: [again, more], cursor: { since: "later" }, nextAt: NOW + 7 });
      expect(await backend.polls.settle(next, moved)).toEqual([more.run!.id]);
      const { backend: reopened, owner } = await reopen();
      const stored = await reopened.polls.find(scope, poll.workflowId);
      expect(stored).toMatchObject({ cursor: { since: "later" }, nextAt: NOW + 7, succeededAt: NOW });
      const started = [a, b, more].map(({ run }) => run!.id).sort();
      expect(await runIds(reopened, scope, poll)).toEqual(started);
      const claimed = await reopened.runs.claim({ owner, limit: 10, perTenant: 10, now: NOW });
      expect(claimed.map(({ run }) => run.id).sort()).toEqual(started);
    });

    test("an item without a run is only remembered", async ({ backend, scope }) => {
      const poll = (await backend.polls.take(await publishPoll(backend, scope), NOW + MINUTE))!;
      expect(await backend.polls.settle(poll, settlement({ items: [item(poll, "old", { run: null })] }))).toEqual([]);
      const next = (await backend.polls.take((await backend.polls.find(scope, poll.workflowId))!, NOW + MINUTE))!;
      expect(await backend.polls.settle(next, settlement({ items: [item(next, "old")] }))).toEqual([]);
      expect(await runIds(backend, scope, poll)).toEqual([]);
    });

    test("whoever lost the poll writes nothing: neither cursor nor runs", async ({ backend, scope }) => {
      const first = (await backend.polls.take(await publishPoll(backend, scope), NOW + MINUTE))!;
      const second = (await backend.polls.take(first, NOW + 2 * MINUTE))!;
      expect(await backend.polls.settle(first, settlement({ items: [item(first, "a")] }))).toBeNull();
      expect(await backend.polls.find(scope, first.workflowId)).toEqual(second);
      expect(await runIds(backend, scope, first)).toEqual([]);
    });

    test("a failure keeps the cursor and says what is wrong", async ({ backend, scope }) => {
      const poll = (await backend.polls.take(await publishPoll(backend, scope), NOW + MINUTE))!;
      await backend.polls.settle(poll, settlement());
      const next = (await backend.polls.take((await backend.polls.find(scope, poll.workflowId))!, NOW + MINUTE))!;
      const failing = {
        cursor: undefined,
        failures: 3,
        problem: "500 \\u0000 \0 grün",
        succeededAt: NOW,
        nextAt: NOW + 9,
      };
      expect(await backend.polls.settle(next, settlement(failing))).toEqual([]);
      expect(await backend.polls.find(scope, poll.workflowId)).toMatchObject({
        ...failing,
        cursor: { since: "2026-01-15" },
      });
    });

    test("publishing keeps the cursor while the trigger asks the same, and takes the poll from who is at it", async (world) => {
      const { backend, scope } = world;
      const taken = (await backend.polls.take(await publishPoll(backend, scope), NOW + MINUTE))!;
      const { workflowId } = taken;
      await backend.polls.settle(taken, settlement());
      await publish(backend, scope, workflowId, { ...POLL, everyMs: MINUTE, nextAt: NOW + 1 }, "v2");
      const kept = (await backend.polls.find(scope, workflowId))!;
      expect(kept).toMatchObject({ version: 2, everyMs: MINUTE, nextAt: NOW + 1, cursor: { since: "2026-01-15" } });
      expect(await backend.polls.settle(taken, settlement())).toBeNull();
      await publish(backend, scope, workflowId, { ...POLL, triggerHash: "deals of acme" }, "v3");
      expect(await backend.polls.find(scope, workflowId)).toMatchObject({
        version: 3,
        cursor: null,
        succeededAt: null,
      });
      expect(await backend.polls.settle(kept, settlement())).toBeNull();
    });

    test("end with unpublishing, deleting, and with another trigger", async ({ backend, scope }) => {
      const polls = await Promise.all([1, 2, 3].map(() => publishPoll(backend, scope)));
      const [unpublished, deleted, changed] = polls.map(({ workflowId }) => workflowId) as [string, string, string];
      await backend.workflows.unpublish(scope, unpublished, change("workflow.unpublished", unpublished));
      await backend.workflows.delete(scope, deleted, change("workflow.deleted", deleted));
      await publish(backend, scope, changed, null);
      for (const poll of polls) {
        expect(await backend.polls.find(scope, poll.workflowId)).toBeNull();
        expect(await backend.polls.settle(poll, settlement({ items: [item(poll, "x")] }))).toBeNull();
      }
      expect(await backend.polls.due(NOW + 100, 10)).toEqual([]);
      expect(await backend.polls.nextDueAt()).toBeNull();
    });

    test("that wait for a connection are woken in their workspace, others keep their time", async (world) => {
      const { backend, scope, stranger } = world;
      const pause = async (each: Scope, paused: boolean) => {
        const poll = (await backend.polls.take(await publishPoll(backend, each), NOW + MINUTE))!;
        await backend.polls.settle(poll, settlement({ paused, problem: "reconnect" }));
        return poll.workflowId;
      };
      const waiting = await pause(scope, true);
      await pause(scope, false);
      await pause(stranger, true);
      await backend.polls.wakePaused(scope, NOW + 1);
      expect((await backend.polls.due(NOW + 1, 10)).map(({ workflowId }) => workflowId)).toEqual([waiting]);
      expect(await backend.polls.nextDueAt()).toBe(NOW + 1);
    });

    test("are not found from another tenant or workspace", async ({ backend, scope, stranger, neighbour }) => {
      const { workflowId } = await publishPoll(backend, scope);
      expect(await backend.polls.find(stranger, workflowId)).toBeNull();
      expect(await backend.polls.find(neighbour, workflowId)).toBeNull();
    });
  });

  backendTests(open, { maxUnfinishedPerTenant: 1 })(
    "a tenant with too many runs keeps its cursor where it was",
    async ({ backend, scope }) => {
      const poll = (await backend.polls.take(await publishPoll(backend, scope), NOW + MINUTE))!;
      await backend.polls.settle(poll, settlement({ items: [item(poll, "a")] }));
      const next = (await backend.polls.take((await backend.polls.find(scope, poll.workflowId))!, NOW + MINUTE))!;
      const tooMany = settlement({ items: [item(next, "b")], cursor: "beyond b" });
      expect(backend.polls.settle(next, tooMany)).rejects.toMatchObject({ code: "rate_limited" });
      expect(await backend.polls.find(scope, poll.workflowId)).toMatchObject({ cursor: { since: "2026-01-15" } });
    },
  );
}
