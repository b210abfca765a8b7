import { decodeCursor, NEWEST, toPage } from "../../domain/page-cursor.ts";
import type { RecentRun, WorkflowLine, WorkflowViewStore } from "../../domain/workflow-view-store.ts";
import type { Storage } from "./storage.ts";

interface LineRow {
  readonly id: string;
  readonly name: string;
  readonly published_version: number | null;
  readonly changed: number;
  readonly connector: string;
  readonly trigger: string;
  readonly updated_at: number;
}
interface RecentRow {
  readonly id: string;
  readonly status: RecentRun["status"];
  readonly created_at: number;
  readonly finished_at: number | null;
}

export function createViewWorkflows({ raw }: Storage): WorkflowViewStore {
  const lines = raw.prepare<LineRow, [string, string, string, string, number]>(
    `SELECT id, name, published_version, updated_at,
            definition ->> '$.trigger.connector' AS connector, definition ->> '$.trigger.trigger' AS trigger,
            coalesce(definition <> (SELECT published.definition FROM workflow_versions AS published
                                    WHERE workflow_id = workflows.id AND version = published_version), 0) AS changed
     FROM workflows INDEXED BY workflows_by_workspace
     WHERE workspace_id = ? AND tenant_id = ? AND deleted_at IS NULL AND id < ? AND name LIKE ? ESCAPE '\\'
     ORDER BY id DESC LIMIT ?`,
  );
  const names = raw.prepare<{ id: string; name: string }, [string, string, string]>(
    `SELECT id, name FROM workflows
     WHERE id IN (SELECT value FROM json_each(?)) AND tenant_id = ? AND workspace_id = ?`,
  );
  const recent = raw.prepare<RecentRow, [string, string, string, number]>(
    `SELECT id, status, created_at, finished_at FROM runs INDEXED BY runs_by_workflow
     WHERE workflow_id = ? AND tenant_id = ? AND workspace_id = ? ORDER BY id DESC LIMIT ?`,
  );

  return {
    async lines({ tenantId, workspaceId }, { search }, { limit, cursor }) {
      const before = cursor === null ? NEWEST : decodeCursor(cursor);
      const pattern = search === null ? "%" : `%${search.replace(/[\\%_]/g, "\\$&")}%`;
      const rows = lines.all(workspaceId, tenantId, before, pattern, limit + 1);
      return toPage(rows.map(toLine), limit, (line) => line.id);
    },
    async names({ tenantId, workspaceId }, ids) {
      const rows = names.all(JSON.stringify(ids), tenantId, workspaceId);
      return new Map(rows.map(({ id, name }) => [id, name]));
    },
    async recentRuns({ tenantId, workspaceId }, workflowIds, limit) {
      return new Map(
        workflowIds.map((id) => [id, recent.all(id, tenantId, workspaceId, limit).map(toRecentRun)] as const),
      );
    },
  };
}

function toLine({ id, name, published_version, changed, connector, trigger, updated_at }: LineRow): WorkflowLine {
  return {
    id,
    name,
    publishedVersion: published_version,
    hasChanges: changed === 1,
    trigger: { connector, trigger },
    updatedAt: updated_at,
  };
}

function toRecentRun({ id, status, created_at, finished_at }: RecentRow): RecentRun {
  return { id, status, createdAt: created_at, finishedAt: finished_at };
}
