import type { StandingSubscription, TriggerSubscription, WantedSubscription } from "../../domain/subscription-store.ts";
import { type BigintText, type Flag, fromJsonText, toNumber } from "./cells.ts";

export interface SubscriptionRow {
  readonly workflow_id: string;
  readonly tenant_id: string;
  readonly workspace_id: string;
  readonly wanted: string | null;
  readonly standing: string | null;
  readonly sealed: string;
  readonly next_at: BigintText;
  readonly failures: number;
  readonly problem: string | null;
  readonly paused: Flag;
  readonly fence: number;
}

export const SUBSCRIPTION_COLUMNS = `workflow_id, tenant_id, workspace_id, wanted, standing, sealed, next_at, failures, problem, paused,
  fence`;

export function subscriptionOf(row: SubscriptionRow): TriggerSubscription {
  return {
    tenantId: row.tenant_id,
    workspaceId: row.workspace_id,
    workflowId: row.workflow_id,
    wanted: fromJsonText<WantedSubscription>(row.wanted),
    standing: fromJsonText<StandingSubscription>(row.standing),
    sealed: row.sealed,
    nextAt: toNumber(row.next_at),
    failures: row.failures,
    problem: row.problem,
    paused: Boolean(row.paused),
    fence: row.fence,
  };
}
