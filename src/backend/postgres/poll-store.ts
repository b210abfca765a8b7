import type { Poll, PollStore } from "../../domain/poll-store.ts";
import { type BigintText, toNumber } from "../rows/cells.ts";
import { POLL_COLUMNS, type PollRow, pollOf } from "../rows/poll-row.ts";
import { keyOf, takeKeys } from "./runs/accept-runs.ts";
import { insertRuns, prepareRun, TO_BE_CLAIMED } from "./runs/insert-runs.ts";
import type { UnfinishedRuns } from "./runs/unfinished-runs.ts";
import type { Storage } from "./storage.ts";
import { decodeColumns, encodeText } from "./text-columns.ts";

export function createPollStore({ database, jobs, changes }: Storage, unfinished: UnfinishedRuns): PollStore {
  return {
    async due(now, limit, exceptTenants = []) {
      const queued = await database.query<{ workflow_id: string; tenant_id: string }>(
        `SELECT workflow_id, tenant_id FROM poll_queue
         WHERE next_at <= $1::bigint AND tenant_id <> ALL (ARRAY(SELECT json_array_elements_text($3::text::json)))
         ORDER BY next_at LIMIT $2::integer`,
        [now, limit, JSON.stringify(exceptTenants)],
      );
      const due: Poll[] = [];
      for (const [tenantId, ofTenant] of Map.groupBy(queued, (each) => each.tenant_id)) {
        const rows = await database.read(tenantId, (run) =>
          run<PollRow>(
            `SELECT ${POLL_COLUMNS} FROM polls
             WHERE next_at <= $1::bigint
               AND workflow_id = ANY (ARRAY(SELECT json_array_elements_text($2::text::json)))`,
            [now, JSON.stringify(ofTenant.map((each) => each.workflow_id))],
          ),
        );
        due.push(...rows.map(toPoll));
      }
      return due.sort((a, b) => a.nextAt - b.nextAt);
    },
    async nextDueAt() {
      const [row] = await database.query<{ next_at: BigintText }>(
        "SELECT next_at FROM poll_queue ORDER BY next_at LIMIT 1",
      );
      return row ? toNumber(row.next_at) : null;
    },
    async take({ tenantId, workflowId, fence, nextAt }, until) {
      return database.write(tenantId, async ({ run }) => {
        const [row] = await run<PollRow>(
          `UPDATE polls SET next_at = $1::bigint, fence = fence + 1
           WHERE workflow_id = $2 AND fence = $3::integer AND next_at = $4::bigint RETURNING ${POLL_COLUMNS}`,
          [until, workflowId, fence, nextAt],
        );
        if (!row) return null;
        await run("UPDATE poll_queue SET next_at = $2::bigint WHERE workflow_id = $1", [workflowId, until]);
        return toPoll(row);
      });
    },
    async settle(poll, { nextAt, cursor, items, succeededAt, failures, problem, paused }) {
      const { tenantId, workflowId, fence } = poll;
      const prepared = items.map(({ dedupe, run }) => ({
        key: dedupe && {
          workflow_id: workflowId,
          key_hash: dedupe.keyHash,
          run_id: run?.id ?? "",
          taken_at: run?.createdAt ?? succeededAt ?? 0,
          expires_at: dedupe.expiresAt,
        },
        run: run && prepareRun(poll, run, TO_BE_CLAIMED),
      }));
      if (prepared.some(({ run }) => run)) {
        await unfinished.count(tenantId);
        if (unfinished.isFull(tenantId)) throw unfinished.tooMany();
      }
      const started = await database.write(tenantId, async ({ run }) => {
        const moved = await run(
          `UPDATE polls SET next_at = $1::bigint, cursor = coalesce($2::text, cursor), succeeded_at = $3::bigint,
                            failures = $4::integer, problem = $5::text, paused = $6::boolean
           WHERE workflow_id = $7 AND fence = $8::integer`,
          [
            nextAt,
            cursor === undefined ? null : JSON.stringify(cursor),
            succeededAt,
            failures,
            problem === null ? null : encodeText(problem),
            paused,
            workflowId,
            fence,
          ],
        );
        if (moved.count === 0) return null;
        await run("UPDATE poll_queue SET next_at = $2::bigint WHERE workflow_id = $1", [workflowId, nextAt]);
        const keys = prepared.flatMap(({ key }) => (key ? [key] : []));
        const taken = keys.length === 0 ? new Set() : await takeKeys(run, tenantId, keys);
        const runs = prepared.flatMap(({ key, run: each }) =>
          each && (!key || taken.has(keyOf(workflowId, key.key_hash))) ? [each] : [],
        );
        await insertRuns(run, jobs, tenantId, runs);
        return runs.map(({ row }) => row.id);
      });
      if (started && started.length > 0) {
        unfinished.add(tenantId, started.length);
        changes.announceDue();
      }
      return started;
    },
    async find({ tenantId, workspaceId }, workflowId) {
      const [row] = await database.read(tenantId, (run) =>
        run<PollRow>(`SELECT ${POLL_COLUMNS} FROM polls WHERE workflow_id = $1 AND workspace_id = $2`, [
          workflowId,
          workspaceId,
        ]),
      );
      return row ? toPoll(row) : null;
    },
    async wakePaused({ tenantId, workspaceId }, now) {
      await database.write(tenantId, async ({ run }) => {
        const woken = await run<{ workflow_id: string }>(
          "UPDATE polls SET next_at = $1::bigint WHERE workspace_id = $2 AND paused RETURNING workflow_id",
          [now, workspaceId],
        );
        if (woken.length === 0) return;
        await run(
          `UPDATE poll_queue SET next_at = $1::bigint
           WHERE workflow_id = ANY (ARRAY(SELECT json_array_elements_text($2::text::json)))`,
          [now, JSON.stringify(woken.map((each) => each.workflow_id))],
        );
      });
    },
  };
}

function toPoll(row: PollRow): Poll {
  return pollOf(decodeColumns(row, "problem"));
}
