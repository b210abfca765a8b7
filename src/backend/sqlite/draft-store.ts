import { and, eq, isNull } from "drizzle-orm";
import type { DraftStore } from "../../domain/draft-store.ts";
import type { Scope } from "../../domain/tenant.ts";
import { workflowDrafts, workflows } from "./schema/workflows.ts";
import type { Storage } from "./storage.ts";

export function createDraftStore({ orm, commits, appendAudit }: Storage): DraftStore {
  const isOurs = ({ tenantId, workspaceId }: Scope, id: string) =>
    and(
      eq(workflows.id, id),
      eq(workflows.tenantId, tenantId),
      eq(workflows.workspaceId, workspaceId),
      isNull(workflows.deletedAt),
    );
  return {
    async find(scope, workflowId) {
      const row = orm
        .select({ draft: workflowDrafts.draft })
        .from(workflowDrafts)
        .innerJoin(workflows, eq(workflows.id, workflowDrafts.workflowId))
        .where(isOurs(scope, workflowId))
        .get();
      return row?.draft ?? null;
    },
    async keep(scope, workflowId, { draft, revision }, change) {
      return commits.submit(() => {
        const { tenantId, workspaceId } = scope;
        const current = orm
          .select({ revision: workflows.revision })
          .from(workflows)
          .where(isOurs(scope, workflowId))
          .get();
        if (!current) return "missing";
        if (current.revision !== revision) return "stale";
        const { name } = draft.definition;
        orm
          .update(workflows)
          .set({ ...(name !== "" && { name }), revision: revision + 1, updatedAt: change.at })
          .where(eq(workflows.id, workflowId))
          .run();
        orm
          .insert(workflowDrafts)
          .values({ workflowId, tenantId, workspaceId, draft })
          .onConflictDoUpdate({ target: workflowDrafts.workflowId, set: { draft } })
          .run();
        appendAudit(tenantId, scope.actor, change);
        return "saved";
      });
    },
  };
}
