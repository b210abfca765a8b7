import { describe, expect } from "bun:test";
import type { Backend } from "../../domain/backend.ts";
import type { NewRun } from "../../domain/new-run.ts";
import { RUN_STATUSES, type RunStatus } from "../../domain/run.ts";
import type { RunFilter } from "../../domain/run-store.ts";
import type { Scope } from "../../domain/tenant.ts";
import { backendTests, type OpenBackendUnderTest } from "./backend-under-test.ts";
import { ending, NOW, parking, sampleCommit, sampleRun, storedRun } from "./samples.ts";

async function listAll(backend: Backend, scope: Scope, filter: Partial<RunFilter>, limit: number): Promise<string[]> {
  const ids: string[] = [];
  let cursor: string | null = null;
  do {
    const page = await backend.runs.list(scope, { workflowId: null, status: null, ...filter }, { limit, cursor });
    expect(page.items.length).toBeLessThanOrEqual(limit);
    if (page.nextCursor !== null) expect(page.items).toHaveLength(limit);
    ids.push(...page.items.map(({ id }) => id));
    cursor = page.nextCursor;
  } while (cursor !== null);
  return ids;
}

/** How a run comes to stand in each status; null leaves it unheld and queued. */
const FIRST_BARRIER = {
  queued: null,
  running: sampleCommit(),
  waiting: parking(NOW + 1e9),
  succeeded: ending(),
  failed: ending({ status: "failed", error: { code: "x", message: "y" } }),
  cancelled: ending({ status: "cancelled" }),
  needs_review: parking(null, { status: "needs_review", waitingFor: null }),
} as const;

export function listContract(open: OpenBackendUnderTest): void {
  const test = backendTests(open);

  describe("listing runs", () => {
    test("newest first, by workflow and by status, in pages of any size", async ({ backend, scope, owner }) => {
      const runs: { readonly run: NewRun; readonly status: RunStatus }[] = [];
      for (let n = 0; n < 42; n += 1) {
        const status = RUN_STATUSES[n % RUN_STATUSES.length] ?? "queued";
        const run = sampleRun({ workflowId: n % 2 === 0 ? "wf_even" : "wf_odd" });
        const first = FIRST_BARRIER[status];
        // A queued run may also be one that was just accepted for this worker.
        const hold = first === null && n > 20 ? null : { owner, first };
        await backend.runs.accept(scope, run, { dedupe: null, hold });
        runs.push({ run, status });
      }
      for (const workflowId of [null, "wf_even", "wf_odd", "wf_none"])
        for (const status of [null, ...RUN_STATUSES])
          for (const limit of [1, 4, 200]) {
            const wanted = runs.filter(
              (each) =>
                (workflowId === null || each.run.workflowId === workflowId) &&
                (status === null || each.status === status),
            );
            const listed = await listAll(backend, scope, { workflowId, status }, limit);
            expect(listed).toEqual(wanted.map(({ run }) => run.id).toReversed());
          }
    });

    test("shows a run without its payloads", async ({ backend, scope, owner }) => {
      const run = sampleRun();
      const error = { code: "x", message: "y", details: { a: 1 } };
      const first = ending({ status: "failed", error, response: { status: 200, headers: {}, body: 1 } });
      await backend.runs.accept(scope, run, { dedupe: null, hold: { owner, first } });
      const { items } = await backend.runs.list(scope, { workflowId: null, status: null }, { limit: 5, cursor: null });
      const {
        trigger: _,
        output: __,
        response: ___,
        ...summary
      } = storedRun(scope, run, {
        status: "failed",
        error,
        startedAt: NOW,
        finishedAt: NOW + 5,
      });
      expect(items).toEqual([summary]);
    });

    test("pages stay put while runs are added and change their status", async ({ backend, scope, owner }) => {
      const runs = Array.from({ length: 6 }, () => sampleRun());
      for (const run of runs)
        await backend.runs.accept(scope, run, { dedupe: null, hold: { owner, first: parking(null) } });
      const filter = { workflowId: null, status: "waiting" } as const;
      const first = await backend.runs.list(scope, filter, { limit: 3, cursor: null });
      await backend.runs.accept(scope, sampleRun(), { dedupe: null, hold: { owner, first: parking(null) } });
      const second = await backend.runs.list(scope, filter, { limit: 3, cursor: first.nextCursor });
      const ids = [...first.items, ...second.items].map(({ id }) => id);
      expect(ids).toEqual(runs.map(({ id }) => id).toReversed());
      expect(second.nextCursor).toBeNull();
    });

    test("finds the few that succeeded among thousands that did not", async ({ backend, scope, owner }) => {
      const accept = async (first: typeof FIRST_BARRIER.succeeded, count: number) => {
        const runs = Array.from({ length: count }, () => sampleRun());
        await Promise.all(runs.map((run) => backend.runs.accept(scope, run, { dedupe: null, hold: { owner, first } })));
        return runs.map(({ id }) => id);
      };
      const old = await accept(ending(), 3);
      await accept(ending({ status: "failed" }), 4_500);
      const recent = await accept(ending(), 2);
      expect(await listAll(backend, scope, { status: "succeeded" }, 2)).toEqual([...old, ...recent].toReversed());
      expect(await listAll(backend, scope, { status: "cancelled" }, 2)).toEqual([]);
    });

    test("only those stored since a time", async ({ backend, scope, owner }) => {
      const accept = async () => {
        const runs = (["succeeded", "failed", "running"] as const).map((status) => ({ run: sampleRun(), status }));
        for (const { run, status } of runs)
          await backend.runs.accept(scope, run, { dedupe: null, hold: { owner, first: FIRST_BARRIER[status] } });
        await Bun.sleep(5);
        return runs;
      };
      await accept();
      const since = Date.now();
      const later = await accept();
      for (const status of [null, "succeeded", "failed", "running"] as const) {
        const wanted = later.filter((each) => status === null || each.status === status);
        expect(await listAll(backend, scope, { status, since }, 2)).toEqual(
          wanted.map(({ run }) => run.id).toReversed(),
        );
      }
      expect(await listAll(backend, scope, { since: Date.now() + 60_000 }, 2)).toEqual([]);
    });

    test("a cursor that was not given out is refused", async ({ backend, scope }) => {
      const filter = { workflowId: null, status: null };
      for (const cursor of ["", "no base64!", "AAAA", "ÿ", "x".repeat(5_000), "cnVuX2E=", "cnVuX2"])
        await expect(backend.runs.list(scope, filter, { limit: 5, cursor })).rejects.toMatchObject({ code: "invalid" });
      await expect(backend.audit.list(scope, { limit: 5, cursor: "cnVuXzE" })).rejects.toMatchObject({
        code: "invalid",
      });
    });
  });
}
