import type { RegisteredTrigger, SubscriptionStore } from "../../domain/subscription-store.ts";
import { SUBSCRIPTION_COLUMNS, type SubscriptionRow, subscriptionOf } from "../rows/subscription-row.ts";
import type { Storage } from "./storage.ts";

export function createSubscriptionStore({ raw, commits }: Storage): SubscriptionStore {
  const due = raw.prepare<SubscriptionRow, [number, string, number]>(
    `SELECT ${SUBSCRIPTION_COLUMNS} FROM trigger_subscriptions
     WHERE next_at <= ? AND tenant_id NOT IN (SELECT value FROM json_each(?)) ORDER BY next_at LIMIT ?`,
  );
  const earliest = raw.prepare<{ next_at: number }, []>(
    "SELECT next_at FROM trigger_subscriptions ORDER BY next_at LIMIT 1",
  );
  const byWorkflow = raw.prepare<SubscriptionRow, [string, string, string]>(
    `SELECT ${SUBSCRIPTION_COLUMNS} FROM trigger_subscriptions WHERE workflow_id = ? AND tenant_id = ? AND workspace_id = ?`,
  );
  const takeOver = raw.prepare<SubscriptionRow, [number, string | null, string, string, number, number]>(
    `UPDATE trigger_subscriptions SET next_at = ?, standing = ?, fence = fence + 1
     WHERE workflow_id = ? AND tenant_id = ? AND fence = ? AND next_at = ? RETURNING ${SUBSCRIPTION_COLUMNS}`,
  );
  const moveOn = raw.prepare(
    `UPDATE trigger_subscriptions SET standing = ?, next_at = ?, failures = ?, problem = ?, paused = ?
     WHERE workflow_id = ? AND tenant_id = ? AND fence = ?`,
  );
  const removeUnused = raw.prepare(
    "DELETE FROM trigger_subscriptions WHERE workflow_id = ? AND wanted IS NULL AND standing IS NULL",
  );
  const registered = raw.prepare<Omit<RegisteredTrigger, "paused"> & { paused: number }, [string, string, string]>(
    `SELECT subscription.workflow_id AS workflowId, workflows.name, subscription.failures, subscription.problem,
       subscription.paused
     FROM trigger_subscriptions AS subscription
     JOIN workflows ON workflows.id = subscription.workflow_id
     JOIN workflow_versions AS version ON version.workflow_id = subscription.workflow_id
       AND version.version = json_extract(subscription.standing, '$.version')
     WHERE subscription.workspace_id = ? AND subscription.tenant_id = ? AND subscription.standing IS NOT NULL
       AND json_extract(version.definition, '$.trigger.connection') = ?
     ORDER BY subscription.workflow_id`,
  );
  const hasten = raw.prepare(
    `UPDATE trigger_subscriptions SET next_at = ?1
     WHERE workflow_id = ?2 AND workspace_id = ?3 AND tenant_id = ?4 AND next_at > ?1`,
  );
  const wake = raw.prepare(
    "UPDATE trigger_subscriptions SET next_at = ? WHERE workspace_id = ? AND tenant_id = ? AND paused = 1",
  );

  return {
    async due(now, limit, exceptTenants = []) {
      return due.all(now, JSON.stringify(exceptTenants), limit).map(subscriptionOf);
    },
    async nextDueAt() {
      return earliest.get()?.next_at ?? null;
    },
    async take({ workflowId, tenantId, fence, nextAt }, standing, until) {
      const standingText = standing && JSON.stringify(standing);
      const row = await commits.submit(() => takeOver.get(until, standingText, workflowId, tenantId, fence, nextAt));
      return row ? subscriptionOf(row) : null;
    },
    async settle({ workflowId, tenantId, fence }, { standing, nextAt, failures, problem, paused }) {
      const standingText = standing && JSON.stringify(standing);
      return commits.submit(() => {
        const moved = moveOn.run(standingText, nextAt, failures, problem, paused ? 1 : 0, workflowId, tenantId, fence);
        if (moved.changes === 0) return false;
        removeUnused.run(workflowId);
        return true;
      });
    },
    async find({ tenantId, workspaceId }, workflowId) {
      const row = byWorkflow.get(workflowId, tenantId, workspaceId);
      return row ? subscriptionOf(row) : null;
    },
    async registeredThrough({ tenantId, workspaceId }, connectionId) {
      const rows = registered.all(workspaceId, tenantId, connectionId);
      return rows.map((row) => ({ ...row, paused: row.paused === 1 }));
    },
    async hasten({ tenantId, workspaceId }, workflowId, now) {
      await commits.submit(() => void hasten.run(now, workflowId, workspaceId, tenantId));
    },
    async wakePaused({ tenantId, workspaceId }, now) {
      await commits.submit(() => void wake.run(now, workspaceId, tenantId));
    },
  };
}
