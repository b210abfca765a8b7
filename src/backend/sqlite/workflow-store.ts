import { and, desc, eq, isNull, lt, sql } from "drizzle-orm";
import { decodeCursor, decodeNumberCursor, toPage } from "../../domain/page-cursor.ts";
import type { Scope } from "../../domain/tenant.ts";
import type { Workflow, WorkflowStore } from "../../domain/workflow-store.ts";
import { createPublishWorkflow } from "./publish-workflow.ts";
import { hooks, workflowDrafts, workflows, workflowVersions } from "./schema/workflows.ts";
import type { Storage } from "./storage.ts";

export function createWorkflowStore(storage: Storage): WorkflowStore {
  const { orm, commits, appendAudit } = storage;
  const byId = orm
    .select()
    .from(workflows)
    .where(
      and(
        eq(workflows.id, sql.placeholder("id")),
        eq(workflows.tenantId, sql.placeholder("tenantId")),
        eq(workflows.workspaceId, sql.placeholder("workspaceId")),
        isNull(workflows.deletedAt),
      ),
    )
    .prepare();
  const versionByNumber = orm
    .select()
    .from(workflowVersions)
    .where(
      and(
        eq(workflowVersions.workflowId, sql.placeholder("id")),
        eq(workflowVersions.version, sql.placeholder("version")),
        eq(workflowVersions.tenantId, sql.placeholder("tenantId")),
        eq(workflowVersions.workspaceId, sql.placeholder("workspaceId")),
      ),
    )
    .prepare();
  const hookByHash = orm
    .select({
      tenantId: hooks.tenantId,
      workspaceId: hooks.workspaceId,
      workflowId: hooks.workflowId,
      version: hooks.version,
    })
    .from(hooks)
    .where(eq(hooks.secretHash, sql.placeholder("secretHash")))
    .prepare();
  const find = ({ tenantId, workspaceId }: Scope, id: string) => byId.get({ id, tenantId, workspaceId });

  return {
    ...createPublishWorkflow(storage, find),
    async create(scope, workflow, change) {
      const { tenantId, workspaceId } = scope;
      await commits.submit(() => {
        orm
          .insert(workflows)
          .values({ ...workflow, tenantId, workspaceId })
          .run();
        appendAudit(tenantId, scope.actor, change);
      });
    },
    async find(scope, id) {
      const row = find(scope, id);
      return row ? toWorkflow(row) : null;
    },
    async list(scope, { limit, cursor }) {
      const before = cursor === null ? undefined : lt(workflows.id, decodeCursor(cursor));
      const rows = orm
        .select()
        .from(workflows)
        .where(
          and(
            eq(workflows.workspaceId, scope.workspaceId),
            eq(workflows.tenantId, scope.tenantId),
            isNull(workflows.deletedAt),
            before,
          ),
        )
        .orderBy(desc(workflows.id))
        .limit(limit + 1)
        .all();
      return toPage(rows.map(toWorkflow), limit, (workflow) => workflow.id);
    },
    async saveDraft(scope, id, { definition, revision }, change) {
      return commits.submit(() => {
        const current = find(scope, id);
        if (!current) return "missing";
        if (revision !== null && revision !== current.revision) return "stale";
        orm
          .update(workflows)
          .set({ name: definition.name, definition, revision: current.revision + 1, updatedAt: change.at })
          .where(eq(workflows.id, id))
          .run();
        orm.delete(workflowDrafts).where(eq(workflowDrafts.workflowId, id)).run();
        appendAudit(scope.tenantId, scope.actor, change);
        return "saved";
      });
    },
    async findVersion({ tenantId, workspaceId }, id, version) {
      const row = versionByNumber.get({ id, version, tenantId, workspaceId });
      return row ? toVersion(row) : null;
    },
    async listVersions(scope, id, { limit, cursor }) {
      const before = cursor === null ? undefined : lt(workflowVersions.version, decodeNumberCursor(cursor));
      const rows = orm
        .select()
        .from(workflowVersions)
        .where(
          and(
            eq(workflowVersions.workflowId, id),
            eq(workflowVersions.tenantId, scope.tenantId),
            eq(workflowVersions.workspaceId, scope.workspaceId),
            before,
          ),
        )
        .orderBy(desc(workflowVersions.version))
        .limit(limit + 1)
        .all();
      return toPage(rows.map(toVersion), limit, (version) => version.version);
    },
    async findHook(secretHash) {
      return hookByHash.get({ secretHash }) ?? null;
    },
    async findHookSecret(scope, id) {
      const row = orm
        .select({ sealedSecret: hooks.sealedSecret })
        .from(hooks)
        .where(
          and(eq(hooks.workflowId, id), eq(hooks.tenantId, scope.tenantId), eq(hooks.workspaceId, scope.workspaceId)),
        )
        .get();
      return row?.sealedSecret ?? null;
    },
  };
}

function toWorkflow({ deletedAt: _, ...workflow }: typeof workflows.$inferSelect): Workflow {
  return workflow;
}

function toVersion({ tenantId: _, workspaceId: __, ...version }: typeof workflowVersions.$inferSelect) {
  return version;
}
