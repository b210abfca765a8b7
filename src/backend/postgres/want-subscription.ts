import type { NewSubscription, WantedSubscription } from "../../domain/subscription-store.ts";
import type { Statement } from "./database.ts";

interface Place {
  readonly tenantId: string;
  readonly workspaceId: string;
  readonly workflowId: string;
  readonly version: number;
}

/** What publishing says about a workflow's subscription, inside its transaction. */
export async function wantSubscription(
  run: Statement,
  { tenantId, workspaceId, workflowId, version }: Place,
  { triggerHash, sealed, nextAt }: NewSubscription,
): Promise<void> {
  const wanted: WantedSubscription = { version, triggerHash };
  await run(
    `INSERT INTO trigger_subscriptions (workflow_id, tenant_id, workspace_id, wanted, sealed, next_at, failures, paused, fence)
     VALUES ($1, $2, $3, $4::text, $5, $6::bigint, 0, false, 0)
     ON CONFLICT (workflow_id) DO UPDATE
     SET wanted = excluded.wanted, next_at = excluded.next_at, failures = 0, problem = NULL, paused = false,
         fence = trigger_subscriptions.fence + 1`,
    [workflowId, tenantId, workspaceId, JSON.stringify(wanted), sealed, nextAt],
  );
  await run(
    `INSERT INTO subscription_queue (workflow_id, tenant_id, next_at) VALUES ($1, $2, $3::bigint)
     ON CONFLICT (workflow_id) DO UPDATE SET next_at = excluded.next_at`,
    [workflowId, tenantId, nextAt],
  );
}

/** What may stand at the provider has to be taken away there first; what was never begun goes at once. */
export async function unwantSubscription(run: Statement, workflowId: string, at: number): Promise<void> {
  const { count } = await run("DELETE FROM trigger_subscriptions WHERE workflow_id = $1 AND standing IS NULL", [
    workflowId,
  ]);
  if (count > 0) return void (await run("DELETE FROM subscription_queue WHERE workflow_id = $1", [workflowId]));
  const unwanted = await run(
    `UPDATE trigger_subscriptions
     SET wanted = NULL, next_at = $2::bigint, failures = 0, problem = NULL, paused = false, fence = fence + 1
     WHERE workflow_id = $1 AND wanted IS NOT NULL`,
    [workflowId, at],
  );
  if (unwanted.count > 0)
    await run("UPDATE subscription_queue SET next_at = $2::bigint WHERE workflow_id = $1", [workflowId, at]);
}
