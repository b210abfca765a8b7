import { describe, expect } from "bun:test";
import { backendTests, type OpenBackendUnderTest } from "./backend-under-test.ts";
import { change, dedupe, ending, NOW, parking, sampleCommit, sampleRun, sampleStep, UNHELD } from "./samples.ts";

export function pruneContract(open: OpenBackendUnderTest): void {
  const test = backendTests(open);

  describe("pruning", () => {
    test("removes ended runs that finished before, with all that belongs to them", async (world) => {
      const { backend, scope, owner } = world;
      const accept = async (finishedAt: number, text = "") => {
        const { trigger } = sampleRun();
        const run = sampleRun({ trigger: { ...trigger, body: text } });
        const first = ending({ finishedAt, steps: [sampleStep("a")] });
        await backend.runs.accept(scope, run, { dedupe: null, hold: { owner, first } });
        return run;
      };
      const old = await accept(NOW - 1, "x".repeat(100_000));
      const kept = await accept(NOW);
      expect(await backend.runs.prune({ finishedBefore: NOW, limit: 10 })).toBe(1);
      expect(await backend.runs.find(scope, old.id)).toBeNull();
      expect(await backend.runs.steps(scope, old.id)).toEqual([]);
      expect(await backend.runs.find(scope, kept.id)).not.toBeNull();
      expect(await backend.runs.steps(scope, kept.id)).toHaveLength(1);
    });

    test("never touches a run that has not ended, however old", async ({ backend, scope, owner }) => {
      const longAgo = NOW - 1e10;
      const unfinished = [
        null,
        sampleCommit({ finishedAt: longAgo }),
        parking(null, { finishedAt: longAgo }),
        parking(null, { status: "needs_review", finishedAt: longAgo }),
      ];
      for (const first of unfinished) {
        const run = sampleRun({ createdAt: longAgo });
        await backend.runs.accept(scope, run, { dedupe: null, hold: { owner, first } });
      }
      await backend.runs.accept(scope, sampleRun({ createdAt: longAgo }), UNHELD);
      expect(await backend.runs.prune({ finishedBefore: NOW, limit: 100 })).toBe(0);
      const { items } = await backend.runs.list(scope, { workflowId: null, status: null }, { limit: 9, cursor: null });
      expect(items).toHaveLength(5);
    });

    test("removes at most as many as asked for, oldest first", async ({ backend, scope, owner }) => {
      const runs = Array.from({ length: 350 }, () => sampleRun());
      await Promise.all(
        runs.map((run, n) =>
          backend.runs.accept(scope, run, { dedupe: null, hold: { owner, first: ending({ finishedAt: NOW + n }) } }),
        ),
      );
      expect(await backend.runs.prune({ finishedBefore: NOW + 300, limit: 250 })).toBe(250);
      expect(await backend.runs.find(scope, runs[249]?.id ?? "")).toBeNull();
      expect(await backend.runs.find(scope, runs[250]?.id ?? "")).not.toBeNull();
      expect(await backend.runs.prune({ finishedBefore: NOW + 300, limit: 250 })).toBe(50);
    });

    test("leaves dedupe keys: a delivery stays known after its run is gone", async ({ backend, scope, owner }) => {
      const run = sampleRun();
      await backend.runs.accept(scope, run, { dedupe: dedupe("k"), hold: { owner, first: ending() } });
      await backend.runs.prune({ finishedBefore: NOW + 1e9, limit: 10 });
      const again = await backend.runs.accept(scope, sampleRun(), { dedupe: dedupe("k"), hold: null });
      expect(again).toEqual({ runId: run.id, duplicate: true });
    });

    test("a signal to a pruned run finds nothing", async ({ backend, scope, owner }) => {
      const run = sampleRun();
      await backend.runs.accept(scope, run, { dedupe: null, hold: { owner, first: ending() } });
      await backend.runs.prune({ finishedBefore: NOW + 1e9, limit: 10 });
      const signal = { kind: "cancel", by: "x" } as const;
      expect(await backend.runs.signal(scope, run.id, signal, change("run.cancelled", run.id))).toBe("missing");
    });
  });
}
