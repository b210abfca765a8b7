import { decodeCursor, NEWEST, toPage } from "../../domain/page-cursor.ts";
import type { RecentRun, WorkflowLine, WorkflowViewStore } from "../../domain/workflow-view-store.ts";
import { type BigintText, toNumber, toNumberOrNull } from "../rows/cells.ts";
import type { Storage } from "./storage.ts";
import { decodeText, encodeText } from "./text-columns.ts";

interface LineRow {
  readonly id: string;
  readonly name: string;
  readonly published_version: number | null;
  readonly changed: boolean | null;
  readonly trigger: string;
  readonly updated_at: BigintText;
}
interface RecentRow {
  readonly workflow_id: string;
  readonly id: string;
  readonly status: RecentRun["status"];
  readonly created_at: BigintText;
  readonly finished_at: BigintText | null;
}

/**
 * Looking into JSON text unescapes all of it, which fails for what Postgres text cannot hold (`text-columns.ts`). Where a
 * definition has an escape at all, those are made spaces.
 */
const READABLE_DEFINITION = String.raw`(CASE WHEN strpos(definition, '\u') = 0 THEN definition
  ELSE regexp_replace(definition, '\\u(0000|d[89a-f][0-9a-f]{2})', '\\u0020', 'g') END)`;

export function createViewWorkflows({ database }: Storage): WorkflowViewStore {
  return {
    async lines({ tenantId, workspaceId }, { search }, { limit, cursor }) {
      const before = cursor === null ? NEWEST : decodeCursor(cursor);
      const pattern = search === null ? "%" : `%${encodeText(search).replace(/[\\%_]/g, "\\$&")}%`;
      const rows = await database.read(tenantId, (run) =>
        run<LineRow>(
          `SELECT id, name, published_version, updated_at, ${READABLE_DEFINITION}::json ->> 'trigger' AS trigger,
                  definition <> (SELECT published.definition FROM workflow_versions AS published
                                 WHERE workflow_id = workflows.id AND version = published_version) AS changed
           FROM workflows
           WHERE workspace_id = $1 AND deleted_at IS NULL AND id < $2 AND name ILIKE $3
           ORDER BY id DESC LIMIT $4::integer`,
          [workspaceId, before, pattern, limit + 1],
        ),
      );
      return toPage(rows.map(toLine), limit, (line) => line.id);
    },
    async names({ tenantId, workspaceId }, ids) {
      const rows = await database.read(tenantId, (run) =>
        run<{ id: string; name: string }>(
          `SELECT id, name FROM workflows
           WHERE id = ANY (ARRAY(SELECT json_array_elements_text($1::text::json))) AND workspace_id = $2`,
          [JSON.stringify(ids), workspaceId],
        ),
      );
      return new Map(rows.map(({ id, name }) => [id, decodeText(name)]));
    },
    async recentRuns({ tenantId, workspaceId }, workflowIds, limit) {
      const rows = await database.read(tenantId, (run) =>
        run<RecentRow>(
          `SELECT recent.* FROM json_array_elements_text($1::text::json) AS wanted (workflow_id)
           CROSS JOIN LATERAL (
             SELECT workflow_id, id, status, created_at, finished_at FROM runs
             WHERE workflow_id = wanted.workflow_id COLLATE "C" AND workspace_id = $2 ORDER BY id DESC LIMIT $3::integer
           ) AS recent`,
          [JSON.stringify(workflowIds), workspaceId, limit],
        ),
      );
      const recent = new Map<string, RecentRun[]>(workflowIds.map((id) => [id, []]));
      for (const row of rows) recent.get(row.workflow_id)?.push(toRecentRun(row));
      return recent;
    },
  };
}

function toLine(row: LineRow): WorkflowLine {
  const { connector, trigger } = JSON.parse(row.trigger) as WorkflowLine["trigger"];
  return {
    id: row.id,
    name: decodeText(row.name),
    publishedVersion: row.published_version,
    hasChanges: row.changed ?? false,
    trigger: { connector, trigger },
    updatedAt: toNumber(row.updated_at),
  };
}

function toRecentRun({ id, status, created_at, finished_at }: RecentRow): RecentRun {
  return { id, status, createdAt: toNumber(created_at), finishedAt: toNumberOrNull(finished_at) };
}
