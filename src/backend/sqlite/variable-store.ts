import { and, asc, eq, sql } from "drizzle-orm";
import type { VariableStore } from "../../domain/variable-store.ts";
import { variables } from "./schema/connections.ts";
import type { Storage } from "./storage.ts";

export function createVariableStore({ orm, commits, appendAudit }: Storage): VariableStore {
  const ofWorkspace = orm
    .select({ name: variables.name, value: variables.value, updatedAt: variables.updatedAt })
    .from(variables)
    .where(
      and(
        eq(variables.tenantId, sql.placeholder("tenantId")),
        eq(variables.workspaceId, sql.placeholder("workspaceId")),
      ),
    )
    .orderBy(asc(variables.name))
    .prepare();

  return {
    async list({ tenantId, workspaceId }) {
      return ofWorkspace.all({ tenantId, workspaceId });
    },
    async set({ tenantId, workspaceId, actor }, variable, change) {
      const { value, updatedAt } = variable;
      await commits.submit(() => {
        orm
          .insert(variables)
          .values({ tenantId, workspaceId, ...variable })
          .onConflictDoUpdate({ target: [variables.workspaceId, variables.name], set: { value, updatedAt } })
          .run();
        appendAudit(tenantId, actor, change);
      });
    },
    async remove({ tenantId, workspaceId, actor }, name, change) {
      const ofThatName = and(
        eq(variables.tenantId, tenantId),
        eq(variables.workspaceId, workspaceId),
        eq(variables.name, name),
      );
      return commits.submit(() => {
        const removed = orm.delete(variables).where(ofThatName).returning({ name: variables.name }).all();
        if (removed.length > 0) appendAudit(tenantId, actor, change);
        return removed.length > 0;
      });
    },
    async replace({ tenantId, workspaceId, actor }, replacement, change) {
      await commits.submit(() => {
        orm
          .delete(variables)
          .where(and(eq(variables.tenantId, tenantId), eq(variables.workspaceId, workspaceId)))
          .run();
        for (const variable of replacement) {
          orm
            .insert(variables)
            .values({ tenantId, workspaceId, ...variable })
            .run();
        }
        appendAudit(tenantId, actor, change);
      });
    },
  };
}
