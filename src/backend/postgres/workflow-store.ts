import { decodeCursor, decodeNumberCursor, NEWEST, toPage } from "../../domain/page-cursor.ts";
import type { Hook, WorkflowStore } from "../../domain/workflow-store.ts";
import { createPublishWorkflow } from "./publish-workflow.ts";
import type { Storage } from "./storage.ts";
import { encodeText } from "./text-columns.ts";
import {
  findWorkflow,
  toVersion,
  toWorkflow,
  VERSION_COLUMNS,
  type VersionRow,
  WORKFLOW_COLUMNS,
  type WorkflowRow,
} from "./workflow-rows.ts";

/** Largest `integer`: before it stands every version. */
const BEYOND_LAST = 2_147_483_647;

export function createWorkflowStore(storage: Storage): WorkflowStore {
  const { database, change, appendAudit } = storage;

  return {
    ...createPublishWorkflow(storage),
    async create({ tenantId, workspaceId, actor }, workflow, entry) {
      await change(tenantId, async (transaction) => {
        await transaction.run(
          `INSERT INTO workflows (${WORKFLOW_COLUMNS})
           VALUES ($1, $2, $3, $4, $5::text, $6::integer, $7::integer, $8::integer, $9::bigint, $10::bigint)`,
          [
            workflow.id,
            tenantId,
            workspaceId,
            encodeText(workflow.name),
            JSON.stringify(workflow.definition),
            workflow.publishedVersion,
            workflow.latestVersion,
            workflow.revision,
            workflow.createdAt,
            workflow.updatedAt,
          ],
        );
        await appendAudit(transaction, tenantId, actor, entry);
      });
    },
    async find(scope, id) {
      const row = await database.read(scope.tenantId, (run) => findWorkflow(run, scope, id, ""));
      return row && toWorkflow(row);
    },
    async list({ tenantId, workspaceId }, { limit, cursor }) {
      const before = cursor === null ? NEWEST : decodeCursor(cursor);
      const rows = await database.read(tenantId, (run) =>
        run<WorkflowRow>(
          `SELECT ${WORKFLOW_COLUMNS} FROM workflows WHERE workspace_id = $1 AND deleted_at IS NULL AND id < $2
           ORDER BY id DESC LIMIT $3::integer`,
          [workspaceId, before, limit + 1],
        ),
      );
      return toPage(rows.map(toWorkflow), limit, (workflow) => workflow.id);
    },
    async saveDraft(scope, id, { definition, revision }, entry) {
      return change(scope.tenantId, async (transaction) => {
        const current = await findWorkflow(transaction.run, scope, id, "FOR UPDATE");
        if (!current) return "missing";
        if (revision !== null && revision !== current.revision) return "stale";
        await transaction.run(
          `UPDATE workflows SET name = $2, definition = $3::text, revision = revision + 1, updated_at = $4::bigint
           WHERE id = $1`,
          [id, encodeText(definition.name), JSON.stringify(definition), entry.at],
        );
        await transaction.run("DELETE FROM workflow_drafts WHERE workflow_id = $1", [id]);
        await appendAudit(transaction, scope.tenantId, scope.actor, entry);
        return "saved";
      });
    },
    async findVersion({ tenantId, workspaceId }, id, version) {
      const [row] = await database.read(tenantId, (run) =>
        run<VersionRow>(
          `SELECT ${VERSION_COLUMNS} FROM workflow_versions
           WHERE workflow_id = $1 AND version = $2::integer AND workspace_id = $3`,
          [id, version, workspaceId],
        ),
      );
      return row ? toVersion(row) : null;
    },
    async listVersions({ tenantId, workspaceId }, id, { limit, cursor }) {
      const before = cursor === null ? BEYOND_LAST : Math.min(decodeNumberCursor(cursor), BEYOND_LAST);
      const rows = await database.read(tenantId, (run) =>
        run<VersionRow>(
          `SELECT ${VERSION_COLUMNS} FROM workflow_versions
           WHERE workflow_id = $1 AND version < $2::integer AND workspace_id = $3
           ORDER BY version DESC LIMIT $4::integer`,
          [id, before, workspaceId, limit + 1],
        ),
      );
      return toPage(rows.map(toVersion), limit, (version) => version.version);
    },
    async findHook(secretHash) {
      const [hook] = await database.query<Hook>(
        `SELECT tenant_id AS "tenantId", workspace_id AS "workspaceId", workflow_id AS "workflowId", version
         FROM hook_routes WHERE secret_hash = $1`,
        [secretHash],
      );
      return hook ?? null;
    },
    async findHookSecret({ tenantId, workspaceId }, id) {
      const [row] = await database.read(tenantId, (run) =>
        run<{ sealed_secret: string }>(
          "SELECT sealed_secret FROM hook_secrets WHERE workflow_id = $1 AND workspace_id = $2",
          [id, workspaceId],
        ),
      );
      return row?.sealed_secret ?? null;
    },
  };
}
