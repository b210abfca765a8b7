import { and, desc, eq, ne, sql } from "drizzle-orm";
import type { NewPoll } from "../../domain/poll-store.ts";
import type { Scope } from "../../domain/tenant.ts";
import type { WorkflowDefinition } from "../../domain/workflow.ts";
import type { Activation, WorkflowStore } from "../../domain/workflow-store.ts";
import { eventRoutes, hooks, polls, schedules, workflowCaps, workflows, workflowVersions } from "./schema/workflows.ts";
import type { Storage } from "./storage.ts";
import { createWantSubscription } from "./want-subscription.ts";

type PollPlace = Pick<typeof polls.$inferInsert, "tenantId" | "workspaceId" | "workflowId" | "version">;
type Row = typeof workflows.$inferSelect;

/** Switching a workflow on and off: its version, its hook and its schedule change in one commit. */
export function createPublishWorkflow(
  { raw, orm, commits, appendAudit }: Storage,
  find: (scope: Scope, id: string) => Row | undefined,
): Pick<WorkflowStore, "publish" | "unpublish" | "delete"> {
  const subscriptions = createWantSubscription(raw);
  return {
    async publish(scope, id, { definition, revision, activation }, change) {
      return commits.submit(() => {
        const workflow = find(scope, id);
        if (!workflow) return "missing";
        if (workflow.revision !== revision) return "stale";
        const version = findOrAddVersion(scope, workflow, definition, change.at);
        orm
          .update(workflows)
          .set({ publishedVersion: version, latestVersion: version })
          .where(eq(workflows.id, id))
          .run();
        activate(scope, id, version, activation, change.at);
        setCap(scope.tenantId, id, definition.maxConcurrency ?? null);
        appendAudit(scope.tenantId, scope.actor, change);
        return { version };
      });
    },
    async unpublish(scope, id, change) {
      return commits.submit(() => {
        const workflow = find(scope, id);
        if (!workflow) return false;
        if (workflow.publishedVersion === null) return true;
        orm.update(workflows).set({ publishedVersion: null }).where(eq(workflows.id, id)).run();
        orm.update(hooks).set({ version: null }).where(eq(hooks.workflowId, id)).run();
        switchOff(id, change.at);
        appendAudit(scope.tenantId, scope.actor, change);
        return true;
      });
    },
    async delete(scope, id, change) {
      return commits.submit(() => {
        if (!find(scope, id)) return false;
        orm.update(workflows).set({ publishedVersion: null, deletedAt: change.at }).where(eq(workflows.id, id)).run();
        orm.delete(hooks).where(eq(hooks.workflowId, id)).run();
        switchOff(id, change.at);
        appendAudit(scope.tenantId, scope.actor, change);
        return true;
      });
    },
  };

  /** Publishing the same definition again gives no new version; only its trigger is set anew. */
  function findOrAddVersion(scope: Scope, workflow: Row, definition: WorkflowDefinition, at: number): number {
    const newest = orm
      .select({ version: workflowVersions.version, definition: workflowVersions.definition })
      .from(workflowVersions)
      .where(eq(workflowVersions.workflowId, workflow.id))
      .orderBy(desc(workflowVersions.version))
      .limit(1)
      .get();
    if (newest && Bun.deepEquals(newest.definition, JSON.parse(JSON.stringify(definition)))) return newest.version;
    const version = workflow.latestVersion + 1;
    orm
      .insert(workflowVersions)
      .values({
        tenantId: scope.tenantId,
        workspaceId: scope.workspaceId,
        workflowId: workflow.id,
        version,
        definition,
        createdAt: at,
        createdBy: scope.actor.id,
      })
      .run();
    return version;
  }

  /** All that starts runs by itself; the hook is its URL too, and goes only with the workflow. */
  function switchOff(id: string, at: number): void {
    orm.delete(schedules).where(eq(schedules.workflowId, id)).run();
    orm.delete(polls).where(eq(polls.workflowId, id)).run();
    subscriptions.unwant(id, at);
    orm.delete(eventRoutes).where(eq(eventRoutes.workflowId, id)).run();
  }

  /** The cap of the published version holds for every run of the workflow from then on. */
  function setCap(tenantId: string, workflowId: string, maxRunning: number | null): void {
    if (maxRunning === null) orm.delete(workflowCaps).where(eq(workflowCaps.workflowId, workflowId)).run();
    else
      orm
        .insert(workflowCaps)
        .values({ workflowId, tenantId, maxRunning })
        .onConflictDoUpdate({ target: workflowCaps.workflowId, set: { maxRunning } })
        .run();
  }

  /** The cursor stays while it means the same: nothing may be missed, or run twice, because a step was edited. */
  function activatePoll(poll: NewPoll | null, place: PollPlace): void {
    const isThis = eq(polls.workflowId, place.workflowId);
    if (!poll) return void orm.delete(polls).where(isThis).run();
    orm
      .delete(polls)
      .where(and(isThis, ne(polls.triggerHash, poll.triggerHash)))
      .run();
    const { everyMs, nextAt } = poll;
    orm
      .update(polls)
      .set({ version: place.version, everyMs, nextAt, failures: 0, problem: null, paused: 0, fence: sql`fence + 1` })
      .where(isThis)
      .run();
    const fresh = { cursor: "null", succeededAt: null, failures: 0, problem: null, paused: 0, fence: 0 };
    orm
      .insert(polls)
      .values({ ...poll, ...place, ...fresh })
      .onConflictDoNothing()
      .run();
  }

  function activate(
    { tenantId, workspaceId }: Scope,
    workflowId: string,
    version: number,
    activation: Activation,
    at: number,
  ) {
    const { hook, schedule, poll = null, subscription = null, event = null } = activation;
    // A hook that is not wanted now keeps its row, and an earlier hook its secret: a URL once given out stays valid.
    orm
      .update(hooks)
      .set({ version: hook ? version : null })
      .where(eq(hooks.workflowId, workflowId))
      .run();
    if (hook) {
      const values = { ...hook, tenantId, workspaceId, workflowId, version };
      orm.insert(hooks).values(values).onConflictDoNothing({ target: hooks.workflowId }).run();
    }
    orm.delete(schedules).where(eq(schedules.workflowId, workflowId)).run();
    if (schedule) {
      orm
        .insert(schedules)
        .values({ ...schedule, tenantId, workspaceId, workflowId, version })
        .run();
    }
    if (subscription) subscriptions.want({ tenantId, workspaceId, workflowId, version }, subscription);
    else subscriptions.unwant(workflowId, at);
    orm.delete(eventRoutes).where(eq(eventRoutes.workflowId, workflowId)).run();
    if (event)
      orm
        .insert(eventRoutes)
        .values({ ...event, tenantId, workspaceId, workflowId, version })
        .run();
    activatePoll(poll, { tenantId, workspaceId, workflowId, version });
  }
}
