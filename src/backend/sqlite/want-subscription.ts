import type { Database } from "bun:sqlite";
import type { NewSubscription, WantedSubscription } from "../../domain/subscription-store.ts";

interface Place {
  readonly tenantId: string;
  readonly workspaceId: string;
  readonly workflowId: string;
  readonly version: number;
}

/** What publishing and unpublishing say about a workflow's subscription, inside their intentions. */
export function createWantSubscription(raw: Database) {
  const insert = raw.prepare(
    `INSERT INTO trigger_subscriptions (workflow_id, tenant_id, workspace_id, wanted, sealed, next_at, failures, paused, fence)
     VALUES (?, ?, ?, ?, ?, ?, 0, 0, 0)
     ON CONFLICT (workflow_id) DO UPDATE
     SET wanted = excluded.wanted, next_at = excluded.next_at, failures = 0, problem = NULL, paused = 0, fence = fence + 1`,
  );
  const removeUnused = raw.prepare("DELETE FROM trigger_subscriptions WHERE workflow_id = ? AND standing IS NULL");
  const unwant = raw.prepare(
    `UPDATE trigger_subscriptions
     SET wanted = NULL, next_at = ?, failures = 0, problem = NULL, paused = 0, fence = fence + 1
     WHERE workflow_id = ? AND wanted IS NOT NULL`,
  );
  return {
    want(
      { tenantId, workspaceId, workflowId, version }: Place,
      { triggerHash, sealed, nextAt }: NewSubscription,
    ): void {
      const wanted: WantedSubscription = { version, triggerHash };
      insert.run(workflowId, tenantId, workspaceId, JSON.stringify(wanted), sealed, nextAt);
    },
    unwant(workflowId: string, at: number): void {
      removeUnused.run(workflowId);
      unwant.run(at, workflowId);
    },
  };
}
