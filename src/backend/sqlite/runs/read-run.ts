import { unpackLedger } from "../../../domain/packed-ledger.ts";
import type { RunStore } from "../../../domain/run-store.ts";
import { RUN_COLUMNS } from "../../rows/run-row.ts";
import type { Storage } from "../storage.ts";
import { createToRun, type StoredRun } from "./run-rows.ts";
import { createStepRead } from "./step-rows.ts";

const DAY_MS = 86_400_000;

export function createReadRun({ raw }: Storage): Pick<RunStore, "find" | "steps" | "findWithSteps" | "usage"> {
  const inScope = "id = ? AND tenant_id = ? AND workspace_id = ?";
  const byId = raw.prepare<StoredRun, [string, string, string]>(`SELECT ${RUN_COLUMNS} FROM runs WHERE ${inScope}`);
  const ledgerOf = raw.prepare<{ ledger: string | null }, [string, string, string]>(
    `SELECT ledger FROM runs WHERE ${inScope}`,
  );
  const countsSince = raw.prepare<{ day: number; runs: number }, [string, number]>(
    "SELECT day, runs FROM run_counts WHERE tenant_id = ? AND day >= ? ORDER BY day DESC",
  );
  const toRun = createToRun(raw);
  const readLedger = createStepRead<[runId: string]>(raw, "run_id = ?");

  function stepsOf(runId: string, tenantId: string, workspaceId: string) {
    const run = ledgerOf.get(runId, tenantId, workspaceId);
    if (!run) return [];
    return run.ledger === null ? readLedger(runId) : unpackLedger(run.ledger);
  }

  return {
    async find({ tenantId, workspaceId }, id) {
      const row = byId.get(id, tenantId, workspaceId);
      return row && toRun(row);
    },
    async steps({ tenantId, workspaceId }, runId) {
      return stepsOf(runId, tenantId, workspaceId);
    },
    async findWithSteps({ tenantId, workspaceId }, id) {
      const row = byId.get(id, tenantId, workspaceId);
      return row && { run: toRun(row), steps: stepsOf(id, tenantId, workspaceId) };
    },
    async usage({ tenantId }, sinceMs) {
      const counts = countsSince.all(tenantId, Math.floor(sinceMs / DAY_MS));
      return counts.map(({ day, runs }) => ({ day: new Date(day * DAY_MS).toISOString().slice(0, 10), runs }));
    },
  };
}
