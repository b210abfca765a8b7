import type { DraftStore } from "../../domain/draft-store.ts";
import type { WorkflowDraft } from "../../domain/workflow-draft.ts";
import type { Storage } from "./storage.ts";
import { encodeText } from "./text-columns.ts";
import { findWorkflow } from "./workflow-rows.ts";

export function createDraftStore({ database, change, appendAudit }: Storage): DraftStore {
  return {
    async find({ tenantId, workspaceId }, workflowId) {
      const [row] = await database.read(tenantId, (run) =>
        run<{ readonly draft: string }>(
          `SELECT draft FROM workflow_drafts JOIN workflows ON workflows.id = workflow_drafts.workflow_id
           WHERE workflows.id = $1 AND workflows.workspace_id = $2 AND deleted_at IS NULL`,
          [workflowId, workspaceId],
        ),
      );
      return row ? (JSON.parse(row.draft) as WorkflowDraft) : null;
    },
    async keep(scope, workflowId, { draft, revision }, entry) {
      const { tenantId, workspaceId, actor } = scope;
      return change(tenantId, async (transaction) => {
        const { run } = transaction;
        const current = await findWorkflow(run, scope, workflowId, "FOR UPDATE");
        if (!current) return "missing";
        if (current.revision !== revision) return "stale";
        await run(
          `UPDATE workflows SET name = CASE WHEN $2 = '' THEN name ELSE $2 END, revision = revision + 1,
             updated_at = $3::bigint WHERE id = $1`,
          [workflowId, encodeText(draft.definition.name), entry.at],
        );
        await run(
          `INSERT INTO workflow_drafts (workflow_id, tenant_id, workspace_id, draft) VALUES ($1, $2, $3, $4::text)
           ON CONFLICT (workflow_id) DO UPDATE SET draft = EXCLUDED.draft`,
          [workflowId, tenantId, workspaceId, JSON.stringify(draft)],
        );
        await appendAudit(transaction, tenantId, actor, entry);
        return "saved";
      });
    },
  };
}
