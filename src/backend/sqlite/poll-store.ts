import type { PollStore } from "../../domain/poll-store.ts";
import { POLL_COLUMNS, type PollRow, pollOf } from "../rows/poll-row.ts";
import { prepareRun, type RunInsert, TO_BE_CLAIMED } from "./runs/insert-run.ts";
import { createTakeKey } from "./runs/take-key.ts";
import type { UnfinishedRuns } from "./runs/unfinished-runs.ts";
import type { Storage } from "./storage.ts";

export function createPollStore(
  { raw, commits }: Storage,
  insertRun: RunInsert,
  unfinished: UnfinishedRuns,
): PollStore {
  const due = raw.prepare<PollRow, [number, string, number]>(
    `SELECT ${POLL_COLUMNS} FROM polls
     WHERE next_at <= ? AND tenant_id NOT IN (SELECT value FROM json_each(?)) ORDER BY next_at LIMIT ?`,
  );
  const earliest = raw.prepare<{ next_at: number }, []>("SELECT next_at FROM polls ORDER BY next_at LIMIT 1");
  const byWorkflow = raw.prepare<PollRow, [string, string, string]>(
    `SELECT ${POLL_COLUMNS} FROM polls WHERE workflow_id = ? AND tenant_id = ? AND workspace_id = ?`,
  );
  const takeOver = raw.prepare<PollRow, [number, string, string, number, number]>(
    `UPDATE polls SET next_at = ?, fence = fence + 1
     WHERE workflow_id = ? AND tenant_id = ? AND fence = ? AND next_at = ? RETURNING ${POLL_COLUMNS}`,
  );
  const moveOn = raw.prepare(
    `UPDATE polls SET next_at = ?, cursor = coalesce(?, cursor), succeeded_at = ?, failures = ?, problem = ?, paused = ?
     WHERE workflow_id = ? AND tenant_id = ? AND fence = ?`,
  );
  const wake = raw.prepare("UPDATE polls SET next_at = ? WHERE workspace_id = ? AND tenant_id = ? AND paused = 1");
  const takeKey = createTakeKey(raw);

  return {
    async due(now, limit, exceptTenants = []) {
      return due.all(now, JSON.stringify(exceptTenants), limit).map(pollOf);
    },
    async nextDueAt() {
      return earliest.get()?.next_at ?? null;
    },
    async take(poll, until) {
      const row = await commits.submit(() =>
        takeOver.get(until, poll.workflowId, poll.tenantId, poll.fence, poll.nextAt),
      );
      return row ? pollOf(row) : null;
    },
    async settle(poll, { nextAt, cursor, items, succeededAt, failures, problem, paused }) {
      const { tenantId, workflowId } = poll;
      const prepared = items.map(({ dedupe, run }) => ({
        dedupe,
        runId: run?.id ?? "",
        at: run?.createdAt ?? succeededAt ?? 0,
        run: run && prepareRun(poll, run, TO_BE_CLAIMED),
      }));
      if (prepared.some(({ run }) => run) && unfinished.isFull(tenantId)) throw unfinished.tooMany();
      const cursorText = cursor === undefined ? null : JSON.stringify(cursor);
      const started = await commits.submit(() => {
        const moved = moveOn.run(
          nextAt,
          cursorText,
          succeededAt,
          failures,
          problem,
          paused ? 1 : 0,
          workflowId,
          tenantId,
          poll.fence,
        );
        if (moved.changes === 0) return null;
        const ids: string[] = [];
        for (const { dedupe, runId, at, run } of prepared) {
          if (dedupe && !takeKey({ tenantId, workflowId, runId, dedupe, at })) continue;
          if (!run) continue;
          insertRun(run);
          ids.push(runId);
        }
        return ids;
      });
      if (started) unfinished.add(tenantId, started.length);
      return started;
    },
    async find({ tenantId, workspaceId }, workflowId) {
      const row = byWorkflow.get(workflowId, tenantId, workspaceId);
      return row ? pollOf(row) : null;
    },
    async wakePaused({ tenantId, workspaceId }, now) {
      await commits.submit(() => void wake.run(now, workspaceId, tenantId));
    },
  };
}
